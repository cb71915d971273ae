import Media
import Primitives
import TerminalGraphics

/// How well media arrive, in numbers.
struct StatisticsPanel {
    let model: UIModel
    let theme: Theme

    func draw(in area: CellRect, of grid: inout CellGrid) {
        guard !area.isEmpty else { return }
        grid.fill(area, with: Cell(" ", theme.panel))
        PanelTitle(theme: theme, text: "Statistics", hint: "Esc closes").draw(in: area.splitTop(1).top, of: &grid)
        var row = area.row + 1
        // Whoever is looked at comes first: the panel may be too low for all.
        let people = model.others.filter { $0.id == model.focus } + model.others.filter { $0.id != model.focus }
        for participant in people where row < area.endRow {
            grid.write(
                TextWidth.truncated(participant.name, columns: area.columns - 2), row: row, column: area.column + 1,
                theme.person(participant.name, on: theme.panel))
            for values in rows(of: participant) where row + 1 < area.endRow {
                row += 1
                draw(values, row: row, in: area, of: &grid)
            }
            row += 1
        }
        if people.isEmpty {
            grid.write("Nobody else is here.", row: row, column: area.column + 1, theme.quiet(on: theme.panel))
        }
    }

    private func draw(_ values: [Value], row: Int, in area: CellRect, of grid: inout CellGrid) {
        var column = area.column + 2
        for value in values {
            let style = value.isBad ? theme.warning(on: theme.panel) : theme.panel
            let room = area.endColumn - column
            guard room > value.name.count + 1 + value.text.count else { return }
            column += grid.write(value.name, row: row, column: column, theme.quiet(on: theme.panel)) + 1
            column += grid.write(value.text, row: row, column: column, style) + 2
        }
    }

    private struct Value {
        let name: String
        let text: String
        var isBad = false
    }

    private func rows(of participant: UIParticipant) -> [[Value]] {
        guard let quality = participant.quality else { return [[Value(name: "nothing measured yet", text: "")]] }
        let asked = model.viewports[participant.id] ?? .none
        let size = quality.size.isNone ? "none" : "\(quality.size) at \(Self.decimal(quality.framesPerSecond)) fps"
        let roundTrip = quality.roundTrip
        return [
            [Value(name: "video", text: size)],
            [
                Value(name: "shown", text: asked.isNone ? "no" : "\(asked)"),
                Value(name: "rate", text: "\(quality.bitrate.kilobitsPerSecond) kbit/s"),
            ],
            [
                Value(
                    name: "rtt", text: roundTrip.map { "\($0.milliseconds) ms" } ?? "?",
                    isBad: (roundTrip ?? .zero) > .milliseconds(600)),
                Value(name: "jitter", text: "\(quality.jitter.milliseconds) ms"),
            ],
            [
                Value(name: "loss", text: "\(Self.decimal(quality.loss * 100)) %", isBad: quality.loss > 0.05),
                Value(name: "delay", text: "\(quality.playoutDelay.milliseconds) ms"),
            ],
            [
                Value(name: "frames", text: "\(quality.framesDecoded)"),
                Value(name: "concealed", text: "\(quality.concealed.milliseconds) ms"),
            ],
        ]
    }

    /// One digit behind the point.
    static func decimal(_ value: Double) -> String {
        guard value.isFinite, abs(value) < 1e9 else { return "?" }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(abs(tenths % 10))"
    }
}
