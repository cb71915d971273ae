import Primitives

/// Turns the detector's signal into a rate (draft-ietf-rmcat-gcc-02 §5.5): up by a factor far from what the link is known
/// to carry, up by steps near it, down to 85 % of what arrives on overuse, and still while queues empty.
struct RateControl: Sendable {
    private enum State: Sendable { case hold, increase }

    /// Bits per second.
    private(set) var rate: Double
    private var state = State.increase
    private var capacity = LinkCapacity()
    /// Until queues fill for the first time nothing is known of the link, and the rate may double each second.
    private var isStarting = true
    private var lastChange: Instant?
    private var lastDecrease: Instant?

    /// Whether a queue that made the rate fall has not drained yet.
    private var mayReturn = false

    private static let decrease = 0.85
    private static let returnFactor = 0.95
    private static let startGrowth = 1.0
    private static let carefulGrowth = 0.08
    /// After this long without overuse the link has probably become wider.
    private static let confidence = Duration.seconds(4)
    private static let confidentGrowth = 0.25
    /// The rate never runs ahead of what is really sent and arrives: an application-limited sender proves nothing.
    private static let headroomFactor = 1.5
    private static let headroom = 10_000.0

    init(start: Bitrate) { rate = Double(start.bitsPerSecond) }

    /// What is known when feedback has come.
    struct Observation {
        var usage: BandwidthUsage
        var acknowledged: AcknowledgedRate
        var isApplicationLimited: Bool
        /// Whether the queue is as good as empty.
        var isDrained: Bool
        var roundTrip: Duration
        var bounds: ClosedRange<Bitrate>
    }

    /// True where the rate was lowered.
    mutating func update(_ seen: Observation, now: Instant) -> Bool {
        var lowered = false
        switch seen.usage {
        case .overusing:
            // What arrives of a sender that has little to say tells nothing of the link.
            let proof = seen.isApplicationLimited ? rate : seen.acknowledged.recentRate
            lowered = backOff(acknowledged: proof, roundTrip: seen.roundTrip, now: now)
        case .underusing: state = .hold
        case .normal:
            if state == .increase { increase(seen, now: now) }
            state = .increase
        }
        if lastChange == nil || state == .hold { lastChange = now }
        rate = rate.clamped(
            to: Double(seen.bounds.lowerBound.bitsPerSecond)...Double(seen.bounds.upperBound.bitsPerSecond))
        return lowered
    }

    /// Goes up at once to what a burst has proven.
    mutating func raise(to higher: Double, now: Instant) {
        guard higher > rate else { return }
        capacity.forget(ifExceededBy: higher)
        rate = higher
        isStarting = false
        lastChange = now
    }

    /// Lowers the rate for a reason other than delay.
    mutating func reduce(to lower: Double, now: Instant) {
        rate = min(rate, lower)
        lastChange = now
        lastDecrease = now
        isStarting = false
    }

    private mutating func backOff(acknowledged: Double?, roundTrip: Duration, now: Instant) -> Bool {
        state = .hold
        guard mayDecrease(acknowledged: acknowledged, roundTrip: roundTrip, now: now) else { return false }
        if let acknowledged, acknowledged < rate { capacity.learn(acknowledged) }
        reduce(to: Self.decrease * (acknowledged ?? rate), now: now)
        mayReturn = true
        return true
    }

    /// One decrease needs a round trip to show; one that did by far not suffice is followed at once.
    private func mayDecrease(acknowledged: Double?, roundTrip: Duration, now: Instant) -> Bool {
        guard let lastDecrease else { return true }
        if now - lastDecrease >= roundTrip.clamped(to: .milliseconds(50)...(.milliseconds(300))) { return true }
        return acknowledged.map { $0 < rate / 2 } ?? false
    }

    private mutating func increase(_ seen: Observation, now: Instant) {
        let seconds = min(1, max(0, (now - (lastChange ?? now)).seconds))
        lastChange = now
        guard let acknowledged = seen.acknowledged.rate else { return }
        capacity.forget(ifExceededBy: acknowledged)
        if mayReturn, seen.isDrained, let known = capacity.value {
            // The queue that made us give way is gone: all but a little of what the link carries may be used again.
            mayReturn = false
            rate = max(rate, Self.returnFactor * known)
            return
        }
        var wanted: Double
        if capacity.value != nil && !isStarting {
            // About one packet for each response time.
            wanted = rate + max(4_000, 9_600 / (seen.roundTrip.seconds + 0.1)) * seconds
        } else {
            wanted = rate * (1 + growth(now: now) * seconds) + 1_000 * seconds
        }
        wanted = min(wanted, Self.headroomFactor * acknowledged + Self.headroom)
        rate = max(rate, wanted)
    }

    private func growth(now: Instant) -> Double {
        if isStarting { return Self.startGrowth }
        guard let lastDecrease else { return Self.carefulGrowth }
        return now - lastDecrease > Self.confidence ? Self.confidentGrowth : Self.carefulGrowth
    }
}

/// What the link was seen to carry when its queue filled: a mean with its spread (draft-ietf-rmcat-gcc-02 §5.5).
private struct LinkCapacity: Sendable {
    /// Kilobits per second.
    private var mean: Double?
    /// Variance divided by the mean.
    private var spread = 0.4

    private static let weight = 0.05

    /// Bits per second.
    var value: Double? { mean.map { $0 * 1_000 } }

    mutating func learn(_ bitsPerSecond: Double) {
        let sample = bitsPerSecond / 1_000
        forget(ifExceededBy: bitsPerSecond)
        guard let old = mean, sample > old - 3 * deviation else {
            mean = sample
            return
        }
        let new = (1 - Self.weight) * old + Self.weight * sample
        let error = new - sample
        mean = new
        spread = ((1 - Self.weight) * spread + Self.weight * error * error / max(1, new)).clamped(to: 0.4...2.5)
    }

    /// More than this arrives: the link is wider than it was.
    mutating func forget(ifExceededBy bitsPerSecond: Double) {
        if let mean, bitsPerSecond / 1_000 > mean + 3 * deviation { self.mean = nil }
    }

    private var deviation: Double { (spread * (mean ?? 0)).squareRoot() }
}
