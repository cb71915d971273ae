import Primitives
import TerminalGraphics

/// The chat: what was said, and the line being written.
struct ChatPanel {
    let model: UIModel
    let theme: Theme

    struct Line {
        enum Kind: Equatable {
            case sender(name: String, time: String, isOwn: Bool)
            case text
        }
        var kind: Kind
        var text: String
    }

    /// The rows of all that was said. A sender stands above several lines said within the same minute.
    static func lines(of model: UIModel, columns: Int) -> [Line] {
        var lines: [Line] = []
        var previous: ChatLine?
        for line in model.chat.lines {
            if previous?.name != line.name || previous?.time != line.time || previous?.isOwn != line.isOwn {
                lines.append(Line(kind: .sender(name: line.name, time: line.time, isOwn: line.isOwn), text: ""))
            }
            lines += TextWidth.wrapped(line.text, columns: max(1, columns - 3)).map { Line(kind: .text, text: $0) }
            previous = line
        }
        return lines
    }

    /// All but the title, a blank row and the input line.
    static func visibleRows(in area: CellRect) -> Int { max(0, area.rows - 3) }

    func draw(in area: CellRect, of grid: inout CellGrid) {
        guard !area.isEmpty else { return }
        grid.fill(area, with: Cell(" ", theme.panel))
        let (title, body) = area.splitTop(area.rows >= 4 ? 1 : 0)
        PanelTitle(theme: theme, text: "Chat", hint: "Esc closes").draw(in: title, of: &grid)
        let (log, field) = body.splitBottom(1)
        drawLog(in: log.splitTop(log.rows - 1).top, of: &grid)
        drawField(in: field, of: &grid)
    }

    private func drawLog(in area: CellRect, of grid: inout CellGrid) {
        let lines = Self.lines(of: model, columns: area.columns)
        if lines.isEmpty {
            grid.write(
                "Nothing was said yet.", row: area.row, column: area.column + 1, theme.quiet(on: theme.panel),
                columns: area.columns - 2)
        }
        let end = max(0, lines.count - model.chat.scroll)
        let start = max(0, end - area.rows)
        for (offset, line) in lines[start..<end].enumerated() {
            draw(line, row: area.row + offset, in: area, of: &grid)
        }
    }

    private func draw(_ line: Line, row: Int, in area: CellRect, of grid: inout CellGrid) {
        switch line.kind {
        case .text:
            grid.write(line.text, row: row, column: area.column + 2, theme.panel, columns: area.columns - 3)
        case .sender(let name, let time, let isOwn):
            let shown = TextWidth.truncated(isOwn ? "you" : name, columns: max(0, area.columns - 3 - time.count))
            let used = grid.write(shown, row: row, column: area.column + 1, theme.person(name, on: theme.panel))
            grid.write(time, row: row, column: area.column + 2 + used, theme.quiet(on: theme.panel))
        }
    }

    private func drawField(in area: CellRect, of grid: inout CellGrid) {
        grid.fill(area, with: Cell(" ", theme.field))
        grid.write("›", row: area.row, column: area.column + 1, theme.accent(on: theme.field))
        let room = area.columns - 4
        let (text, cursor) = model.draft.window(columns: room)
        if model.draft.text.isEmpty {
            grid.write(
                "write a message", row: area.row, column: area.column + 3, theme.quiet(on: theme.field), columns: room)
        } else {
            grid.write(text, row: area.row, column: area.column + 3, theme.field, columns: room)
        }
        grid.cursor = CellPosition(row: area.row, column: area.column + 3 + cursor)
    }
}

/// The first line of a panel.
struct PanelTitle {
    let theme: Theme
    let text: String
    let hint: String

    func draw(in area: CellRect, of grid: inout CellGrid) {
        guard !area.isEmpty else { return }
        grid.fill(area, with: Cell(" ", theme.panelTitle))
        let used = grid.write(text, row: area.row, column: area.column + 1, theme.panelTitle, columns: area.columns - 1)
        let width = TextWidth.of(hint)
        guard used + width + 4 <= area.columns else { return }
        grid.write(hint, row: area.row, column: area.endColumn - width - 1, theme.quiet(on: theme.panelTitle))
    }
}
