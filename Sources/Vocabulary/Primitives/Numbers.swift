extension Comparable {
    package func clamped(to range: ClosedRange<Self>) -> Self {
        min(max(self, range.lowerBound), range.upperBound)
    }
}

/// A synchronisation source: which stream of RTP packets a packet belongs to (RFC 3550 §3).
package struct SSRC: Hashable, Sendable, CustomStringConvertible {
    package var value: UInt32
    package init(_ value: UInt32) { self.value = value }
    package var description: String { String(value) }
}

/// An RTP payload type, 0...127.
package struct PayloadType: Hashable, Sendable, CustomStringConvertible {
    package let value: UInt8
    /// Nil where the number does not fit in seven bits.
    package init?(_ value: Int) {
        guard 0...127 ~= value else { return nil }
        self.value = UInt8(value)
    }
    /// The lower seven bits of a header's second byte.
    package init(masking byte: UInt8) { value = byte & 0x7f }
    package var description: String { String(value) }
}

/// A rate in bits per second.
package struct Bitrate: Hashable, Comparable, Sendable {
    package var bitsPerSecond: Int
    package init(bitsPerSecond: Int) { self.bitsPerSecond = bitsPerSecond }
    package static func kilobits(_ value: Int) -> Bitrate { .init(bitsPerSecond: value * 1_000) }
    package static let zero = Bitrate(bitsPerSecond: 0)
    package var kilobitsPerSecond: Int { bitsPerSecond / 1_000 }
    package static func < (a: Bitrate, b: Bitrate) -> Bool { a.bitsPerSecond < b.bitsPerSecond }
}

/// Widens 16-bit sequence numbers to a count that never wraps, once, at the door.
package struct SequenceUnwrapper: Sendable {
    private var highest: Int64?

    package init() {}

    /// The extended number nearest to the highest one seen. The first number keeps its value plus 65536, so that
    /// packets a little older than the first still get a positive number.
    package mutating func unwrap(_ sequence: UInt16) -> Int64 {
        guard let last = highest else {
            let first = Int64(sequence) + 65_536
            highest = first
            return first
        }
        let extended = last + Int64(Int16(bitPattern: sequence &- UInt16(truncatingIfNeeded: last)))
        highest = max(last, extended)
        return extended
    }
}

/// Widens 32-bit RTP timestamps like `SequenceUnwrapper` does sequence numbers.
package struct TimestampUnwrapper: Sendable {
    private var last: Int64?

    package init() {}

    package mutating func unwrap(_ timestamp: UInt32) -> Int64 {
        guard let previous = last else {
            let first = Int64(timestamp) + (1 << 32)
            last = first
            return first
        }
        let extended = previous + Int64(Int32(bitPattern: timestamp &- UInt32(truncatingIfNeeded: previous)))
        last = extended
        return extended
    }
}
