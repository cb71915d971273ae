import RTP

/// The header of a plain RTP packet in somebody else's buffer, read once and checked once (RFC 3550 §5.1).
///
/// Nothing is copied: the view is of use as long as the buffer stays as it is.
package struct PacketView {
    /// Header and payload, without padding.
    package let bytes: UnsafeRawBufferPointer
    package let marker: Bool
    /// These four change when a retransmission is turned back into what it repeats.
    package private(set) var payloadType: UInt8
    package private(set) var sequence: UInt16
    package let timestamp: UInt32
    package private(set) var ssrc: UInt32
    package private(set) var payloadStart: Int
    private let extensions: Range<Int>
    private let hasTwoByteExtensions: Bool

    /// Nil where the bytes are no RTP packet.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= RTPPacket.fixedHeaderLength, bytes[0] >> 6 == 2 else { return nil }
        marker = bytes[1] & 0x80 != 0
        payloadType = bytes[1] & 0x7f
        sequence = bytes.u16(at: 2)
        timestamp = bytes.u32(at: 4)
        ssrc = bytes.u32(at: 8)
        var start = RTPPacket.fixedHeaderLength + 4 * Int(bytes[0] & 0x0f)
        var elements = 0..<0
        var isTwoByte = false
        if bytes[0] & 0x10 != 0 {
            guard bytes.count >= start + 4 else { return nil }
            let profile = bytes.u16(at: start)
            let end = start + 4 + 4 * Int(bytes.u16(at: start + 2))
            guard bytes.count >= end else { return nil }
            isTwoByte = profile & 0xfff0 == ExtensionBlock.twoByteProfile
            if isTwoByte || profile == ExtensionBlock.oneByteProfile { elements = start + 4..<end }
            start = end
        }
        var end = bytes.count
        guard start <= end else { return nil }
        if bytes[0] & 0x20 != 0 {
            let padding = Int(bytes[end - 1])
            guard padding > 0, padding <= end - start else { return nil }
            end -= padding
        }
        self.bytes = UnsafeRawBufferPointer(rebasing: bytes[..<end])
        payloadStart = start
        extensions = elements
        hasTwoByteExtensions = isTwoByte
    }

    package var payload: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[payloadStart...]) }
    package var payloadCount: Int { bytes.count - payloadStart }
    package var isEmpty: Bool { payloadStart == bytes.count }

    /// The data of a header extension (RFC 8285 §4). Nil where the packet does not carry it.
    package func element(_ id: UInt8) -> UnsafeRawBufferPointer? {
        var offset = extensions.lowerBound
        let end = extensions.upperBound
        while offset < end {
            let header = bytes[offset]
            offset += 1
            if header == 0 { continue }  // padding
            let found: UInt8
            let count: Int
            if hasTwoByteExtensions {
                guard offset < end else { return nil }
                found = header
                count = Int(bytes[offset])
                offset += 1
            } else {
                found = header >> 4
                count = Int(header & 0x0f) + 1
                guard found != 15 else { return nil }  // §4.2: processing stops
            }
            guard end - offset >= count else { return nil }
            if found == id { return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count]) }
            offset += count
        }
        return nil
    }

    /// What a retransmission repeats (RFC 4588 §4). Nil where it repeats nothing, as packets for probing do.
    package func original(ssrc: UInt32, payloadType: UInt8) -> PacketView? {
        guard payloadCount > 2 else { return nil }
        var packet = self
        packet.sequence = bytes.u16(at: payloadStart)
        packet.payloadStart += 2
        packet.ssrc = ssrc
        packet.payloadType = payloadType
        return packet
    }
}

extension UnsafeRawBufferPointer {
    /// The caller has checked the length.
    func u16(at offset: Int) -> UInt16 { UInt16(self[offset]) << 8 | UInt16(self[offset + 1]) }
    func u32(at offset: Int) -> UInt32 { UInt32(u16(at: offset)) << 16 | UInt32(u16(at: offset + 2)) }
}

extension UnsafeMutableRawBufferPointer {
    func put(_ value: UInt16, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: value >> 8)
        self[offset + 1] = UInt8(truncatingIfNeeded: value)
    }

    func put(_ value: UInt32, at offset: Int) {
        put(UInt16(truncatingIfNeeded: value >> 16), at: offset)
        put(UInt16(truncatingIfNeeded: value), at: offset + 2)
    }
}
