import Primitives

/// A place on the screen, counted from zero at the top left.
package struct CellPosition: Hashable, Sendable {
    package var row: Int
    package var column: Int

    package init(row: Int, column: Int) {
        self.row = row
        self.column = column
    }
}

package struct CellSize: Hashable, Sendable, CustomStringConvertible {
    package var columns: Int
    package var rows: Int

    package init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    package var description: String { "\(columns)x\(rows)" }
    package var rect: CellRect { CellRect(row: 0, column: 0, columns: columns, rows: rows) }
}

/// A rectangle of cells; empty ones have no column or no row.
package struct CellRect: Hashable, Sendable {
    package var row: Int
    package var column: Int
    package var columns: Int
    package var rows: Int

    package init(row: Int, column: Int, columns: Int, rows: Int) {
        self.row = row
        self.column = column
        self.columns = max(0, columns)
        self.rows = max(0, rows)
    }

    package static let empty = CellRect(row: 0, column: 0, columns: 0, rows: 0)

    package var isEmpty: Bool { columns == 0 || rows == 0 }
    package var endRow: Int { row + rows }
    package var endColumn: Int { column + columns }
    package var size: CellSize { CellSize(columns: columns, rows: rows) }

    package func contains(_ position: CellPosition) -> Bool {
        row..<endRow ~= position.row && column..<endColumn ~= position.column
    }

    package func intersection(_ other: CellRect) -> CellRect {
        let top = max(row, other.row)
        let left = max(column, other.column)
        return CellRect(
            row: top, column: left, columns: min(endColumn, other.endColumn) - left,
            rows: min(endRow, other.endRow) - top)
    }

    /// The least rectangle that has both.
    package func union(_ other: CellRect) -> CellRect {
        let top = min(row, other.row)
        let left = min(column, other.column)
        return CellRect(
            row: top, column: left, columns: max(endColumn, other.endColumn) - left,
            rows: max(endRow, other.endRow) - top)
    }

    package func inset(columns dx: Int, rows dy: Int) -> CellRect {
        CellRect(row: row + dy, column: column + dx, columns: columns - 2 * dx, rows: rows - 2 * dy)
    }

    /// A rectangle of this size in the middle of this one, cut where it is larger.
    package func centred(columns width: Int, rows height: Int) -> CellRect {
        let width = min(width, columns)
        let height = min(height, rows)
        return CellRect(
            row: row + (rows - height) / 2, column: column + (columns - width) / 2, columns: width, rows: height)
    }

    /// The first `count` rows, and what is left below.
    package func splitTop(_ count: Int) -> (top: CellRect, rest: CellRect) {
        let count = count.clamped(to: 0...rows)
        return (
            CellRect(row: row, column: column, columns: columns, rows: count),
            CellRect(row: row + count, column: column, columns: columns, rows: rows - count)
        )
    }

    /// What is left above, and the last `count` rows.
    package func splitBottom(_ count: Int) -> (rest: CellRect, bottom: CellRect) {
        let (rest, bottom) = splitTop(rows - count.clamped(to: 0...rows))
        return (rest, bottom)
    }

    /// What is left, and the last `count` columns.
    package func splitRight(_ count: Int) -> (rest: CellRect, right: CellRect) {
        let count = count.clamped(to: 0...columns)
        return (
            CellRect(row: row, column: column, columns: columns - count, rows: rows),
            CellRect(row: row, column: column + columns - count, columns: count, rows: rows)
        )
    }
}
