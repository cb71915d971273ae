import Primitives

/// Sound that carries copies of earlier sound (RFC 2198 §3): the payload of a packet whose type was agreed as `red`.
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |1|   block PT  |  timestamp offset         |   block length    |  each copy, the oldest first
/// |0|   block PT  |                                                  the newest, to the end
/// |  the blocks' data, in the same order …
/// ```
package struct RedundantAudio: Equatable, Sendable {
    package struct Block: Equatable, Sendable {
        package var payloadType: PayloadType
        /// How much earlier than the packet's timestamp.
        package var offset: UInt32
        package var data: ArraySlice<UInt8>

        package init(payloadType: PayloadType, offset: UInt32, data: ArraySlice<UInt8>) {
            self.payloadType = payloadType
            self.offset = offset
            self.data = data
        }
    }

    /// An earlier packet to repeat.
    package typealias Copy = (offset: UInt32, data: [UInt8])

    /// 14 and 10 bits.
    package static let longestOffset: UInt32 = 0x3fff
    package static let longestCopy = 0x3ff
    /// More copies than any sender makes.
    private static let mostBlocks = 9

    /// The oldest first, the new sound last; never empty.
    package var blocks: [Block]

    package init(parsing payload: ArraySlice<UInt8>) throws(RTPError) {
        var reader = ByteReader(payload)
        var headers: [(type: PayloadType, offset: UInt32, length: Int)] = []
        while true {
            guard let first = reader.u8() else { throw .truncated }
            let type = PayloadType(masking: first)
            guard first & 0x80 != 0 else {
                headers.append((type, 0, 0))
                break
            }
            guard let word = reader.u24() else { throw .truncated }
            headers.append((type, word >> 10, Int(word & 0x3ff)))
            guard headers.count < Self.mostBlocks else { throw .malformedPayload }
        }
        blocks = []
        var start = payload.endIndex - reader.remaining
        for (index, header) in headers.enumerated() {
            let end = index == headers.count - 1 ? payload.endIndex : start + header.length
            guard end <= payload.endIndex else { throw .truncated }
            blocks.append(Block(payloadType: header.type, offset: header.offset, data: payload[start..<end]))
            start = end
        }
    }

    /// `copies` are the oldest first; those that do not fit the header's fields must not be among them.
    package static func payload(
        of data: [UInt8], type: PayloadType, copies: some Collection<Copy>
    ) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(copies.reduce(1 + data.count) { $0 + 4 + $1.data.count })
        for copy in copies {
            out.append(0x80 | type.value)
            let word = (copy.offset & longestOffset) << 10 | UInt32(copy.data.count & longestCopy)
            out.appendU24(word)
        }
        out.append(type.value)
        for copy in copies { out.append(contentsOf: copy.data) }
        out.append(contentsOf: data)
        return out
    }
}
