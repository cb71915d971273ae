import Media
import Primitives
import TerminalGraphics

/// Draws one participant: picture or initials, frame, and the line with name, marks and level.
struct TileView {
    let theme: Theme
    let participant: UIParticipant
    /// What the name line says before the name: the key that focuses, or nothing.
    let key: String
    let isOwn: Bool
    let isFocused: Bool
    /// Width of a cell divided by its height.
    let cellAspect: Double

    func draw(_ tile: ScreenLayout.Tile, into grid: inout CellGrid) {
        grid.fill(tile.rect, with: Cell(" ", theme.tile))
        if let picture = participant.picture, participant.hasCamera {
            grid.place(picture, in: tile.picture, cellAspect: cellAspect, isMirrored: isOwn)
        } else {
            drawAvatar(in: tile.picture, of: &grid)
        }
        drawFrame(of: tile, in: &grid)
        drawStrip(in: tile.strip, of: &grid)
    }

    private var stripStyle: Style {
        participant.isSpeaking ? theme.stripSpeaking : isFocused ? theme.stripFocused : theme.strip
    }

    private func drawFrame(of tile: ScreenLayout.Tile, in grid: inout CellGrid) {
        guard tile.hasFrame else { return }
        let style = participant.isSpeaking ? theme.frameSpeaking : .plain
        for row in tile.rect.row..<tile.rect.endRow - tile.strip.rows {
            grid[row, tile.rect.column] = Cell(participant.isSpeaking ? "▐" : " ", style)
            grid[row, tile.rect.endColumn - 1] = Cell(participant.isSpeaking ? "▌" : " ", style)
        }
    }

    // MARK: Without a picture

    private func drawAvatar(in area: CellRect, of grid: inout CellGrid) {
        guard !area.isEmpty else { return }
        let initials = participant.initials
        let text = statusText
        let hasText = area.rows >= 5 && area.columns >= text.count && !text.isEmpty
        let body = hasText ? area.splitBottom(area.rows >= 8 ? 2 : 1) : (area, .empty)
        if theme.hasColour, body.0.rows >= 3, body.0.columns >= 9 {
            drawBadge(initials, in: body.0.centred(columns: 9, rows: 3), of: &grid)
        } else {
            let line = body.0.centred(columns: TextWidth.of(initials), rows: 1)
            grid.write(
                initials, row: line.row, column: line.column, theme.strong(on: theme.tile), columns: line.columns)
        }
        guard hasText else { return }
        let line = body.1.centred(columns: text.count, rows: body.1.rows)
        grid.write(text, row: line.row, column: line.column, theme.quiet(on: theme.tile))
    }

    private var statusText: String {
        if !participant.isConnected { return "connecting…" }
        return participant.hasCamera ? isOwn ? "starting camera…" : "waiting for video…" : "camera off"
    }

    /// The initials on a block of the person's colour, with half a row cut off above and below.
    private func drawBadge(_ initials: String, in area: CellRect, of grid: inout CellGrid) {
        let colour = theme.avatar(participant.name)
        let edge = Style(colour, on: theme.tile.background)
        for column in area.column..<area.endColumn {
            grid[area.row, column] = Cell("▄", edge)
            grid[area.row + 1, column] = Cell(" ", Style(.standard, on: colour))
            grid[area.row + 2, column] = Cell("▀", edge)
        }
        let line = area.centred(columns: TextWidth.of(initials), rows: 1)
        grid.write(initials, row: line.row, column: line.column, Style(Colour(0xffffff), on: colour, .bold))
    }

    // MARK: Name line

    private static let meterColumns = 6

    private func drawStrip(in strip: CellRect, of grid: inout CellGrid) {
        guard !strip.isEmpty else { return }
        let style = stripStyle
        grid.fill(strip, with: Cell(" ", style))
        var room = strip.columns - 1
        if let mark = mark, room >= mark.text.count + 4 {
            room -= mark.text.count
            grid.write(mark.text, row: strip.row, column: strip.column + 1 + room, mark.style)
        } else if strip.columns >= 18, participant.isConnected {
            room -= Self.meterColumns + 1
            theme.drawMeter(
                participant.level, row: strip.row, column: strip.column + 1 + room, columns: Self.meterColumns,
                on: style, in: &grid)
        }
        var column = strip.column + 1
        if strip.columns >= 18, !key.isEmpty {
            column += grid.write("\(key) ", row: strip.row, column: column, theme.quiet(on: style))
        }
        if participant.isSpeaking, strip.columns >= 10 {
            column += grid.write("● ", row: strip.row, column: column, theme.strong(on: style))
        }
        let name = TextWidth.truncated(participant.name, columns: strip.column + 1 + room - column - 1)
        column += grid.write(name, row: strip.row, column: column, style)
        drawSuffix(from: column, to: strip.column + 1 + room - 1, row: strip.row, in: &grid)
    }

    /// What is said behind the name, where there is room.
    private func drawSuffix(from column: Int, to end: Int, row: Int, in grid: inout CellGrid) {
        let isPoor = participant.quality?.isPoor == true
        let text = isOwn ? " (you)" : isPoor ? " weak" : ""
        guard !text.isEmpty, end - column >= text.count else { return }
        grid.write(text, row: row, column: column, isPoor ? theme.warning(on: stripStyle) : theme.quiet(on: stripStyle))
    }

    private var mark: (text: String, style: Style)? {
        participant.isMuted ? (" muted ", theme.pill) : nil
    }
}
