import Primitives

/// Counts the times that a picture stood still: when the next one came more than 150 ms, and more than twice the usual
/// time, later than usual (the idea of `freezeCount` in W3C webrtc-stats §8.2).
package struct FreezeDetector: Sendable {
    private static let excess = 0.15
    private static let smoothing = 1.0 / 30
    /// A longer pause is no freeze: nothing was sent.
    private static let longest = 10.0

    package private(set) var count = 0
    package private(set) var total = Duration.zero
    package private(set) var longest = Duration.zero
    private var lastShown: Instant?
    /// Seconds between pictures, smoothed.
    private var usual: Double?

    package init() {}

    package mutating func noteShown(at now: Instant) {
        defer { lastShown = now }
        guard let lastShown else { return }
        let gap = (now - lastShown).seconds
        guard gap < Self.longest else {
            usual = nil
            return
        }
        guard let usual else {
            usual = gap
            return
        }
        if gap > max(3 * usual, usual + Self.excess) {
            count += 1
            total += Duration(seconds: gap)
            longest = max(longest, Duration(seconds: gap))
        } else {
            self.usual = usual + Self.smoothing * (gap - usual)
        }
    }

    /// The picture was taken away: the next one follows on nothing.
    package mutating func interrupt() { lastShown = nil }
}
