import Primitives
import RTP

/// Keeps what was sent for a while, to send it again when asked (RFC 4585 §6.2.1).
struct PacketCache: Sendable {
    private struct Entry: Sendable {
        var packet: RTPPacket
        var lastSent: Instant
        let firstSent: Instant
        var repeats = 0
    }

    /// Must be a power of two. At 1 Mbit/s about ten seconds.
    static let capacity = 1_024
    /// What is older helps nobody.
    static let maxAge = Duration.milliseconds(3_000)

    private var entries = [Entry?](repeating: nil, count: capacity)

    mutating func insert(_ packet: RTPPacket, now: Instant) {
        entries[index(packet.sequence)] = Entry(packet: packet, lastSent: now, firstSent: now)
    }

    /// The packet to send again, or nil where it is gone, or was sent less than `pause` ago: then the one under way
    /// answers this request too.
    mutating func take(_ sequence: UInt16, now: Instant, pause: Duration) -> RTPPacket? {
        let index = self.index(sequence)
        guard let entry = entries[index], entry.packet.sequence == sequence, now - entry.firstSent <= Self.maxAge,
            now - entry.lastSent >= pause
        else { return nil }
        entries[index]?.lastSent = now
        entries[index]?.repeats += 1
        return entry.packet
    }

    /// How often this packet was sent again.
    func repeats(_ sequence: UInt16) -> Int {
        guard let entry = entries[index(sequence)], entry.packet.sequence == sequence else { return 0 }
        return entry.repeats
    }

    private func index(_ sequence: UInt16) -> Int {
        Int(sequence) & (Self.capacity - 1)
    }
}
