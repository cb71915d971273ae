import Primitives

/// Whether pictures are drawn with pixels or with cells, where that is left to us: on a line that leaves them coarse cells
/// are better, because of these only what changes is written.
package struct PixelChoice: Sendable {
    /// With less than this of the full width and height, pixels are coarse.
    private static let fine = 0.5
    /// How long that may last.
    private static let patience = Duration.seconds(2)
    /// How long cells are used before pixels are tried again; each time twice as long.
    private static let firstPause = Duration.seconds(30)
    private static let longestPause = Duration.seconds(960)

    package private(set) var usesPixels = true
    private var coarseSince: Instant?
    private var cellsUntil = Instant.zero
    private var pause = Self.firstPause

    package init() {}

    /// A frame was written; `share` is how fine its pixels were, nil where it had none.
    package mutating func note(share: Double?, now: Instant) {
        guard usesPixels else {
            usesPixels = now >= cellsUntil
            return
        }
        guard let share, share < Self.fine else {
            coarseSince = nil
            return
        }
        let since = coarseSince ?? now
        coarseSince = since
        guard now - since >= Self.patience else { return }
        usesPixels = false
        coarseSince = nil
        cellsUntil = now + pause
        pause = min(pause + pause, Self.longestPause)
    }
}
