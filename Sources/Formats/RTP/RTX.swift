import Primitives

/// Retransmission in a stream of its own (RFC 4588 §4): the payload is the original sequence number, then the original
/// payload.
package enum RTX {
    /// A retransmission of `original`. Its extensions are kept: whoever sends it renews those that tell the time of
    /// sending.
    package static func wrap(
        _ original: RTPPacket, ssrc: SSRC, payloadType: PayloadType, sequence: UInt16
    ) -> RTPPacket {
        var payload: [UInt8] = []
        payload.reserveCapacity(2 + original.payload.count)
        payload.appendU16(original.sequence)
        payload.append(contentsOf: original.payload)
        var packet = original
        packet.ssrc = ssrc
        packet.payloadType = payloadType
        packet.sequence = sequence
        packet.payload = payload[...]
        packet.paddingCount = 0
        return packet
    }

    /// The packet that was lost, or nil where the payload is too short: padding alone, sent to probe the path.
    package static func unwrap(_ packet: RTPPacket, ssrc: SSRC, payloadType: PayloadType) -> RTPPacket? {
        var reader = ByteReader(packet.payload)
        guard packet.payload.count > 2, let sequence = reader.u16() else { return nil }
        var original = packet
        original.ssrc = ssrc
        original.payloadType = payloadType
        original.sequence = sequence
        original.payload = packet.payload.dropFirst(2)
        original.paddingCount = 0
        return original
    }
}
