import Primitives
import TerminalGraphics

/// The status line, and below it, where there is room, the invitation and the keys.
struct Footer {
    let model: UIModel
    let theme: Theme
    /// How many people there was no room for.
    let hidden: Int

    private typealias Piece = (text: String, style: Style)

    func draw(in area: CellRect, of grid: inout CellGrid) {
        guard !area.isEmpty else { return }
        grid.fill(area, with: Cell(" ", theme.bar))
        if area.rows >= 2 {
            drawStatus(row: area.row, in: area, of: &grid)
            drawInvitation(row: area.row + 1, in: area, of: &grid)
        } else {
            drawShort(in: area, of: &grid)
        }
    }

    /// What a click there does.
    static func action(at position: CellPosition, of model: UIModel, in area: CellRect) -> UIAction? {
        guard area.contains(position) else { return nil }
        if position.column >= area.endColumn - helpText(of: model).count - 2, position.row == area.row { return .help }
        return position.row == area.endRow - 1 ? .invite : nil
    }

    // MARK: Status

    private func drawStatus(row: Int, in area: CellRect, of grid: inout CellGrid) {
        let help = Self.helpText(of: model)
        let end = area.endColumn - help.count - 2
        if area.columns > help.count + 8 {
            grid.write(help, row: row, column: end + 1, theme.accent(on: theme.bar))
        }
        var column = area.column + 1
        for piece in statusPieces {
            let text = TextWidth.truncated(piece.text, columns: max(0, end - column))
            guard !text.isEmpty, text != "…" else { break }
            column += grid.write(text, row: row, column: column, piece.style) + 1
        }
    }

    /// Most important first: what does not fit is left out.
    private var statusPieces: [Piece] {
        var pieces: [Piece] = []
        if model.recording != nil { pieces.append((" ● REC ", theme.pill)) }
        pieces.append(microphone)
        pieces.append(camera)
        pieces.append((model.room.isEmpty ? "connecting…" : model.room, theme.strong(on: theme.bar)))
        if let trouble = model.trouble { pieces.append(("! \(trouble)", theme.warning(on: theme.bar))) }
        let quiet = theme.quiet(on: theme.bar)
        if !model.room.isEmpty { pieces.append(("· \(Self.clock(model.duration))", quiet)) }
        if !model.mode.isEmpty { pieces.append(("· \(model.mode)", quiet)) }
        if !model.room.isEmpty { pieces.append(("· \(Self.people(model.others.count + 1))", quiet)) }
        if hidden > 0 { pieces.append(("· \(hidden) not shown", theme.warning(on: theme.bar))) }
        if model.chat.unread > 0 { pieces.append(("· \(model.chat.unread) new", theme.accent(on: theme.bar))) }
        if model.volume != 1 { pieces.append(("· volume \(Int((model.volume * 100).rounded())) %", quiet)) }
        return pieces
    }

    private var microphone: Piece {
        if model.isTalkHeld { return (" TALKING ", theme.talking) }
        return model.own.isMuted ? (" MUTED ", theme.pill) : ("mic on", theme.good(on: theme.bar))
    }

    private var camera: Piece {
        model.own.hasCamera ? ("cam on", theme.good(on: theme.bar)) : ("cam off", theme.danger(on: theme.bar))
    }

    private static func people(_ count: Int) -> String { count == 1 ? "1 person" : "\(count) people" }

    private static func helpText(of model: UIModel) -> String { "\(model.keys.names(of: .help).first ?? "?") help" }

    /// `3:05`, `1:02:03`.
    static func clock(_ duration: Duration) -> String {
        let seconds = max(0, duration.milliseconds / 1_000)
        func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let hours = seconds / 3_600
        let minutes = seconds / 60 % 60
        return hours > 0 ? "\(hours):\(two(minutes)):\(two(seconds % 60))" : "\(minutes):\(two(seconds % 60))"
    }

    // MARK: Invitation and keys

    private func drawInvitation(row: Int, in area: CellRect, of grid: inout CellGrid) {
        let label = area.columns >= 60 ? "invite " : ""
        let room = area.columns - 2 - label.count
        var column = area.column + 1
        column += grid.write(label, row: row, column: column, theme.quiet(on: theme.bar))
        let link = TextWidth.truncatedInMiddle(model.invitation, columns: room)
        column += grid.write(link, row: row, column: column, theme.link(on: theme.bar))
        drawKeys(row: row, from: column + 2, to: area.endColumn - 1, of: &grid)
    }

    private func drawKeys(row: Int, from start: Int, to end: Int, of grid: inout CellGrid) {
        let actions: [(UIAction, String)] = [
            (.mute, "mute"), (.camera, "video"), (.chat, "chat"), (.invite, "invite"), (.people, "people"),
            (.layout, "layout"), (.statistics, "stats"), (.leave, "leave"),
        ]
        var shown: [(key: String, name: String)] = []
        var width = 0
        for (action, name) in actions {
            guard let key = model.keys.names(of: action).first else { continue }
            let next = key.count + 1 + name.count + (shown.isEmpty ? 0 : 2)
            guard start + width + next <= end else { break }
            shown.append((key, name))
            width += next
        }
        var column = end - width
        for (key, name) in shown {
            column += grid.write(key, row: row, column: column, theme.accent(on: theme.bar)) + 1
            column += grid.write(name, row: row, column: column, theme.quiet(on: theme.bar)) + 2
        }
    }

    // MARK: One line for all

    private func drawShort(in area: CellRect, of grid: inout CellGrid) {
        var column = area.column
        var pieces: [Piece] = []
        if model.recording != nil { pieces.append(("●", theme.danger(on: theme.bar))) }
        if model.isTalkHeld || model.own.isMuted { pieces.append(microphone) }
        if !model.own.hasCamera, area.columns >= 40 { pieces.append(camera) }
        if let trouble = model.trouble, area.columns >= 60 {
            pieces.append(("! \(trouble)", theme.warning(on: theme.bar)))
        }
        if area.columns >= 50 { pieces.append((Self.clock(model.duration), theme.quiet(on: theme.bar))) }
        for piece in pieces where column + TextWidth.of(piece.text) + 10 <= area.endColumn {
            column += grid.write(piece.text, row: area.row, column: column, piece.style) + 1
        }
        let link = TextWidth.truncatedInMiddle(model.invitation, columns: area.endColumn - column)
        grid.write(link, row: area.row, column: column, theme.link(on: theme.bar))
    }
}

extension UIModel {
    /// How long we have been in the call.
    var duration: Duration { joinedAt.map { now - $0 } ?? .zero }
}
