import Primitives

/// The highest layer of a simulcast that anybody wants, so that its publisher need not encode more. A wish for more counts
/// at once, one for less after a while: whoever looks away for a moment costs no key frame.
///
/// The lowest layer is always wanted. It costs little, and whoever comes next gets a picture without waiting for the
/// publisher's encoder to start.
package struct LayerDemand: Sendable {
    private static let patience = Duration.seconds(5)

    /// What the publisher sends, as far as it was told.
    package private(set) var highest: Int
    private var wanted: Int
    package private(set) var nextDeadline: Instant?

    /// `highest` is the best layer there is: a publisher that was told nothing sends it.
    package init(highest: Int) {
        self.highest = highest
        wanted = highest
    }

    /// Takes note of what is wanted now; nil is nothing. True where `highest` has changed.
    package mutating func update(_ layer: Int?, now: Instant) -> Bool {
        wanted = layer ?? 0
        guard wanted < highest else {
            nextDeadline = nil
            defer { highest = wanted }
            return wanted > highest
        }
        if nextDeadline == nil { nextDeadline = now + Self.patience }
        return false
    }

    /// True where `highest` has changed.
    package mutating func handleTimeout(now: Instant) -> Bool {
        guard let due = nextDeadline, due <= now else { return false }
        nextDeadline = nil
        highest = wanted
        return true
    }
}
