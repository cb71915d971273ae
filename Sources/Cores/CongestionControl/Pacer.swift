import Primitives

/// Spreads packets over time, so that a frame does not fill the queue of the bottleneck at once.
///
/// A leaky bucket: what was sent leaks out at the pacing rate, and the next packet goes when the bucket is nearly empty.
/// Sound never waits, retransmissions come before pictures. `Packet` is whatever the owner sends.
package struct Pacer<Packet> {
    package enum Priority: Int, Comparable, Sendable, CaseIterable {
        case audio, retransmission, video

        package static func < (a: Priority, b: Priority) -> Bool { a.rawValue < b.rawValue }
    }

    fileprivate struct Entry {
        var packet: Packet
        var bytes: Int
    }

    private var queues: [RingBuffer<Entry>]
    private var rate: Double
    /// Bytes sent that have not leaked out yet, at `leakedAt`.
    private var level = 0.0
    private var leakedAt: Instant?
    private var queuedBytes = 0
    private var queuedPackets = 0
    /// Packets thrown away because their queue was full.
    package private(set) var dropped = 0

    /// Media may go this much faster than the estimate: encoders keep the mean, frames are bursts.
    private static var factor: Double { 2.5 }
    /// A queue that would last longer is emptied faster.
    private static var longestQueue: Double { 0.5 }
    /// A burst of this length passes at once; waking up more often than that is not worth it.
    private static var burst: Double { 0.005 }

    /// `capacity` is the number of packets that each priority may have waiting; then the oldest goes.
    package init(target: Bitrate, capacity: Int = 2_048) {
        queues = Priority.allCases.map { _ in RingBuffer(capacity: capacity) }
        rate = Self.pacingRate(target)
    }

    package mutating func setTarget(_ target: Bitrate, now: Instant) {
        leak(now)
        rate = Self.pacingRate(target)
    }

    package var isEmpty: Bool { queuedPackets == 0 }

    /// What waits, in bytes.
    package var queued: Int { queuedBytes }

    package mutating func enqueue(_ packet: Packet, bytes: Int, priority: Priority) {
        if queues[priority.rawValue].isFull, let oldest = queues[priority.rawValue].popFirst() {
            queuedBytes -= oldest.bytes
            queuedPackets -= 1
            dropped += 1
        }
        queues[priority.rawValue].append(Entry(packet: packet, bytes: bytes))
        queuedBytes += bytes
        queuedPackets += 1
    }

    /// The next packet that may go now; call until nil.
    package mutating func poll(now: Instant) -> Packet? {
        leak(now)
        guard queuedPackets > 0 else { return nil }
        if let entry = queues[Priority.audio.rawValue].popFirst() { return take(entry) }
        guard level <= currentRate * Self.burst else { return nil }
        return popFirst()
    }

    /// The next packet whatever the pace says: for a burst that tries out the path.
    package mutating func pollAtOnce(now: Instant) -> Packet? {
        leak(now)
        return queuedPackets > 0 ? popFirst() : nil
    }

    private mutating func popFirst() -> Packet? {
        for index in queues.indices {
            if let entry = queues[index].popFirst() { return take(entry) }
        }
        return nil
    }

    private mutating func take(_ entry: Entry) -> Packet {
        queuedBytes -= entry.bytes
        queuedPackets -= 1
        level += Double(entry.bytes)
        return entry.packet
    }

    /// Counts bytes that were sent past the pacer.
    package mutating func noteSent(bytes: Int, now: Instant) {
        leak(now)
        level += Double(bytes)
    }

    /// When `poll` has something again, or nil where nothing waits.
    package var nextDeadline: Instant? {
        guard !isEmpty, let leakedAt else { return isEmpty ? nil : .zero }
        guard queues[Priority.audio.rawValue].isEmpty else { return leakedAt }
        // Rounded up, so that the bucket has leaked when the time has come.
        let wait = max(0, level - currentRate * Self.burst) / currentRate
        return leakedAt + .nanoseconds(Int64(wait * 1e9) + (wait > 0 ? 1_000 : 0))
    }

    /// Bytes a second.
    private var currentRate: Double { max(rate, Double(queuedBytes) / Self.longestQueue) }

    private mutating func leak(_ now: Instant) {
        if let leakedAt, now > leakedAt { level = max(0, level - (now - leakedAt).seconds * currentRate) }
        leakedAt = max(leakedAt ?? now, now)
    }

    private static func pacingRate(_ target: Bitrate) -> Double {
        max(10_000, Double(target.bitsPerSecond) / 8 * factor)
    }
}

extension Pacer: Sendable where Packet: Sendable {}
extension Pacer.Entry: Sendable where Packet: Sendable {}
