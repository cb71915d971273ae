import TerminalGraphics

/// A screen as a file: what it shows, drawn as well as can be.
package struct ScreenSnapshot {
    /// Text with escape sequences; shown by `cat` on a terminal of the screen's size.
    package let ansi: [UInt8]
    /// A picture of 8 x 16 pixels a cell.
    package var png: [UInt8] { ScreenImage(shown).png }

    private let shown: CellGrid

    /// `profile` says in which glyphs and colours pictures are drawn.
    package init(_ grid: CellGrid, profile: TerminalProfile) {
        var profile = profile
        profile.hasSynchronisedOutput = false
        profile.pixels = nil
        let painter = ScreenPainter(profile: profile)
        painter.economy = 0
        painter.show(grid)
        var bytes: [UInt8] = []
        _ = painter.write(into: &bytes)
        ansi = bytes + EscapeSequences.resetStyle + Array("\r\n".utf8)
        shown = painter.shown
    }
}
