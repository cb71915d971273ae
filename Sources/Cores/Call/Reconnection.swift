import Primitives

/// Plans attempts to reach somebody again: one at once, then with pauses that double, and at once again when the network
/// has changed.
package struct Reconnection: Sendable {
    package struct Attempt: Equatable, Sendable {
        /// From 1.
        package var number: Int
        /// When the next one comes, should this one fail.
        package var next: Instant

        package init(number: Int, next: Instant) {
            self.number = number
            self.next = next
        }
    }

    private static let firstPause = Duration.seconds(2)
    private static let longestPause = Duration.seconds(16)

    private var lostAt: Instant?
    private var attempts = 0
    private var pause = firstPause
    /// The next attempt; nil while nothing is lost.
    package private(set) var nextDeadline: Instant?

    package init() {}

    package var isLost: Bool { lostAt != nil }

    /// It was lost, now. Nil where that was known.
    package mutating func begin(now: Instant) -> Attempt? {
        guard lostAt == nil else { return nil }
        lostAt = now
        attempts = 0
        pause = Self.firstPause
        return attempt(now: now)
    }

    package mutating func handleTimeout(now: Instant) -> Attempt? {
        guard let nextDeadline, nextDeadline <= now else { return nil }
        return attempt(now: now)
    }

    /// Another network may be the way: no pause is waited for.
    package mutating func handleNetworkChange(now: Instant) -> Attempt? {
        guard isLost else { return nil }
        pause = Self.firstPause
        return attempt(now: now)
    }

    /// It is back; how long it was gone, or nil where it was not.
    package mutating func end(now: Instant) -> Duration? {
        defer {
            lostAt = nil
            nextDeadline = nil
        }
        return lostAt.map { now - $0 }
    }

    private mutating func attempt(now: Instant) -> Attempt {
        attempts += 1
        let next = now + pause
        pause = min(Self.longestPause, pause * 2)
        nextDeadline = next
        return Attempt(number: attempts, next: next)
    }
}
