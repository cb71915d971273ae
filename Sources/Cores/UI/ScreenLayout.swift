import Media
import Primitives
import TerminalGraphics

/// Where everything of the screen is, as far as it takes part in clicks and in what is asked of senders.
struct ScreenLayout {
    enum Person: Hashable {
        case own
        case other(String)
    }

    struct Tile {
        let person: Person
        let rect: CellRect
        /// Where the picture goes.
        let picture: CellRect
        /// The line with the name below it; without rows where the tile is too low.
        let strip: CellRect
        /// Whether there are columns beside the picture for the speaking mark.
        let hasFrame: Bool

        init(_ person: Person, _ rect: CellRect) {
            self.person = person
            self.rect = rect
            hasFrame = rect.columns >= 16
            let (above, strip) = rect.splitBottom(rect.rows >= 2 ? 1 : 0)
            self.strip = strip
            picture = hasFrame ? above.inset(columns: 1, rows: 0) : above
        }
    }

    /// In the order of drawing: a later one may lie over an earlier one.
    private(set) var tiles: [Tile] = []
    /// The area of the pictures.
    private(set) var stage: CellRect
    private(set) var panel = CellRect.empty
    let footer: CellRect
    /// How many people there was no room for.
    private(set) var hidden = 0

    private let aspect: Double

    init(_ model: UIModel) {
        aspect = model.pictureAspect / model.profile.cellAspect.clamped(to: 0.1...4)
        let rows = model.size.rows
        (stage, footer) = model.size.rect.splitBottom(rows >= 12 ? 2 : rows >= 2 ? 1 : 0)
        if model.panel != nil {
            let width = (stage.columns * 3 / 10).clamped(to: 32...46)
            (stage, panel) = stage.splitRight(stage.columns < 68 ? stage.columns : width)
        }
        placeTiles(of: model)
    }

    private mutating func placeTiles(of model: UIModel) {
        guard !stage.isEmpty else {
            hidden = model.others.count
            return
        }
        let others = model.others.map { Person.other($0.id) }
        if others.isEmpty {
            place([.own], in: stage)
        } else if others.count == 1 {
            place(others, in: stage)
            if model.arrangement != .focus { placeOwnCorner() }
        } else if let speaker = model.speaker {
            place(others, speaker: .other(speaker.id), of: model)
        }
    }

    private mutating func place(_ others: [Person], speaker: Person, of model: UIModel) {
        switch model.arrangement {
        case .grid where model.focus == nil: place(others + [.own], in: stage)
        case .grid, .speaker: placeSpeaker(speaker, besides: others.filter { $0 != speaker } + [.own])
        case .focus: placeAlone(speaker, of: others)
        case .pictureInPicture:
            placeAlone(speaker, of: others)
            placeOwnCorner()
        }
    }

    private mutating func placeAlone(_ person: Person, of others: [Person]) {
        place([person], in: stage)
        hidden += others.count - 1
    }

    // MARK: Grid

    /// The columns of tiles that make the pictures largest, and the size of the tiles.
    private struct Grid {
        var columns = 1
        var tile = CellSize(columns: 0, rows: 0)
        var pictureArea = 0.0
    }

    private mutating func place(_ people: [Person], in area: CellRect) {
        let capacity = max(1, area.columns / 12 * (area.rows / 4))
        let shown = people.count <= capacity ? people : Array(people.prefix(capacity))
        hidden += people.dropFirst(shown.count).count { $0 != .own }
        let grid = bestGrid(for: shown.count, in: area)
        let rows = (shown.count + grid.columns - 1) / grid.columns
        let slack = area.rows - rows * grid.tile.rows
        let gap = min(1, slack / max(1, rows))
        let top = area.row + (slack - gap * (rows - 1)) / 2
        for (index, person) in shown.enumerated() {
            let (row, column) = (index / grid.columns, index % grid.columns)
            let inRow = min(grid.columns, shown.count - row * grid.columns)
            let left = area.column + (area.columns - inRow * grid.tile.columns) / 2
            tiles.append(
                Tile(
                    person,
                    CellRect(
                        row: top + row * (grid.tile.rows + gap), column: left + column * grid.tile.columns,
                        columns: grid.tile.columns, rows: grid.tile.rows)))
        }
    }

    private func bestGrid(for count: Int, in area: CellRect) -> Grid {
        var best = Grid()
        for columns in (1...max(1, count)).reversed() {
            let rows = (count + columns - 1) / columns
            let room = CellSize(columns: area.columns / columns, rows: area.rows / rows)
            guard room.columns > 0, room.rows > 0 else { continue }
            let size = tileSize(in: room)
            let picture = Tile(.own, size.rect).picture
            let shownColumns = min(Double(picture.columns), Double(picture.rows) * aspect)
            let pictureArea = shownColumns * shownColumns / aspect
            // Side by side looks better than a tall pile that is hardly larger.
            if pictureArea > best.pictureArea * 1.1 || best.tile.columns == 0 {
                best = Grid(columns: columns, tile: size, pictureArea: pictureArea)
            }
        }
        return best
    }

    /// The room cut down to the shape of a picture with its name and frame.
    private func tileSize(in room: CellSize) -> CellSize {
        let name = room.rows >= 2 ? 1 : 0
        let frame = room.columns >= 16 ? 2 : 0
        let columns = Int((Double(room.rows - name) * aspect).rounded()) + frame
        let rows = Int((Double(room.columns - frame) / aspect).rounded()) + name
        return CellSize(columns: columns.clamped(to: 1...room.columns), rows: rows.clamped(to: 1...room.rows))
    }

    // MARK: Speaker

    private mutating func placeSpeaker(_ speaker: Person, besides rest: [Person]) {
        let isWide = Double(stage.columns) > Double(stage.rows) * aspect
        let (main, strip) =
            isWide
            ? stage.splitRight((stage.columns / 5).clamped(to: 14...40)) : stage.splitBottom(max(4, stage.rows / 5))
        guard main.columns >= 12, main.rows >= 4, !strip.isEmpty else {
            place([speaker], in: stage)
            hidden += rest.count { $0 != .own }
            return
        }
        place([speaker], in: main)
        let capacity = isWide ? max(1, strip.rows / 4) : max(1, strip.columns / 14)
        // The own picture keeps its place; whoever does not fit is counted.
        let shown = Array(rest.dropLast().prefix(max(0, capacity - 1))) + rest.suffix(1)
        hidden += rest.count - shown.count
        place(shown, in: strip)
    }

    /// The own picture in the corner of the only other one that is shown.
    private mutating func placeOwnCorner() {
        guard stage.columns >= 40, stage.rows >= 10, let main = tiles.last?.rect else { return }
        let columns = (stage.columns / 5).clamped(to: 14...40)
        let rows = Int((Double(columns) / aspect).rounded()) + 1
        guard rows * 2 <= main.rows, columns * 2 <= main.columns else { return }
        let corner = CellRect(
            row: main.endRow - 1 - rows, column: main.endColumn - 2 - columns, columns: columns, rows: rows)
        tiles.append(Tile(.own, corner))
    }
}
