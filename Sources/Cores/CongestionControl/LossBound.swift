import Primitives

/// The rate that loss allows (draft-ietf-rmcat-gcc-02 §6): below 2 % it grows, above 10 % it falls, between it stays.
///
/// Not all loss is congestion. Where sending less does not make it less, it is the path's own (a radio link), and the
/// thresholds move up by it: falling further would only starve the call.
struct LossBound: Sendable {
    /// Bits per second.
    private(set) var rate: Double
    private var received = 0
    private var lost = 0
    private var lastChange: Instant?
    private var lastDecrease: Instant?
    private var windowStart: Instant?
    /// The part lost of late, smoothed: at 10 % a window of forty packets tells anything from 3 to 20 %.
    private var smoothed: Double?
    /// Whether the owner sends what it is told to: else a rate that is lower on paper teaches nothing.
    var mayLearn = true
    /// What the last window told, until it is taken.
    private var lastFraction: Double?
    /// The part of packets that the path loses at any rate.
    private(set) var inherent = 0.0
    /// What was lost when the rate was lowered last, and to how much of its value the rate has come down since.
    private var trial: (fraction: Double, from: Double)?

    private static let low = 0.02
    private static let high = 0.1
    private static let growthPerSecond = 0.08
    /// Where delay is watched as well, loss alone need not hold the rate back for long.
    private static let watchedGrowthPerSecond = 0.5
    /// Fewer packets than this say nothing of a fraction, nor does a shorter time.
    private static let fewestPackets = 40
    private static let shortestWindow = Duration.milliseconds(400)
    private static let decreaseInterval = Duration.milliseconds(300)
    /// A rate lowered to this part should have lowered congestion's loss.
    private static let trialPart = 0.75
    private static let mostInherent = 0.35
    private static let provenPart = 0.85
    private static let smoothing = 0.4
    private static let leap = 0.2
    /// How quickly less loss than usual is believed to be the new usual.
    private static let forgetting = 0.2

    init(start: Bitrate) { rate = Double(start.bitsPerSecond) }

    /// Takes the bound away until there is loss.
    mutating func lift(to maximum: Bitrate) { rate = max(rate, Double(maximum.bitsPerSecond)) }

    /// Counts what one transport-wide feedback told; `arriving` bits a second arrive of late. True where the rate was
    /// lowered.
    @discardableResult
    mutating func count(
        received: Int, lost: Int, target: Bitrate, arriving: Double, roundTrip: Duration, now: Instant
    ) -> Bool {
        self.received += received
        self.lost += lost
        let start = windowStart ?? now
        windowStart = start
        let total = self.received + self.lost
        guard total >= Self.fewestPackets, now - start >= Self.shortestWindow else { return false }
        let fraction = Double(self.lost) / Double(total)
        self.received = 0
        self.lost = 0
        windowStart = now
        let smoothed = smooth(fraction)
        // What is over does not lower the rate once more.
        let calm = fraction > Self.high + inherent ? smoothed : min(smoothed, Self.high + inherent)
        lastFraction = min(smoothed, fraction)
        return apply(
            calm, growth: Self.watchedGrowthPerSecond, target: target, arriving: arriving, roundTrip: roundTrip,
            now: now)
    }

    private mutating func smooth(_ fraction: Double) -> Double {
        let old = smoothed ?? fraction
        // A queue that overflows is no matter of chance, and is followed at once; so is its end.
        let isClear = fraction > old + Self.leap || fraction < Self.low
        let new = isClear ? fraction : old + Self.smoothing * (fraction - old)
        smoothed = new
        return new
    }

    /// The part lost beyond what the path loses anyway, once for each window.
    mutating func takeFraction() -> Double? {
        defer { lastFraction = nil }
        return lastFraction.map { $0 - inherent }
    }

    /// What a receiver report told, where nothing else is known of the path. What is really sent is not known either, so
    /// the bound stays within `maximum`.
    mutating func report(fraction: Double, target: Bitrate, maximum: Bitrate, roundTrip: Duration, now: Instant) {
        apply(fraction, growth: Self.growthPerSecond, target: target, roundTrip: roundTrip, now: now)
        rate = min(rate, Double(maximum.bitsPerSecond))
    }

    @discardableResult
    private mutating func apply(
        _ fraction: Double, growth: Double, target: Bitrate, arriving: Double = 0, roundTrip: Duration, now: Instant
    ) -> Bool {
        let seconds = lastChange.map { min(5, max(0, (now - $0).seconds)) } ?? 0
        lastChange = now
        judge(fraction, target: Double(target.bitsPerSecond))
        if fraction < Self.low + inherent {
            rate = min(1e12, max(rate, Double(target.bitsPerSecond)) * (1 + growth * seconds) + 1_000 * seconds)
        } else if fraction > Self.high + inherent {
            if let lastDecrease, now - lastDecrease < Self.decreaseInterval + roundTrip { return false }
            lastDecrease = now
            if trial == nil { trial = (fraction, Double(target.bitsPerSecond)) }
            let present = min(rate, Double(target.bitsPerSecond))
            // What arrived has proven that it can; delay may already have lowered the rate to that. Of a sender that
            // does not follow, only ever less gets through whole.
            let proven = mayLearn ? Self.provenPart * arriving : 0
            rate = max(present * (1 - 0.5 * (fraction - inherent)), min(present, proven))
            return true
        }
        return false
    }

    /// Learns from having sent less.
    private mutating func judge(_ fraction: Double, target: Double) {
        inherent += Self.forgetting * (min(inherent, fraction) - inherent)
        guard mayLearn else {
            trial = nil
            return
        }
        guard let trial, target < Self.trialPart * trial.from else { return }
        // Two thirds: loss that falls along with the rate is congestion's.
        if fraction > trial.fraction * 2 / 3 { inherent = min(Self.mostInherent, fraction * 0.9) }
        self.trial = nil
    }
}
