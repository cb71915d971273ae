import Primitives

/// When to send padding to a subscriber who gets less than it wants: only packets that are sent show that the path bears
/// more than what is sent.
///
/// A second of padding, two of rest, in small steps: with what flows a little more than the estimate, so that a queue on
/// the way hardly notices. Padding ends early where the estimate falls, as the path does not bear it, and where more
/// begins to flow, as that tells as much.
package struct ProbeSchedule: Sendable {
    private static let step = Duration.milliseconds(20)
    private static let length = Duration.milliseconds(1_000)
    private static let rest = Duration.milliseconds(2_000)
    /// Of the estimate, together with what flows.
    private static let reach = 1.25
    /// What is more than before by this factor has been raised, and not only measured anew.
    private static let raised = 1.2
    /// An estimate that is less than this share of the best one has fallen.
    private static let fallen = 0.95
    private static let lowest = 60_000.0
    private static let highest = 1_500_000.0

    private var begins: Instant?
    /// The highest estimate since then.
    private var best = Bitrate.zero
    private var flow = Bitrate.zero
    package private(set) var nextDeadline: Instant?

    package init() {}

    /// Tells whether more is wanted than the estimate allows, and what flows.
    package mutating func update(isWanted: Bool, flow: Bitrate, now: Instant) {
        let isRaised = Double(flow.bitsPerSecond) > Double(self.flow.bitsPerSecond) * Self.raised
        self.flow = flow
        guard isWanted else {
            begins = nil
            nextDeadline = nil
            return
        }
        guard begins == nil || isRaised else { return }
        // What was just changed is not doubted at once.
        begin(now + Self.rest)
    }

    private mutating func begin(_ time: Instant) {
        begins = time
        best = .zero
        nextDeadline = time
    }

    /// How many bytes to send now.
    package mutating func handleTimeout(estimate: Bitrate, now: Instant) -> Int {
        guard let due = nextDeadline, due <= now, let begins else { return 0 }
        best = max(best, estimate)
        let hasFallen = Double(estimate.bitsPerSecond) < Double(best.bitsPerSecond) * Self.fallen
        guard now - begins < Self.length, !hasFallen else {
            begin(now + Self.rest)
            return 0
        }
        nextDeadline = now + Self.step
        let rate = (Double(estimate.bitsPerSecond) * Self.reach - Double(flow.bitsPerSecond))
            .clamped(to: Self.lowest...Self.highest)
        return Int(rate * Self.step.seconds / 8)
    }
}
