import Primitives

/// One RTP packet (RFC 3550 §5.1).
///
/// ```
///  0                   1                   2                   3
///  0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1 2 3 4 5 6 7 8 9 0 1
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |V=2|P|X|  CC   |M|     PT      |        sequence number        |
/// |                           timestamp                           |
/// |                             SSRC                              |
/// |                       CSRC, 0 to 15 words                     |
/// |      extension profile        |    extension length (words)   |
/// |                  extension elements (RFC 8285)                |
/// |                 payload …         | padding | padding count   |
/// ```
///
/// A parsed packet's `payload` and extension elements are slices of the datagram: nothing is copied.
package struct RTPPacket: Equatable, Sendable {
    package var marker = false
    package var payloadType: PayloadType
    package var sequence: UInt16
    package var timestamp: UInt32
    package var ssrc: SSRC
    /// Up to 15; more are not written.
    package var contributors: [SSRC] = []
    /// The header extension block as it stands in the packet; `elements` reads it, `HeaderExtensions` writes it.
    package var extensionBlock: ExtensionBlock?
    package var payload: ArraySlice<UInt8>
    /// How many octets of padding follow the payload, the counting one included.
    package var paddingCount: UInt8 = 0

    package init(
        payloadType: PayloadType, sequence: UInt16, timestamp: UInt32, ssrc: SSRC, marker: Bool = false,
        payload: ArraySlice<UInt8> = []
    ) {
        self.marker = marker
        self.payloadType = payloadType
        self.sequence = sequence
        self.timestamp = timestamp
        self.ssrc = ssrc
        self.payload = payload
    }
}

// MARK: - Parsing

extension RTPPacket {
    package static let fixedHeaderLength = 12

    package init(parsing bytes: [UInt8]) throws(RTPError) {
        guard bytes.count >= Self.fixedHeaderLength else { throw .truncated }
        guard bytes[0] >> 6 == 2 else { throw .unsupportedVersion }
        let span = bytes.span
        self.init(
            payloadType: PayloadType(masking: bytes[1]), sequence: span.u16(at: 2), timestamp: span.u32(at: 4),
            ssrc: SSRC(span.u32(at: 8)), marker: bytes[1] & 0x80 != 0)

        var offset = Self.fixedHeaderLength
        let contributorCount = Int(bytes[0] & 0x0f)
        guard bytes.count >= offset + 4 * contributorCount else { throw .truncated }
        if contributorCount > 0 {
            contributors = (0..<contributorCount).map { SSRC(span.u32(at: offset + 4 * $0)) }
            offset += 4 * contributorCount
        }
        if bytes[0] & 0x10 != 0 {
            guard bytes.count >= offset + 4 else { throw .truncated }
            let end = offset + 4 + 4 * Int(span.u16(at: offset + 2))
            guard bytes.count >= end else { throw .truncated }
            extensionBlock = ExtensionBlock(profile: span.u16(at: offset), elements: bytes[offset + 4..<end])
            offset = end
        }
        var end = bytes.count
        if bytes[0] & 0x20 != 0 {
            let count = bytes[end - 1]
            guard count > 0, Int(count) <= end - offset else { throw .badPadding }
            paddingCount = count
            end -= Int(count)
        }
        payload = bytes[offset..<end]
    }
}

// MARK: - Writing

extension RTPPacket {
    /// The packet as it goes on the wire.
    package func serialised() -> [UInt8] {
        let contributors = self.contributors.prefix(15)
        let elements = extensionBlock?.elements ?? []
        let extensionPadding = -elements.count & 3
        var out: [UInt8] = []
        out.reserveCapacity(
            Self.fixedHeaderLength + 4 * contributors.count + 4 + elements.count + extensionPadding + payload.count
                + Int(paddingCount))
        out.append(
            0x80 | (paddingCount > 0 ? 0x20 : 0) | (extensionBlock != nil ? 0x10 : 0) | UInt8(contributors.count))
        out.append((marker ? 0x80 : 0) | payloadType.value)
        out.appendU16(sequence)
        out.appendU32(timestamp)
        out.appendU32(ssrc.value)
        for contributor in contributors { out.appendU32(contributor.value) }
        if let block = extensionBlock {
            out.appendU16(block.profile)
            out.appendU16(UInt16(truncatingIfNeeded: (elements.count + extensionPadding) / 4))
            out.append(contentsOf: elements)
            for _ in 0..<extensionPadding { out.append(0) }
        }
        out.append(contentsOf: payload)
        if paddingCount > 0 {
            for _ in 1..<paddingCount { out.append(0) }
            out.append(paddingCount)
        }
        return out
    }
}
