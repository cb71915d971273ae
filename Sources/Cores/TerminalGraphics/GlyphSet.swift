import Media

/// What a picture is drawn with; the names are those of `--render`.
package enum GlyphSet: String, Sendable, CaseIterable {
    /// Two pixels a cell, one above the other: ▀.
    case half
    /// Four: ▚ and the like.
    case quadrant
    /// Six, of Unicode 13.
    case sextant
    /// Eight, of Unicode 16.
    case octant
    /// Sextants or octants, whichever comes nearer in each cell.
    case best
    /// Eight dots.
    case braille
    /// Printable ASCII by coverage and shape.
    case ascii
    /// Nothing but backgrounds.
    case space

    /// How a cell is divided to fit patterns to it: samples across, and down in each of one or two grids.
    package var grids: (across: Int, down: [Int]) {
        switch self {
        case .half: (1, [2])
        case .quadrant: (2, [2])
        case .sextant: (2, [3])
        case .octant, .braille, .ascii: (2, [4])
        case .best: (2, [3, 4])
        case .space: (1, [1])
        }
    }

    /// Whether cells have patterns of two colours; else they have characters chosen by brightness.
    package var hasPatterns: Bool { self != .ascii }

    /// How many pixels of a picture an area of cells shows: what to ask a sender for.
    package func pixelSize(of area: CellSize) -> PixelSize {
        guard area.columns > 0, area.rows > 0 else { return .none }
        let (across, down) = grids
        return PixelSize(area.columns * across, area.rows * (down.last ?? 1))
    }
}
