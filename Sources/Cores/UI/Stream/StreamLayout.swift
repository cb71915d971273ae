import Primitives
import TerminalGraphics

/// Where everything of a `StreamModel` is on the screen.
struct StreamLayout {
    let stage: CellRect
    let status: CellRect
    /// The progress bar; empty where there is none.
    let bar: CellRect
    private(set) var tiles: [CellRect] = []

    init(_ model: StreamModel) {
        let rows = model.size.rows
        let hasBar = model.progress != nil && rows >= 4
        let (stage, footer) = model.size.rect.splitBottom(hasBar ? 2 : rows >= 2 ? 1 : 0)
        self.stage = stage
        let (upper, lower) = footer.splitTop(hasBar ? 1 : 0)
        bar = upper.inset(columns: 1, rows: 0)
        status = lower
        tiles = Self.place(model, in: stage)
    }

    /// The columns that make the pictures largest.
    private static func place(_ model: StreamModel, in stage: CellRect) -> [CellRect] {
        let count = model.tiles.count
        guard count > 0, !stage.isEmpty else { return [] }
        let picture = model.tiles.lazy.compactMap { $0.picture?.size }.first { !$0.isNone }
        let shape = picture.map { Double($0.width) / Double($0.height) } ?? 16.0 / 9
        let aspect = shape / model.profile.cellAspect.clamped(to: 0.1...4)
        var best = (columns: 1, area: -1.0)
        for columns in 1...count {
            let rows = (count + columns - 1) / columns
            let width = Double(stage.columns / columns)
            let height = Double(max(0, stage.rows / rows - (count > 1 ? 1 : 0)))
            let shown = min(width, height * aspect)
            if shown > best.area { best = (columns, shown) }
        }
        let rows = (count + best.columns - 1) / best.columns
        let tile = CellSize(columns: stage.columns / best.columns, rows: stage.rows / rows)
        return (0..<count).map { index in
            let (row, column) = (index / best.columns, index % best.columns)
            let inRow = min(best.columns, count - row * best.columns)
            let indent = (stage.columns - inRow * tile.columns) / 2
            return CellRect(
                row: stage.row + row * tile.rows, column: stage.column + indent + column * tile.columns,
                columns: tile.columns, rows: tile.rows)
        }
    }
}
