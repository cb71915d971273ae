import Primitives
import TerminalGraphics

/// Everybody in the call, with what is known of each.
struct PeoplePanel {
    let model: UIModel
    let theme: Theme

    private static let rowsBeforeOthers = 2  // the title and oneself

    func draw(in area: CellRect, of grid: inout CellGrid) {
        guard !area.isEmpty else { return }
        grid.fill(area, with: Cell(" ", theme.panel))
        PanelTitle(theme: theme, text: "People (\(model.others.count + 1))", hint: "Esc closes")
            .draw(in: area.splitTop(1).top, of: &grid)
        draw(model.own, key: " ", row: area.row + 1, in: area, of: &grid)
        for (index, participant) in model.others.enumerated() {
            let row = area.row + Self.rowsBeforeOthers + index
            guard row < area.endRow else { break }
            draw(participant, key: index < 9 ? "\(index + 1)" : " ", row: row, in: area, of: &grid)
        }
    }

    /// The index of the participant at a place on the screen.
    static func participant(at position: CellPosition, in area: CellRect) -> Int? {
        let index = position.row - area.row - rowsBeforeOthers
        return index >= 0 ? index : nil
    }

    private func draw(_ participant: UIParticipant, key: String, row: Int, in area: CellRect, of grid: inout CellGrid) {
        guard row < area.endRow else { return }
        let isFocused = model.focus == participant.id
        let surface = isFocused ? theme.field : theme.panel
        grid.fill(CellRect(row: row, column: area.column, columns: area.columns, rows: 1), with: Cell(" ", surface))
        grid.write(key, row: row, column: area.column + 1, theme.quiet(on: surface))
        let marks = marks(of: participant, on: surface)
        let width = marks.reduce(0) { $0 + TextWidth.of($1.text) + 1 }
        var column = area.endColumn - width
        for mark in marks { column += grid.write(mark.text, row: row, column: column, mark.style) + 1 }
        let room = max(0, area.columns - width - 4)
        let name = participant.id == model.own.id ? "\(participant.name) (you)" : participant.name
        let style = participant.isSpeaking ? theme.good(on: surface).with(.bold) : surface
        let dot = participant.isSpeaking ? "● " : ""
        grid.write(TextWidth.truncated(dot + name, columns: room), row: row, column: area.column + 3, style)
    }

    private func marks(of participant: UIParticipant, on surface: Style) -> [(text: String, style: Style)] {
        var marks: [(String, Style)] = []
        if !participant.isConnected {
            marks.append(("connecting…", theme.warning(on: surface)))
        } else if let roundTrip = participant.quality?.roundTrip {
            let style = participant.quality?.isPoor == true ? theme.warning(on: surface) : theme.quiet(on: surface)
            marks.append(("\(roundTrip.milliseconds) ms", style))
        }
        if !participant.hasCamera { marks.append(("no cam", theme.quiet(on: surface))) }
        if participant.isMuted { marks.append(("muted", theme.danger(on: surface))) }
        return marks
    }
}
