import CZlib

/// Compresses as fast as zlib can, into zlib's format (RFC 1950). One for many pictures: its memory is kept.
package final class Deflater {
    package enum Content: Sendable {
        case anything
        /// Differences between neighbours, as PNG's filters leave them.
        case filtered

        fileprivate var strategy: Int32 { self == .anything ? Z_DEFAULT_STRATEGY : Z_FILTERED }
    }

    private let stream: UnsafeMutablePointer<z_stream>
    private var out: [UInt8] = []

    package init(_ content: Content) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard confab_deflate_init(stream, Z_BEST_SPEED, content.strategy) == Z_OK else { fatalError("out of memory") }
    }

    deinit {
        deflateEnd(stream)
        stream.deallocate()
    }

    /// The compressed bytes; valid for the time of `body`.
    package func compress<Result>(
        _ bytes: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        deflateReset(stream)
        let bound = Int(deflateBound(stream, UInt(bytes.count)))
        if out.count < bound { out = Array(repeating: 0, count: bound) }
        return out.withUnsafeMutableBufferPointer { out in
            stream.pointee.next_in = UnsafeMutablePointer(mutating: bytes.baseAddress)
            stream.pointee.avail_in = UInt32(bytes.count)
            stream.pointee.next_out = out.baseAddress
            stream.pointee.avail_out = UInt32(out.count)
            let status = deflate(stream, Z_FINISH)
            precondition(status == Z_STREAM_END, "the room is what zlib asked for")
            return body(UnsafeBufferPointer(rebasing: out[..<(out.count - Int(stream.pointee.avail_out))]))
        }
    }
}
