import Media

/// What the terminal can do, as far as drawing depends on it.
package struct TerminalProfile: Hashable, Sendable {
    package var colours: ColourMode
    /// Whether it shows UTF-8; without it everything is drawn in ASCII.
    package var isUnicode: Bool
    package var hasSynchronisedOutput: Bool
    /// Whether it repeats the character before (REP).
    package var hasRepeat: Bool
    /// What pictures are drawn with.
    package var glyphs: GlyphSet
    /// Where pictures are drawn with pixels instead.
    package var pixels: PixelScreen?
    /// Whether it tells when a key is let go (kitty's keyboard protocol).
    package var reportsKeyReleases: Bool
    /// Width of a cell divided by its height, in pixels.
    package var cellAspect: Double

    package init(
        colours: ColourMode = .truecolor, isUnicode: Bool = true, hasSynchronisedOutput: Bool = false,
        hasRepeat: Bool = false, glyphs: GlyphSet = .half, pixels: PixelScreen? = nil,
        reportsKeyReleases: Bool = false, cellAspect: Double = 0.5
    ) {
        self.colours = colours
        self.isUnicode = isUnicode
        self.hasSynchronisedOutput = hasSynchronisedOutput
        self.hasRepeat = hasRepeat
        self.glyphs = glyphs
        self.pixels = pixels
        self.reportsKeyReleases = reportsKeyReleases
        self.cellAspect = cellAspect
    }

    /// Whether cells of pictures may show a colour mixed of two of a palette, by shading characters.
    package var mixesColours: Bool {
        (colours == .palette256 || colours == .palette16) && isUnicode && glyphs.hasPatterns && glyphs != .space
    }

    /// How many pixels of a picture an area of cells shows: what to ask a sender for.
    package func pixelSize(of area: CellSize) -> PixelSize {
        guard let pixels else { return glyphs.pixelSize(of: area) }
        guard area.columns > 0, area.rows > 0 else { return .none }
        return PixelSize(
            min(area.columns * pixels.cell.width, Self.mostPixels.width),
            min(area.rows * pixels.cell.height, Self.mostPixels.height))
    }

    /// More than this a call does not carry.
    private static let mostPixels = PixelSize(1_280, 720)
}
