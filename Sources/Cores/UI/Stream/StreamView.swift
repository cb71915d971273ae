import Media
import Primitives
import TerminalGraphics

/// Draws a `StreamModel` as cells.
package struct StreamView: Sendable {
    package init() {}

    package func draw(_ model: StreamModel) -> CellGrid {
        let theme = Theme(model.profile)
        let layout = StreamLayout(model)
        var grid = CellGrid(model.size)
        for (tile, area) in zip(model.tiles, layout.tiles) {
            draw(tile, in: area, hasName: model.tiles.count > 1, theme, model, &grid)
        }
        if model.tiles.isEmpty { centre(model.waiting, in: layout.stage, theme.quiet(on: .plain), &grid) }
        if let progress = model.progress { draw(progress, in: layout.bar, theme, &grid) }
        drawStatus(of: model, in: layout.status, theme, &grid)
        if model.showsHelp { drawHelp(of: model, theme, &grid) }
        return grid
    }

    private func draw(
        _ tile: StreamModel.Tile, in area: CellRect, hasName: Bool, _ theme: Theme, _ model: StreamModel,
        _ grid: inout CellGrid
    ) {
        let (room, strip) = area.splitBottom(hasName && area.rows >= 3 ? 1 : 0)
        if let picture = tile.picture {
            grid.place(picture, in: room, cellAspect: model.profile.cellAspect, isMirrored: tile.isOwn)
        } else {
            centre(model.waiting, in: room, theme.quiet(on: .plain), &grid)
        }
        centre(
            TextWidth.truncated(tile.name, columns: max(0, strip.columns - 2)), in: strip, theme.strong(on: .plain),
            &grid)
    }

    private func centre(_ text: String, in area: CellRect, _ style: Style, _ grid: inout CellGrid) {
        guard !text.isEmpty else { return }
        let line = area.centred(columns: TextWidth.of(text), rows: 1)
        grid.write(text, row: line.row, column: line.column, style, columns: line.columns)
    }

    // MARK: Below the pictures

    private func draw(_ progress: StreamModel.Progress, in bar: CellRect, _ theme: Theme, _ grid: inout CellGrid) {
        guard !bar.isEmpty, progress.duration > .zero else { return }
        let share = (progress.position / progress.duration).clamped(to: 0...1)
        let filled = Int((share * Double(bar.columns)).rounded())
        for column in 0..<bar.columns {
            let isFilled = column < filled
            let style = isFilled ? theme.accent(on: .plain) : theme.quiet(on: .plain)
            grid[bar.row, bar.column + column] = Cell(isFilled ? "━" : "─", style)
        }
    }

    private func drawStatus(of model: StreamModel, in area: CellRect, _ theme: Theme, _ grid: inout CellGrid) {
        guard !area.isEmpty else { return }
        grid.fill(area, with: Cell(" ", theme.bar))
        let row = area.row
        var column = area.column + 1
        var end = area.endColumn - 1
        if area.columns >= 30, !model.keys.isEmpty {
            end -= 7
            grid.write("? help", row: row, column: end + 1, theme.accent(on: theme.bar))
        }
        if let level = model.level, area.columns >= 50 {
            end -= 9
            theme.drawMeter(level, row: row, column: end + 1, columns: 8, on: theme.bar, in: &grid)
        }
        if !model.mark.isEmpty, column + TextWidth.of(model.mark) + 2 < end {
            column += grid.write(" \(model.mark) ", row: row, column: column, theme.pill) + 1
        }
        if let progress = model.progress {
            let text = "\(Self.clock(progress.position)) / \(Self.clock(progress.duration))"
            column += grid.write(text, row: row, column: column, theme.strong(on: theme.bar), columns: end - column) + 1
        }
        let words = model.notice.isEmpty ? [model.title] + model.status : [model.notice]
        for (index, word) in words.enumerated() where column < end {
            let text = TextWidth.truncated(index == 0 ? word : "· \(word)", columns: end - column)
            let style = index == 0 ? theme.strong(on: theme.bar) : theme.quiet(on: theme.bar)
            column += grid.write(text, row: row, column: column, style) + 1
        }
    }

    private func drawHelp(of model: StreamModel, _ theme: Theme, _ grid: inout CellGrid) {
        let keyColumns = model.keys.map { TextWidth.of($0.keys) }.max() ?? 0
        let width = keyColumns + 2 + (model.keys.map { TextWidth.of($0.meaning) }.max() ?? 0)
        let content = DialogBox(theme: theme, title: "Keys").draw(
            content: CellSize(columns: width, rows: model.keys.count), into: &grid)
        for (index, key) in model.keys.prefix(content.rows).enumerated() {
            let row = content.row + index
            grid.write(
                key.keys, row: row, column: content.column, theme.accent(on: theme.dialog), columns: content.columns)
            grid.write(
                key.meaning, row: row, column: content.column + keyColumns + 2, theme.dialog,
                columns: content.columns - keyColumns - 2)
        }
    }

    /// `4:05`, `1:02:03`.
    static func clock(_ time: Duration) -> String {
        let seconds = max(0, time.nanoseconds / 1_000_000_000)
        func pad(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let (hours, minutes) = (seconds / 3_600, seconds / 60 % 60)
        return hours > 0 ? "\(hours):\(pad(minutes)):\(pad(seconds % 60))" : "\(minutes):\(pad(seconds % 60))"
    }
}
