import Primitives

/// Learns how much later than the fastest packets the others arrive, and so how long to hold packets back.
///
/// Each packet's transit is its arrival less its timestamp; the clocks differ by an unknown amount, so only differences
/// count. The fastest of the last 24 s is the base, which lets the clocks drift and routes change. A histogram that slowly
/// forgets holds the rest; all but the slowest 3 % shall arrive in time.
struct ArrivalDelays: Sendable {
    /// The smallest transit of late, in nanoseconds; nil before the first packet.
    private(set) var base: Int64?
    /// How much later than the base a packet may be expected; the upper edge of its class.
    private(set) var spread = Duration.zero
    private(set) var packets = 0

    private var weights = [Double](repeating: 0, count: classes)
    private var total = 0.0
    /// What a packet weighs now. It grows, which is cheaper than to let all others shrink.
    private var weight = 1.0
    private var lastArrival: Instant?
    /// What the packet that came then weighs, as a part of `weight`.
    private var newestShare = 1.0
    /// The transit at the lower edge of the first class, in units of `width`.
    private var origin: Int64 = 0
    private var minima = [Int64?](repeating: nil, count: slots)
    private var slot: Int64 = 0
    /// Consecutive packets beyond the last class, and the fastest of them.
    private var farPackets = 0
    private var farMinimum = Int64.max

    /// 2 ms each; what is later falls into the last one.
    private static let width: Int64 = 2_000_000
    private static let classes = 320
    private static let slots = 16
    private static let repairShare = 10.0
    private static let usualDistance = Duration.milliseconds(20)
    private static let slotLength: Int64 = 1_500_000_000
    private static let quantile = 0.97
    /// Half is forgotten after 1000 packets, 20 s.
    private static let memory = 0.9993
    /// So many packets in a row that all come late by as much are no peak: the path or the sender's clock has changed.
    private static let farLimit = 10

    /// When a packet's sound was taken, on the sender's clock.
    static func nanoseconds(timestamp: Int64) -> Int64 { timestamp &* 62_500 / 3 }

    mutating func observe(timestamp: Int64, arrival: Instant) {
        let transit = arrival.nanoseconds &- Self.nanoseconds(timestamp: timestamp)
        packets += 1
        notice(transit, at: arrival)
        let late = transit - (base ?? transit)
        if late >= Self.width * Int64(Self.classes) {
            farPackets += 1
            farMinimum = min(farMinimum, transit)
            if farPackets >= Self.farLimit { restart(base: farMinimum, at: arrival) }
        } else {
            farPackets = 0
            farMinimum = Int64.max
        }
        add(transit, share: share(at: arrival))
        spread = .nanoseconds(max(0, quantileEdge() - (base ?? 0)))
    }

    /// A packet that was lost could be repaired by what came at `arrival`: that is when it arrived, as far as waiting goes.
    /// It counts for more than a late packet does, because the gap would be heard for certain, and the wait is known.
    mutating func observeRepair(timestamp: Int64, arrival: Instant) {
        guard base != nil else { return }
        // What repairs comes just before or after the packet that it came with.
        let share = arrival == lastArrival ? newestShare : share(of: arrival)
        add(arrival.nanoseconds &- Self.nanoseconds(timestamp: timestamp), share: share * Self.repairShare)
        spread = .nanoseconds(max(0, quantileEdge() - (base ?? 0)))
    }

    private mutating func notice(_ transit: Int64, at arrival: Instant) {
        let now = arrival.nanoseconds / Self.slotLength
        if base == nil || now - slot >= Int64(Self.slots) {
            restart(base: transit, at: arrival)
            return
        }
        while slot < now {
            slot += 1
            minima[index(slot)] = nil
        }
        minima[index(slot)] = min(minima[index(slot)] ?? transit, transit)
        let lowest = minima.reduce(transit) { min($0, $1 ?? $0) }
        if lowest != base {
            base = lowest
            shiftClasses(to: Self.floored(lowest))
        }
    }

    private mutating func restart(base transit: Int64, at arrival: Instant) {
        base = transit
        slot = arrival.nanoseconds / Self.slotLength
        for i in minima.indices { minima[i] = nil }
        minima[index(slot)] = transit
        farPackets = 0
        farMinimum = Int64.max
        shiftClasses(to: Self.floored(transit))
    }

    /// Packets that come all at once after a halt are one event, however many they are: each weighs by the time since
    /// the one before.
    private mutating func share(at arrival: Instant) -> Double {
        newestShare = share(of: arrival)
        lastArrival = max(arrival, lastArrival ?? arrival)
        return newestShare
    }

    private func share(of arrival: Instant) -> Double {
        (lastArrival.map { (arrival - $0) / Self.usualDistance } ?? 1).clamped(to: 0.05...1)
    }

    private mutating func add(_ transit: Int64, share: Double) {
        let share = weight * share
        let place = Int((Self.floored(transit) - origin).clamped(to: 0...Int64(Self.classes - 1)))
        weights[place] += share
        total += share
        weight /= Self.memory
        guard weight > 1e100 else { return }
        for i in weights.indices { weights[i] /= weight }
        total /= weight
        weight = 1
    }

    /// Keeps the weights at their transits while the first class moves; what falls off the end is forgotten.
    private mutating func shiftClasses(to newOrigin: Int64) {
        let shift = newOrigin - origin
        origin = newOrigin
        guard shift != 0 else { return }
        let old = weights
        for i in weights.indices { weights[i] = 0 }
        if abs(shift) < Int64(Self.classes) {
            for (i, weight) in old.enumerated() where i - Int(shift) < Self.classes {
                weights[max(0, i - Int(shift))] += weight
            }
        }
        total = weights.reduce(0, +)
    }

    private func quantileEdge() -> Int64 {
        var sum = 0.0
        for i in weights.indices {
            sum += weights[i]
            if sum >= Self.quantile * total { return (origin + Int64(i) + 1) * Self.width }
        }
        return (origin + Int64(Self.classes)) * Self.width
    }

    private func index(_ slot: Int64) -> Int {
        let rest = Int(slot % Int64(Self.slots))
        return rest < 0 ? rest + Self.slots : rest
    }

    private static func floored(_ transit: Int64) -> Int64 {
        (transit - (transit < 0 ? width - 1 : 0)) / width
    }
}
