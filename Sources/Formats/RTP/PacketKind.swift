/// What a datagram on a media port is, told by its first bytes (RFC 7983 §7, and RFC 5761 §4 for RTCP).
package enum PacketKind: Equatable, Sendable {
    case stun, dtls, turnChannel, rtp, rtcp

    /// Nil for an empty datagram and for anything else that must be dropped.
    package init?(_ packet: [UInt8]) {
        guard let first = packet.first else { return nil }
        switch first {
        case 0...3: self = .stun
        case 20...63: self = .dtls
        case 64...79: self = .turnChannel
        case 128...191:
            guard packet.count >= 2 else { return nil }
            // RTP payload types 64...95 are never used where RTP and RTCP share a port, so the marker bit is no riddle.
            self = 192...223 ~= packet[1] ? .rtcp : .rtp
        default: return nil
        }
    }
}
