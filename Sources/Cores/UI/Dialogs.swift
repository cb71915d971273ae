import Primitives
import TerminalGraphics

/// A box with rounded corners in the middle of the screen.
struct DialogBox {
    let theme: Theme
    let title: String

    /// Draws it around a content of this size and gives the content's area, cut where the screen is too small.
    func draw(content: CellSize, into grid: inout CellGrid) -> CellRect {
        let box = grid.rect.centred(columns: content.columns + 4, rows: content.rows + 2)
        grid.fill(box, with: Cell(" ", theme.dialog))
        guard box.columns >= 6, box.rows >= 3 else { return box }
        let border = theme.dialogBorder
        for column in box.column + 1..<box.endColumn - 1 {
            grid[box.row, column] = Cell("─", border)
            grid[box.endRow - 1, column] = Cell("─", border)
        }
        for row in box.row + 1..<box.endRow - 1 {
            grid[row, box.column] = Cell("│", border)
            grid[row, box.endColumn - 1] = Cell("│", border)
        }
        grid[box.row, box.column] = Cell("╭", border)
        grid[box.row, box.endColumn - 1] = Cell("╮", border)
        grid[box.endRow - 1, box.column] = Cell("╰", border)
        grid[box.endRow - 1, box.endColumn - 1] = Cell("╯", border)
        grid.write(
            " \(title) ", row: box.row, column: box.column + 2, theme.strong(on: theme.dialog), columns: box.columns - 4
        )
        return box.inset(columns: 2, rows: 1)
    }
}

/// What every key does.
struct HelpDialog {
    let model: UIModel
    let theme: Theme

    private static let actions: [UIAction] = [
        .mute, .camera, .talk, .chat, .people, .invite, .layout, .focus1, .next, .statistics, .record, .volumeUp,
        .volumeDown,
        .help, .leave,
    ]

    func draw(into grid: inout CellGrid) {
        let rows =
            Self.actions.map { (keys(of: $0), $0.explanation) }
            + [("escape", "close what is open"), ("mouse", "click a tile, a name, the link")]
        let keyColumns = rows.map { TextWidth.of($0.0) }.max() ?? 0
        let width = keyColumns + 2 + (rows.map { $0.1.count }.max() ?? 0)
        let content = DialogBox(theme: theme, title: "Keys").draw(
            content: CellSize(columns: width, rows: rows.count), into: &grid)
        for (index, (keys, explanation)) in rows.prefix(content.rows).enumerated() {
            let row = content.row + index
            grid.write(keys, row: row, column: content.column, theme.accent(on: theme.dialog), columns: content.columns)
            grid.write(
                explanation, row: row, column: content.column + keyColumns + 2, theme.dialog,
                columns: content.columns - keyColumns - 2)
        }
    }

    private func keys(of action: UIAction) -> String {
        action == .focus1 ? "1…9" : model.keys.names(of: action).prefix(2).joined(separator: " ")
    }
}

/// How others get here: the links as text, and the first one as a QR code.
struct InvitationDialog {
    let model: UIModel
    let theme: Theme

    func draw(into grid: inout CellGrid) {
        let room = grid.size
        guard !model.invitation.isEmpty else { return drawNothing(into: &grid) }
        let code = QRCode(model.invitation)
        let width = max(min(room.columns - 4, 64), min(room.columns - 4, code?.cellSize.columns ?? 0))
        let links = model.invitations.flatMap { Self.broken($0, columns: width) }
        var text: [(String, Style)] = links.map { ($0, theme.link(on: theme.dialog)) }
        let rowsLeft = room.rows - 2 - links.count - 1
        let fits = code.map { $0.cellSize.rows <= rowsLeft && $0.cellSize.columns <= room.columns - 4 } ?? false
        text.append(("copied to the clipboard, where the terminal allows it", theme.quiet(on: theme.dialog)))
        if !fits, let code { text.append((Self.tooSmall(code, links: links.count), theme.quiet(on: theme.dialog))) }
        let codeRows = fits ? code?.cellSize.rows ?? 0 : 0
        let content = DialogBox(theme: theme, title: "Invitation").draw(
            content: CellSize(columns: width, rows: text.count + codeRows), into: &grid)
        for (index, line) in text.prefix(content.rows).enumerated() {
            grid.write(line.0, row: content.row + index, column: content.column, line.1, columns: content.columns)
        }
        guard fits, let code else { return }
        let area = content.splitTop(text.count).rest
        code.draw(in: area.centred(columns: code.cellSize.columns, rows: area.rows), of: &grid)
    }

    private func drawNothing(into grid: inout CellGrid) {
        let text = "There is no link to this call yet."
        let content = DialogBox(theme: theme, title: "Invitation").draw(
            content: CellSize(columns: text.count, rows: 1), into: &grid)
        grid.write(text, row: content.row, column: content.column, theme.dialog, columns: content.columns)
    }

    private static func tooSmall(_ code: QRCode, links: Int) -> String {
        "a QR code needs \(code.cellSize.columns + 4)x\(code.cellSize.rows + links + 3) cells"
    }

    /// A link in pieces of a line each: it has no spaces to break at.
    private static func broken(_ link: String, columns: Int) -> [String] {
        guard columns > 0 else { return [] }
        var rest = link.controlCharactersVisible[...]
        var lines: [String] = []
        while !rest.isEmpty {
            let line = TextWidth.prefix(String(rest), columns: columns)
            guard !line.isEmpty else { break }
            lines.append(line)
            rest = rest.dropFirst(line.count)
        }
        return lines
    }
}

/// Asks a host before everybody is sent home.
struct LeavingDialog {
    let model: UIModel
    let theme: Theme

    func draw(into grid: inout CellGrid) {
        let question = "You are the host: leaving ends the call for all."
        let content = DialogBox(theme: theme, title: "Leave").draw(
            content: CellSize(columns: question.count, rows: 3), into: &grid)
        let lines = TextWidth.wrapped(question, columns: content.columns)
        for (index, line) in lines.prefix(max(0, content.rows - 1)).enumerated() {
            grid.write(line, row: content.row + index, column: content.column, theme.dialog, columns: content.columns)
        }
        let answers: [(String, String)] = [("y", "end the call"), ("n", "stay")]
        var column = content.column
        for (key, name) in answers where content.rows > 0 {
            column += grid.write(key, row: content.endRow - 1, column: column, theme.accent(on: theme.dialog)) + 1
            let room = max(0, content.endColumn - column)
            column += grid.write(name, row: content.endRow - 1, column: column, theme.dialog, columns: room) + 3
        }
    }
}
