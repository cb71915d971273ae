import Media

/// How a terminal that shows pixels wants them.
package struct PixelScreen: Hashable, Sendable {
    /// The names are those of `--render`.
    package enum Format: String, Sendable, CaseIterable {
        /// Bands of six rows with a palette (DEC STD 070).
        case sixel
        /// Kitty's graphics protocol.
        case kitty
        /// PNG files in iTerm2's own sequence.
        case iterm
    }

    /// How pictures reach a kitty.
    package enum Transfer: Hashable, Sendable {
        /// In the stream, compressed.
        case inline
        /// By way of this machine's file system or memory; both need a terminal that runs on it.
        case temporaryFile, sharedMemory
    }

    package var format: Format
    /// Pixels of a cell.
    package var cell: PixelSize
    /// Of a sixel picture, at most.
    package var colours: Int
    package var transfer: Transfer
    /// Whether the user asked for it; else cells are used where the line is too slow for pixels.
    package var isAsked: Bool

    /// The cell where a terminal does not tell.
    package static let usualCell = PixelSize(8, 16)

    package init(
        _ format: Format, cell: PixelSize = usualCell, colours: Int = 256, transfer: Transfer = .inline,
        isAsked: Bool = false
    ) {
        self.format = format
        self.cell = cell
        self.colours = colours
        self.transfer = transfer
        self.isAsked = isAsked
    }
}

/// A part of the screen that is drawn as one picture of pixels.
package struct PixelTile: Sendable {
    package let area: CellRect
    /// Row by row, 0 where something else than a picture is.
    package let cells: [UInt8]
    package let pictures: [PlacedPicture]

    /// Whether the same cells show pictures.
    package func hasShape(of other: PixelTile) -> Bool { area == other.area && cells == other.cells }

    /// Whether it looks the same.
    package func shows(_ other: PixelTile) -> Bool {
        hasShape(of: other) && pictures.count == other.pictures.count
            && zip(pictures, other.pictures).allSatisfy { $0.isSame(as: $1) }
    }
}

extension PlacedPicture {
    fileprivate func isSame(as other: PlacedPicture) -> Bool {
        area == other.area && isMirrored == other.isMirrored && frame.size == other.frame.size
            && frame.bytes == other.frame.bytes
    }
}

extension CellGrid {
    /// All pictures as one tile, with holes where none is. Rows from `endRow` on are left out.
    ///
    /// Sixels are drawn like that: xterm keeps no more than sixteen pictures, and gives up the uppermost ones first.
    package func compositeTile(endRow: Int) -> PixelTile? {
        let areas = pictures.map { $0.area.intersection(CellRect(row: 0, column: 0, columns: .max, rows: endRow)) }
            .filter { !$0.isEmpty }
        guard let area = areas.reduce(nil, { $0?.union($1) ?? $1 }) else { return nil }
        let tile = tile(area, pictures)
        return tile.cells.contains(1) ? tile : nil
    }

    /// Each picture as rectangles of those cells that nothing else was drawn over.
    package func rectangularTiles() -> [PixelTile] {
        pictures.indices.flatMap { number in
            rectangles(of: number).map { area in
                let cells = [UInt8](repeating: 1, count: area.columns * area.rows)
                return PixelTile(area: area, cells: cells, pictures: [pictures[number]])
            }
        }
    }

    private func tile(_ area: CellRect, _ pictures: [PlacedPicture]) -> PixelTile {
        var cells: [UInt8] = []
        cells.reserveCapacity(area.columns * area.rows)
        for row in area.row..<area.endRow {
            for column in area.column..<area.endColumn { cells.append(self[row, column].isPicture ? 1 : 0) }
        }
        return PixelTile(area: area, cells: cells, pictures: pictures)
    }

    /// Runs of cells, those of the same columns in rows that follow each other taken together.
    private func rectangles(of number: Int) -> [CellRect] {
        let area = pictures[number].area
        var open: [CellRect] = []
        var done: [CellRect] = []
        for row in area.row..<area.endRow {
            var next: [CellRect] = []
            for run in runs(of: number, row, area) {
                if let above = open.firstIndex(where: { $0.column == run.column && $0.columns == run.columns }) {
                    var taller = open.remove(at: above)
                    taller.rows += 1
                    next.append(taller)
                } else {
                    next.append(run)
                }
            }
            done += open
            open = next
        }
        return done + open
    }

    private func runs(of number: Int, _ row: Int, _ area: CellRect) -> [CellRect] {
        var found: [CellRect] = []
        var start: Int?
        for column in area.column...area.endColumn {
            let isOurs =
                column < area.endColumn && self[row, column].isPicture && self[row, column].glyph == UInt64(number)
            if isOurs {
                start = start ?? column
            } else if let first = start {
                found.append(CellRect(row: row, column: first, columns: column - first, rows: 1))
                start = nil
            }
        }
        return found
    }
}
