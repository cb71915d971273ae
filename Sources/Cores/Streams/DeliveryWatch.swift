import Primitives

/// Notices that what is sent does not arrive, although the other side is heard: a firewall, or a router that forgot half
/// of a mapping. The other side's reports tell how far it has counted (RFC 3550 §6.4.1, extended highest sequence number).
struct DeliveryWatch: Sendable {
    /// Packets that must have been sent without the count moving on.
    private static let fewestPackets = 25
    private static let patience = Duration.seconds(4)

    private var lastHighest: UInt32?
    /// When the count moved on last, or sending began, and how many packets had been sent by then.
    private var movedAt: Instant?
    private var sentThen = 0
    private(set) var isStuck = false

    /// A report of the other side about this stream; `sent` packets have left so far.
    mutating func receive(highest: UInt32, sent: Int, now: Instant) {
        guard highest != lastHighest else { return }
        lastHighest = highest
        movedAt = now
        sentThen = sent
        isStuck = false
    }

    /// Looks again, while the other side is heard.
    mutating func check(sent: Int, now: Instant) {
        guard let movedAt else {
            if sent > 0 {
                self.movedAt = now
                sentThen = sent
            }
            return
        }
        if sent - sentThen >= Self.fewestPackets, now - movedAt >= Self.patience { isStuck = true }
    }

    /// The other side is not heard either: what is known is void.
    mutating func restart(sent: Int, now: Instant) {
        movedAt = now
        sentThen = sent
        isStuck = false
    }
}
