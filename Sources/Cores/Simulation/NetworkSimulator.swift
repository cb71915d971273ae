import Primitives

/// One direction of a network path, made of chance with a seed: the same seed gives the same path.
///
/// Packets go through a bottleneck (rate and queue), then lose some of their number, and travel with latency and jitter.
/// No packet overtakes another unless reordering says so. `Packet` is whatever the test sends.
package struct NetworkSimulator<Packet> {
    fileprivate struct Flight {
        let arrival: Instant
        let packet: Packet
    }

    /// May be changed at any time, to let a path grow worse.
    package var conditions: NetworkConditions
    package private(set) var sent = 0
    package private(set) var lost = 0
    package private(set) var delivered = 0

    private var random: SeededGenerator
    /// By rising time of arrival.
    private var flights: [Flight] = []
    /// When the bottleneck has sent everything that it was given.
    private var busyUntil = Instant(nanoseconds: .min / 2)
    private var lastArrival = Instant(nanoseconds: .min / 2)
    private var isInBurst = false

    package init(_ conditions: NetworkConditions, seed: UInt64) {
        self.conditions = conditions
        random = SeededGenerator(seed: seed)
    }

    /// When the next packet arrives.
    package var nextArrival: Instant? { flights.first?.arrival }

    /// How long a packet sent now would wait at the bottleneck.
    package func queueingDelay(now: Instant) -> Duration { max(.zero, busyUntil - now) }

    package mutating func send(_ packet: Packet, bytes: Int, now: Instant) {
        sent += 1
        guard let departure = passBottleneck(bytes: bytes, now: now), !isLost() else {
            lost += 1
            return
        }
        deliver(packet, departure: departure)
        if happens(conditions.duplication) { deliver(packet, departure: departure + .milliseconds(1)) }
    }

    /// The next packet that has arrived by `now`.
    package mutating func receive(now: Instant) -> Packet? {
        guard let first = flights.first, first.arrival <= now else { return nil }
        delivered += 1
        return flights.removeFirst().packet
    }

    /// When the packet leaves the bottleneck; nil where the queue is full.
    private mutating func passBottleneck(bytes: Int, now: Instant) -> Instant? {
        guard let rate = conditions.rate else { return now }
        guard queueingDelay(now: now) <= conditions.queue else { return nil }
        let length = Duration(nanoseconds: Int64(bytes) * 8_000_000_000 / Int64(max(1, rate.bitsPerSecond)))
        busyUntil = max(busyUntil, now) + length
        return busyUntil
    }

    /// Gilbert's model for bursts: once it loses, it goes on losing for some packets.
    private mutating func isLost() -> Bool {
        switch conditions.loss {
        case .none: return false
        case .random(let rate): return happens(rate)
        case .bursts(let rate, let length):
            let length = max(1, length)
            isInBurst = isInBurst ? !happens(1 / length) : happens(min(1, rate / max(1e-9, length * (1 - rate))))
            return isInBurst
        }
    }

    private mutating func deliver(_ packet: Packet, departure: Instant) {
        let jitter = conditions.jitter * Double.random(in: 0...1, using: &random)
        var arrival = departure + conditions.latency + jitter
        if happens(conditions.reordering) {
            arrival += conditions.reorderingDelay
        } else {
            arrival = max(arrival, lastArrival)
            lastArrival = arrival
        }
        let position = (flights.lastIndex { $0.arrival <= arrival } ?? -1) + 1
        flights.insert(Flight(arrival: arrival, packet: packet), at: position)
    }

    private mutating func happens(_ probability: Double) -> Bool {
        probability > 0 && Double.random(in: 0..<1, using: &random) < probability
    }
}

extension NetworkSimulator: Sendable where Packet: Sendable {}
extension NetworkSimulator.Flight: Sendable where Packet: Sendable {}

/// What a path does to packets.
package struct NetworkConditions: Equatable, Sendable {
    package enum Loss: Equatable, Sendable {
        case none
        case random(Double)
        /// Losses come in rows of `length` packets on average; `rate` is the fraction of all.
        case bursts(rate: Double, length: Double = 3)
    }

    package var latency: Duration
    /// Up to this much more latency, evenly spread.
    package var jitter: Duration
    package var loss: Loss
    /// The fraction of packets that is overtaken, and by how long they are late.
    package var reordering: Double
    package var reorderingDelay: Duration
    /// The fraction of packets that arrives twice.
    package var duplication: Double
    /// Nil for no limit.
    package var rate: Bitrate?
    /// What the bottleneck holds, as time at its rate.
    package var queue: Duration

    package init(
        latency: Duration = .zero, jitter: Duration = .zero, loss: Loss = .none, reordering: Double = 0,
        reorderingDelay: Duration = .milliseconds(5), duplication: Double = 0, rate: Bitrate? = nil,
        queue: Duration = .milliseconds(200)
    ) {
        self.latency = latency
        self.jitter = jitter
        self.loss = loss
        self.reordering = reordering
        self.reorderingDelay = reorderingDelay
        self.duplication = duplication
        self.rate = rate
        self.queue = queue
    }

    package static var perfect: NetworkConditions { .init() }
}
