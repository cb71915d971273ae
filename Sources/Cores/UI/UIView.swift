import Media
import Primitives
import TerminalGraphics

/// Draws the model as cells.
package struct UIView: Sendable {
    package init() {}

    package func draw(_ model: UIModel) -> CellGrid {
        let theme = Theme(model.profile)
        let layout = ScreenLayout(model)
        var grid = CellGrid(model.size)
        for tile in layout.tiles { draw(tile, of: model, theme, into: &grid) }
        drawLoneliness(of: model, theme, layout, into: &grid)
        drawPanel(of: model, theme, in: layout.panel, into: &grid)
        drawNotices(of: model, theme, in: layout.stage, into: &grid)
        Footer(model: model, theme: theme, hidden: layout.hidden).draw(in: layout.footer, of: &grid)
        drawDialog(of: model, theme, into: &grid)
        return grid
    }

    private func draw(
        _ tile: ScreenLayout.Tile, of model: UIModel, _ theme: Theme, into grid: inout CellGrid
    ) {
        switch tile.person {
        case .own:
            TileView(
                theme: theme, participant: model.own, key: "", isOwn: true, isFocused: false,
                cellAspect: model.profile.cellAspect
            )
            .draw(tile, into: &grid)
        case .other(let id):
            guard let index = model.others.firstIndex(where: { $0.id == id }) else { return }
            let key = index < 9 ? "\(index + 1)" : ""
            TileView(
                theme: theme, participant: model.others[index], key: key, isOwn: false, isFocused: model.focus == id,
                cellAspect: model.profile.cellAspect
            ).draw(tile, into: &grid)
        }
    }

    /// Alone in the room one wants to know how others get here.
    private func drawLoneliness(
        of model: UIModel, _ theme: Theme, _ layout: ScreenLayout, into grid: inout CellGrid
    ) {
        guard model.others.isEmpty, let tile = layout.tiles.first?.picture, tile.rows >= 3 else { return }
        let text = model.room.isEmpty ? " connecting… " : " waiting for others · press i to invite "
        let line = CellRect(row: tile.row + tile.rows / 8, column: tile.column, columns: tile.columns, rows: 1)
            .centred(columns: TextWidth.of(text), rows: 1)
        grid.write(text, row: line.row, column: line.column, theme.notice, columns: line.columns)
    }

    private func drawPanel(of model: UIModel, _ theme: Theme, in area: CellRect, into grid: inout CellGrid) {
        switch model.panel {
        case .chat: ChatPanel(model: model, theme: theme).draw(in: area, of: &grid)
        case .people: PeoplePanel(model: model, theme: theme).draw(in: area, of: &grid)
        case .statistics: StatisticsPanel(model: model, theme: theme).draw(in: area, of: &grid)
        case nil: break
        }
    }

    /// The newest lowest, just above the status line.
    private func drawNotices(of model: UIModel, _ theme: Theme, in stage: CellRect, into grid: inout CellGrid) {
        var row = stage.endRow - 1
        for notice in model.notices.reversed() where row >= stage.row && stage.columns > 6 {
            let text = TextWidth.truncated(notice.text, columns: min(100, stage.columns - 4))
            grid.write(" \(text) ", row: row, column: stage.column + 1, theme.notice)
            row -= 1
        }
    }

    private func drawDialog(of model: UIModel, _ theme: Theme, into grid: inout CellGrid) {
        switch model.dialog {
        case .help: HelpDialog(model: model, theme: theme).draw(into: &grid)
        case .invitation: InvitationDialog(model: model, theme: theme).draw(into: &grid)
        case .leaving: LeavingDialog(model: model, theme: theme).draw(into: &grid)
        case nil: return
        }
        grid.cursor = nil
    }
}
