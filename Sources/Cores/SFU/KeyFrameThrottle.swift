import Primitives

/// Merges the key-frame requests of all subscribers of a stream: the first goes out at once, others soon after each other
/// become one, and one that is not answered is repeated.
package struct KeyFrameThrottle: Sendable {
    /// Encoders take about this long to answer; a request in that time is most likely answered by the same frame.
    package static let pause = Duration.milliseconds(250)
    private static let patience = Duration.milliseconds(1_000)
    private static let maxRepeats = 5

    private var lastSent: Instant?
    /// When to send the next request.
    package private(set) var nextDeadline: Instant?
    private var repeats = 0
    package private(set) var sent = 0

    package init() {}

    /// Whether to send a request now.
    package mutating func request(now: Instant) -> Bool {
        guard let lastSent, now - lastSent < Self.pause else {
            repeats = 0
            return send(now)
        }
        let due = lastSent + Self.pause
        nextDeadline = min(nextDeadline ?? due, due)
        return false
    }

    /// Whether to send a request now that the deadline is over.
    package mutating func handleTimeout(now: Instant) -> Bool {
        guard let due = nextDeadline, due <= now else { return false }
        guard repeats < Self.maxRepeats else {
            nextDeadline = nil
            return false
        }
        repeats += 1
        return send(now)
    }

    private mutating func send(_ now: Instant) -> Bool {
        lastSent = now
        sent += 1
        nextDeadline = now + Self.patience * Int64(1 << min(repeats, 3))
        return true
    }

    /// A key frame begins: everybody who asked so far gets it.
    package mutating func keyFrameArrived() { nextDeadline = nil }
}
