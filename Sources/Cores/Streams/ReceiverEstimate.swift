import Primitives

/// What a receiver tells a sender that knows no transport-wide feedback (draft-alvestrand-rmcat-remb-03).
///
/// It only knows losses and the rate that arrives: with few losses it allows half as much again as what comes, with many
/// it takes back in proportion, the rule that Google congestion control gives for losses
/// (draft-ietf-rmcat-gcc-02 §6).
package struct ReceiverEstimate: Sendable {
    private static let interval = Duration.milliseconds(1_000)
    private static let min = Bitrate.kilobits(100)
    private static let start = Bitrate.kilobits(600)

    private var estimate = start
    private var bytes = 0
    private var since: Instant?

    package init() {}

    package var nextDeadline: Instant? { since.map { $0 + Self.interval } }

    package mutating func receive(bytes count: Int, now: Instant) {
        bytes += count
        if since == nil { since = now }
    }

    /// The estimate to send, once an interval.
    package mutating func handleTimeout(now: Instant, fractionLost: Double) -> Bitrate? {
        guard let since, since + Self.interval <= now else { return nil }
        let received = Double(bytes) * 8 / (now - since).seconds
        var rate = Double(estimate.bitsPerSecond)
        if fractionLost > 0.1 {
            rate *= 1 - fractionLost / 2
        } else if fractionLost < 0.02 {
            rate = max(rate, received * 1.5)
        }
        estimate = max(Self.min, Bitrate(bitsPerSecond: Int(rate.clamped(to: 0...1e9))))
        // Silence is no reason to go on reporting.
        self.since = bytes > 0 ? now : nil
        bytes = 0
        return estimate
    }
}
