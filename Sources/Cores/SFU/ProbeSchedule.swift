import Primitives

/// When to send padding to a subscriber who gets less than it wants: only packets that are sent show that the path bears
/// more than what is sent.
///
/// A second of padding, two of rest, in small steps that a queue on the way hardly notices; never more than the estimate
/// itself again.
package struct ProbeSchedule: Sendable {
    private static let step = Duration.milliseconds(20)
    private static let length = Duration.milliseconds(1_000)
    private static let rest = Duration.milliseconds(2_000)
    /// Of the estimate, added to what flows.
    private static let share = 0.6
    private static let lowest = 60_000.0
    private static let highest = 1_500_000.0

    private var begins: Instant?
    package private(set) var nextDeadline: Instant?

    package init() {}

    /// Tells whether more is wanted than the estimate allows.
    package mutating func update(isWanted: Bool, now: Instant) {
        guard isWanted else {
            begins = nil
            nextDeadline = nil
            return
        }
        guard begins == nil else { return }
        // What was just lowered is not doubted at once.
        begins = now + Self.rest
        nextDeadline = begins
    }

    /// How many bytes to send now.
    package mutating func handleTimeout(estimate: Bitrate, now: Instant) -> Int {
        guard let due = nextDeadline, due <= now, let begins else { return 0 }
        guard now - begins < Self.length else {
            self.begins = now + Self.rest
            nextDeadline = self.begins
            return 0
        }
        nextDeadline = now + Self.step
        let rate = (Double(estimate.bitsPerSecond) * Self.share).clamped(to: Self.lowest...Self.highest)
        return Int(rate * Self.step.seconds / 8)
    }
}
