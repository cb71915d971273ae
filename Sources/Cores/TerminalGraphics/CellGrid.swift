import Primitives

/// A screenful of cells. Everything drawn outside its edges is cut off.
package struct CellGrid: Sendable {
    package let size: CellSize
    /// Row by row.
    var cells: [Cell]
    /// Where the text cursor is shown; nil hides it.
    package var cursor: CellPosition?
    /// What the cells made by `Cell.picture` show.
    package internal(set) var pictures: [PlacedPicture] = []

    package init(_ size: CellSize, filledWith cell: Cell = .blank) {
        self.size = CellSize(columns: max(0, size.columns), rows: max(0, size.rows))
        cells = Array(repeating: cell, count: self.size.columns * self.size.rows)
    }

    package var rect: CellRect { size.rect }

    /// The cell there; blank outside the grid, where writing does nothing.
    package subscript(row: Int, column: Int) -> Cell {
        get { isInside(row, column) ? cells[row * size.columns + column] : .blank }
        set {
            guard isInside(row, column) else { return }
            cells[row * size.columns + column] = newValue
        }
    }

    private func isInside(_ row: Int, _ column: Int) -> Bool {
        0..<size.rows ~= row && 0..<size.columns ~= column
    }

    package mutating func fill(_ area: CellRect, with cell: Cell) {
        let area = area.intersection(rect)
        guard !area.isEmpty else { return }
        for row in area.row..<area.endRow {
            let start = row * size.columns + area.column
            for index in start..<start + area.columns { cells[index] = cell }
        }
    }

    /// Gives the cells of `area` another background or foreground and keeps their text.
    package mutating func restyle(_ area: CellRect, _ change: (Style) -> Style) {
        let area = area.intersection(rect)
        guard !area.isEmpty else { return }
        for row in area.row..<area.endRow {
            for index in row * size.columns + area.column..<row * size.columns + area.endColumn {
                cells[index].style = change(cells[index].style)
            }
        }
    }

    /// Writes text on one row, cut off after `columns` and at the edges, with control characters made visible.
    /// Gives the number of columns used.
    @discardableResult
    package mutating func write(
        _ text: String, row: Int, column: Int, _ style: Style = .plain, columns: Int = .max
    ) -> Int {
        guard 0..<size.rows ~= row else { return 0 }
        let end = min(size.columns, columns < size.columns - column ? column + max(0, columns) : size.columns)
        var at = column
        for character in text.controlCharactersVisible {
            let cluster = GlyphCluster(character)
            guard cluster.width > 0 else { continue }
            guard at + cluster.width <= end else { break }
            if at >= 0 { put(cluster, at: row * size.columns + at, style) }
            at += cluster.width
        }
        return at - column
    }

    private mutating func put(_ cluster: GlyphCluster, at index: Int, _ style: Style) {
        cells[index] = Cell(cluster, style)
        if cluster.width == 2 { cells[index + 1] = .continuation(style) }
    }

    /// The text of a row without trailing blanks; for tests and screenshots.
    package func text(row: Int) -> String {
        guard 0..<size.rows ~= row else { return "" }
        var line = ""
        for column in 0..<size.columns where !self[row, column].isContinuation { line += self[row, column].text }
        while line.last == " " { line.removeLast() }
        return line
    }
}
