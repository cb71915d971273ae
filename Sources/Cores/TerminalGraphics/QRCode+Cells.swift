extension QRCode {
    /// Light modules around the code, as ISO/IEC 18004 asks; terminals are read from near, where two are enough.
    private static let quietZone = 2

    /// The cells that `draw` fills: two modules a cell, one above the other.
    package var cellSize: CellSize {
        let modules = side + 2 * Self.quietZone
        return CellSize(columns: modules, rows: (modules + 1) / 2)
    }

    /// Draws the code at the top left of `area`, black on white whatever the terminal's colours. False, and nothing
    /// drawn, where it does not fit.
    @discardableResult
    package func draw(in area: CellRect, of grid: inout CellGrid) -> Bool {
        guard area.columns >= cellSize.columns, area.rows >= cellSize.rows else { return false }
        let style = Style(Colour(0x000000), on: Colour(0xffffff))
        for row in 0..<cellSize.rows {
            for column in 0..<cellSize.columns {
                let (y, x) = (row * 2 - Self.quietZone, column - Self.quietZone)
                let glyph: Unicode.Scalar =
                    switch (self[y, x], self[y + 1, x]) {
                    case (true, true): "█"
                    case (true, false): "▀"
                    case (false, true): "▄"
                    case (false, false): " "
                    }
                grid[area.row + row, area.column + column] = Cell(glyph, style)
            }
        }
        return true
    }
}
