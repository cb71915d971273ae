import Primitives

/// Notices that somebody else fills the queue, as TCP does until packets are lost.
///
/// A queue of our own making is empty soon after we send less. One that stays although we have given way several times is
/// not ours: whoever goes on giving way gets nothing. For some seconds delay then does not count, and losses do. After
/// that it is tried again, for the other flow may have ended.
struct ContentionDetector: Sendable {
    private static let decreases = 3
    private static let window = Duration.seconds(4)
    /// Milliseconds that the queue never falls below while others fill it.
    private static let least = 12.0
    /// With more than this the call is no call any more: delay counts again.
    private static let most = 250.0
    private static let span = Duration.seconds(10)

    private var recent: [Instant] = []
    private var until: Instant?
    /// The rate when delay began to count again, to go back to where nothing has changed.
    private var rateBefore: Double?

    var isContended: Bool { until != nil }

    /// The queue may well be ours.
    mutating func end() { self = ContentionDetector() }

    /// `lowered` tells whether delay has just lowered the rate, which is `rate` now. The rate to go back to, where
    /// contention was found to go on.
    mutating func update(queue: QueueDelay, lowered: Bool, rate: Double, now: Instant) -> Double? {
        if let until {
            guard now >= until || queue.current > Self.most else { return nil }
            self.until = nil
            rateBefore = rate
            recent.removeAll(keepingCapacity: true)
            return nil
        }
        guard lowered else { return nil }
        recent.removeAll { now - $0 > Self.window }
        recent.append(now)
        guard recent.count >= Self.decreases, queue.floor > Self.least, queue.current < Self.most else { return nil }
        until = now + Self.span
        recent.removeAll(keepingCapacity: true)
        defer { rateBefore = nil }
        return rateBefore
    }
}
