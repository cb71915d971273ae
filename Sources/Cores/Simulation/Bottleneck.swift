import Primitives

/// The narrow place of a path: serves packets one after the other at a rate that may change at any time, and holds the
/// others in a queue of so many bytes. What does not fit is dropped (drop-tail), as home routers do.
///
/// Unlike the limit in `NetworkSimulator`, which decides a packet's fate when it is sent, packets that already wait feel
/// a change of the rate, and several flows may share it.
package struct Bottleneck<Packet> {
    fileprivate struct Waiting {
        var packet: Packet
        var bytes: Int
        var since: Instant
    }

    /// A packet that has passed, and how long it waited and was served.
    package struct Passed {
        package var packet: Packet
        package var delay: Duration
    }

    /// In bytes; what is being served counts.
    package var capacity: Int
    package private(set) var rate: Bitrate
    package private(set) var dropped = 0
    package private(set) var queuedBytes = 0
    private var queue: [Waiting] = []
    private var head = 0
    /// Bits of the first packet that are still to be served, as of `servedUntil`.
    private var bitsLeft = 0.0
    private var servedUntil = Instant.zero

    package init(rate: Bitrate, capacity: Int) {
        self.rate = rate
        self.capacity = capacity
    }

    package mutating func setRate(_ new: Bitrate, now: Instant) {
        serve(until: now)
        rate = new
    }

    /// False where the packet found no room.
    @discardableResult
    package mutating func send(_ packet: Packet, bytes: Int, now: Instant) -> Bool {
        serve(until: now)
        guard queuedBytes == 0 || queuedBytes + bytes <= capacity else {
            dropped += 1
            return false
        }
        if queuedBytes == 0 { bitsLeft = Double(bytes * 8) }
        queue.append(Waiting(packet: packet, bytes: bytes, since: now))
        queuedBytes += bytes
        return true
    }

    /// When the next packet has passed; nil where nothing waits or nothing moves.
    package var nextDeparture: Instant? {
        guard queuedBytes > 0, rate > .zero else { return nil }
        let seconds = bitsLeft / Double(rate.bitsPerSecond)
        return servedUntil + .nanoseconds(Int64((seconds * 1e9).rounded(.up)))
    }

    /// The next packet that has passed by `now`.
    package mutating func receive(now: Instant) -> Passed? {
        serve(until: now)
        guard queuedBytes > 0, bitsLeft < Self.rounding else { return nil }
        let first = queue[head]
        let passedAt = servedUntil + .nanoseconds(Int64(bitsLeft / Double(max(1, rate.bitsPerSecond)) * 1e9))
        head += 1
        queuedBytes -= first.bytes
        if head == queue.count {
            queue.removeAll(keepingCapacity: true)
            head = 0
        } else {
            bitsLeft += Double(queue[head].bytes * 8)
        }
        return Passed(packet: first.packet, delay: passedAt - first.since)
    }

    /// How long a packet sent now would wait at the present rate.
    package func queueingDelay() -> Duration {
        Duration(seconds: Double(queuedBytes) * 8 / Double(max(1, rate.bitsPerSecond)))
    }

    /// In bits: what sums of fractions may be off by.
    private static var rounding: Double { 1e-3 }

    /// Lets `bitsLeft` fall; below zero it tells that the service of what follows has begun.
    private mutating func serve(until now: Instant) {
        defer { servedUntil = max(servedUntil, now) }
        guard queuedBytes > 0, now > servedUntil else { return }
        bitsLeft -= (now - servedUntil).seconds * Double(rate.bitsPerSecond)
    }
}

extension Bottleneck: Sendable where Packet: Sendable {}
extension Bottleneck.Waiting: Sendable where Packet: Sendable {}
