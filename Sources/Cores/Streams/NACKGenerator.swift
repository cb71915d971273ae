import Primitives

/// Chooses which missing packets to ask for again, and when (RFC 4585 §6.2.1).
///
/// A packet counts as missing when a later one has come, but is first asked for after the reordering tolerance: a path
/// that swaps neighbours must not cause retransmissions. It is asked for again once per round trip, later more and more
/// rarely, until it comes, is no longer needed, or is given up: where a queue has grown, answers that are under way wait
/// in it too, and asking for them again would make it longer.
package struct NACKGenerator: Sendable {
    package struct Configuration: Sendable {
        var reorderingTolerance = Duration.milliseconds(10)
        var maxAttempts = 10
        /// After this a packet is given up however few the attempts were; sooner where answers come quickly.
        var maxAge = Duration.milliseconds(3_000)
        /// What has not come after so many answer times comes no more.
        var answerTimes = 12
        var minAge = Duration.milliseconds(500)
        /// More missing packets than this are an outage, not a loss: a key frame serves better.
        var maxGaps = 400
        /// The round trip until one was measured.
        var defaultRoundTrip = Duration.milliseconds(100)

        package init() {}
    }

    private struct Gap {
        let sequence: Int64
        let since: Instant
        var due: Instant
        var attempts = 0
        var firstAsked: Instant?
    }

    private let configuration: Configuration
    private var highest: Int64?
    /// By rising sequence number.
    private var gaps: [Gap] = []
    /// How long an answer takes, as seen: the round trip and what the other side's pacing adds.
    private(set) var answerTime: Duration?
    /// How many packets were given up.
    private(set) var abandoned = 0

    package init(configuration: Configuration = .init()) {
        self.configuration = configuration
    }

    /// The next time `handleTimeout` has something to say.
    package var nextDeadline: Instant? {
        gaps.lazy.map { $0.due }.min()
    }

    package mutating func receive(_ sequence: Int64, now: Instant) {
        guard let highest else {
            self.highest = sequence
            return
        }
        guard sequence > highest else {
            remove(sequence, now: now)
            return
        }
        self.highest = sequence
        guard sequence - highest - 1 <= configuration.maxGaps else {
            abandoned += gaps.count
            gaps.removeAll(keepingCapacity: true)
            return
        }
        for missing in highest + 1..<sequence {
            gaps.append(Gap(sequence: missing, since: now, due: now + configuration.reorderingTolerance))
        }
        if gaps.count > configuration.maxGaps {
            abandoned += gaps.count - configuration.maxGaps
            gaps.removeFirst(gaps.count - configuration.maxGaps)
        }
    }

    /// The packets to ask for now, in order.
    package mutating func handleTimeout(now: Instant, roundTrip: Duration? = nil) -> [Int64] {
        guard let next = nextDeadline, next <= now else { return [] }
        let expected = max(
            answerTime ?? .zero, roundTrip ?? (answerTime == nil ? configuration.defaultRoundTrip : .zero))
        let oldest = (expected * configuration.answerTimes).clamped(to: configuration.minAge...configuration.maxAge)
        let before = gaps.count
        gaps.removeAll { gap in
            gap.due <= now && (gap.attempts >= configuration.maxAttempts || now - gap.since >= oldest)
        }
        abandoned += before - gaps.count
        // A little more than an answer takes, so that one under way is not asked for twice.
        let pause = max(.milliseconds(20), expected * 5 / 4 + .milliseconds(5))
        var asked: [Int64] = []
        for i in gaps.indices where gaps[i].due <= now {
            gaps[i].attempts += 1
            if gaps[i].firstAsked == nil { gaps[i].firstAsked = now }
            gaps[i].due = now + pause * (1 << max(0, gaps[i].attempts - 3))
            asked.append(gaps[i].sequence)
        }
        return asked
    }

    /// Packets before `sequence` are no longer needed.
    mutating func discard(before sequence: Int64) {
        guard let first = gaps.first, first.sequence < sequence else { return }
        gaps.removeAll { $0.sequence < sequence }
    }

    private mutating func remove(_ sequence: Int64, now: Instant) {
        var low = 0
        var high = gaps.count
        while low < high {
            let middle = (low + high) / 2
            if gaps[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        guard low < gaps.count, gaps[low].sequence == sequence else { return }
        let gap = gaps.remove(at: low)
        // The answer to the second request may be one to the first: taken so, it is measured too long rather than too
        // short, and the next ones correct it.
        guard let asked = gap.firstAsked, gap.attempts <= 2 else { return }
        answerTime = answerTime.map { ($0 * 7 + (now - asked)) / 8 } ?? now - asked
    }
}
