import Primitives

/// What the delays say of the path: its queues fill, empty, or stay.
enum BandwidthUsage: Equatable, Sendable {
    case normal, overusing, underusing
}

/// Compares the delay trend with a threshold that adapts (draft-ietf-rmcat-gcc-02 §5.4): a fixed one would starve beside
/// loss-based flows, which keep queues full and the trend restless.
struct OveruseDetector: Sendable {
    private(set) var usage = BandwidthUsage.normal

    /// Milliseconds, like the trend after its gain.
    private var threshold = 12.5
    private var timeOver: Double?
    private var countOver = 0
    private var previousTrend = 0.0
    private var lastUpdate: Instant?

    private static let gain = 4.0
    private static let mostSamples = 60
    /// How long and how often the trend must stand above the threshold.
    private static let overuseMilliseconds = 10.0
    private static let overuseCount = 2
    /// The threshold rises towards a larger trend slowly, and falls towards a smaller one faster.
    private static let rise = 0.0087
    private static let fall = 0.039
    private static let thresholds = 6.0...600
    /// Larger excursions (a route change, a burst of Wi-Fi) do not move the threshold.
    private static let outlier = 15.0

    /// `sendDelta` is the time between the last two groups in milliseconds.
    mutating func update(trend: Double, samples: Int, sendDelta: Double, now: Instant) {
        guard samples >= 2 else { return }
        let modified = Double(min(samples, Self.mostSamples)) * trend * Self.gain
        if modified > threshold {
            let time = timeOver.map { $0 + sendDelta } ?? sendDelta / 2
            timeOver = time
            countOver += 1
            if time > Self.overuseMilliseconds, countOver >= Self.overuseCount, trend >= previousTrend {
                timeOver = 0
                countOver = 0
                usage = .overusing
            }
        } else {
            timeOver = nil
            countOver = 0
            usage = modified < -threshold ? .underusing : .normal
        }
        previousTrend = trend
        adapt(to: abs(modified), now: now)
    }

    private mutating func adapt(to size: Double, now: Instant) {
        defer { lastUpdate = now }
        guard let lastUpdate, size <= threshold + Self.outlier else { return }
        let milliseconds = min(100, (now - lastUpdate).seconds * 1_000)
        let speed = size < threshold ? Self.fall : Self.rise
        threshold = (threshold + speed * (size - threshold) * milliseconds).clamped(to: Self.thresholds)
    }
}
