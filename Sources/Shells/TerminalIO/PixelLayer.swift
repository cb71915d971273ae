import Media
import PixelGraphics
import Primitives
import TerminalGraphics

/// Draws the pictures of a screen with pixels, over the blanks that `ScreenWriter` left for them. Used by one thread.
///
/// Each tile is a picture of its own for the terminal, written whole or not at all; the newest one only, and only where it
/// differs from what is shown. How fine tiles are follows what may be written at once.
final class PixelLayer {
    private struct Shown {
        var tile: PixelTile
        var detail: Double
        /// Of a kitty's picture.
        var number: Int
    }

    private static let fewColours = 16
    private static let pixelsPerColour = 16

    let screen: PixelScreen
    private let scaler = PictureScaler()
    private lazy var sixel = SixelEncoder()
    private lazy var png = PNGEncoder()
    private lazy var deflater = Deflater(.anything)
    private let exchange = PixelExchange()
    private var wanted: [PixelTile] = []
    private var shown: [Shown] = []
    /// Numbers of pictures that the terminal need not keep.
    private var obsolete: [Int] = []
    private var lastNumber = 0
    /// The tile to go on with: those before it are up to date with a frame not older than the one before.
    private var next = 0
    private var detail = PixelDetail()
    private var rgb: [UInt8] = []
    private var part: [UInt8] = []
    /// Bytes handed over beside the stream since they were last asked for.
    private var besides = 0

    init(_ screen: PixelScreen) { self.screen = screen }

    /// The next calls of `write` bring the terminal to show the pictures of this screen.
    func show(_ grid: CellGrid) {
        // The lowest row stays free of sixels: at its end terminals scroll.
        wanted =
            screen.format == .sixel
            ? [grid.compositeTile(endRow: grid.size.rows - 1)].compactMap { $0 } : grid.rectangularTiles()
        if next >= wanted.count { next = 0 }
        // What text was written over, or will be, is no longer what is shown, even if a later screen looks the same.
        for old in shown where !wanted.contains(where: { $0.hasShape(of: old.tile) }) { retire(old) }
        shown.removeAll { old in !wanted.contains { $0.hasShape(of: old.tile) } }
    }

    /// Everything on the terminal was cleared.
    func forget() {
        for old in shown { retire(old) }
        shown = []
    }

    private func retire(_ old: Shown) {
        if screen.format == .kitty { obsolete.append(old.number) }
    }

    /// What takes away all that is shown.
    func clear() -> [UInt8] {
        forget()
        obsolete = []
        return screen.format == .kitty ? PixelSequences.deleteKittyImages : []
    }

    /// Bytes that the terminal gets otherwise than in the stream, since the last call.
    func takeBytesBesides() -> Int {
        defer { besides = 0 }
        return besides
    }

    /// Appends tiles until about `limit` bytes are reached; true when all are up to date.
    func write(into out: inout [UInt8], limit: Int) -> Bool {
        let start = out.count
        detail.allow(limit, pixels: wanted.reduce(0) { $0 + pixelSize(of: $1, 1).area })
        for _ in wanted.indices {
            let tile = wanted[next]
            if isDue(tile) {
                guard out.count - start < limit else { return false }
                draw(tile, into: &out)
            }
            next = next + 1 < wanted.count ? next + 1 : 0
        }
        for number in obsolete { out += PixelSequences.deleteKittyImage(number) }
        obsolete = []
        return true
    }

    var hasTiles: Bool { !wanted.isEmpty }
    /// How much of the full width and height is drawn.
    var share: Double { detail.share }

    private func isDue(_ tile: PixelTile) -> Bool {
        guard let old = shown.first(where: { $0.tile.hasShape(of: tile) }) else { return true }
        return old.detail < detail.share || !old.tile.shows(tile)
    }

    // MARK: Drawing

    private func draw(_ tile: PixelTile, into out: inout [UInt8]) {
        let size = pixelSize(of: tile, detail.share)
        compose(tile, size)
        let start = out.count
        let number = lastNumber % 0xff_ffff + 1
        out += PixelSequences.moveTo(row: tile.area.row, column: tile.area.column)
        switch screen.format {
        case .sixel: appendSixels(tile, size, to: &out)
        case .kitty: appendKittyImage(tile, size, number, to: &out)
        case .iterm:
            let file = rgb.withUnsafeBufferPointer { png.encode($0, width: size.width, height: size.height) }
            PixelSequences.appendITermImage(file, area: tile.area.size, to: &out)
        }
        lastNumber = number
        detail.note(out.count - start, pixels: size.area)
        for old in shown where old.tile.hasShape(of: tile) { retire(old) }
        shown.removeAll { $0.tile.hasShape(of: tile) }
        shown.append(Shown(tile: tile, detail: detail.share, number: number))
    }

    private func appendSixels(_ tile: PixelTile, _ size: PixelSize, to out: inout [UInt8]) {
        let area = SixelEncoder.Area(
            columns: tile.area.columns, rows: tile.area.rows, cell: screen.cell, cells: tile.cells)
        // Each colour costs its definition.
        let colours = min(screen.colours, max(Self.fewColours, size.area / Self.pixelsPerColour))
        sixel.encode(rgb, size, on: area, colours: colours, tolerance: detail.tolerance, into: &out)
    }

    private func appendKittyImage(_ tile: PixelTile, _ size: PixelSize, _ number: Int, to out: inout [UInt8]) {
        if let payload = exchange.put(rgb, by: screen.transfer) {
            besides += rgb.count
            PixelSequences.appendKittyImage(payload, number: number, size: size, area: tile.area.size, to: &out)
            return
        }
        rgb.withUnsafeBufferPointer { pixels in
            deflater.compress(pixels) {
                PixelSequences.appendKittyImage(
                    .inline($0), number: number, size: size, area: tile.area.size, to: &out)
            }
        }
    }

    /// Each cell has a whole number of pixels, so that parts of a picture fit together. A terminal that magnifies gets no
    /// more pixels than the picture has.
    private func pixelSize(of tile: PixelTile, _ share: Double) -> PixelSize {
        var cell = screen.cell
        if screen.format != .sixel, let picture = tile.pictures.first {
            cell = PixelSize(
                min(cell.width, (picture.frame.size.width + picture.area.columns - 1) / picture.area.columns),
                min(cell.height, (picture.frame.size.height + picture.area.rows - 1) / picture.area.rows))
        }
        return PixelSize(
            tile.area.columns * max(1, Int((Double(cell.width) * share).rounded())),
            tile.area.rows * max(1, Int((Double(cell.height) * share).rounded())))
    }

    /// The tile's pictures side by side in `rgb`.
    private func compose(_ tile: PixelTile, _ size: PixelSize) {
        if let only = tile.pictures.first, tile.pictures.count == 1, only.area == tile.area {
            return scaler.scale(only.frame, to: size, isMirrored: only.isMirrored, into: &rgb)
        }
        if rgb.count != size.area * 3 { rgb = Array(repeating: 0, count: size.area * 3) }
        let cell = PixelSize(size.width / tile.area.columns, size.height / tile.area.rows)
        for picture in tile.pictures {
            let whole = PixelSize(picture.area.columns * cell.width, picture.area.rows * cell.height)
            scaler.scale(picture.frame, to: whole, isMirrored: picture.isMirrored, into: &part)
            copy(picture.area, whole, into: tile.area, size, cell)
        }
    }

    /// Copies what of `part`, a picture in `area`, lies within the tile.
    private func copy(
        _ area: CellRect, _ whole: PixelSize, into tile: CellRect, _ size: PixelSize, _ cell: PixelSize
    ) {
        let common = area.intersection(tile)
        let count = common.columns * cell.width * 3
        guard !common.isEmpty else { return }
        for line in 0..<common.rows * cell.height {
            let from =
                ((common.row - area.row) * cell.height + line) * whole.width
                + (common.column - area.column) * cell.width
            let to =
                ((common.row - tile.row) * cell.height + line) * size.width
                + (common.column - tile.column) * cell.width
            rgb.withUnsafeMutableBufferPointer { rgb in
                part.withUnsafeBufferPointer { part in
                    let lines = (rgb.baseAddress! + to * 3, part.baseAddress! + from * 3)  // both have pixels
                    lines.0.update(from: lines.1, count: count)
                }
            }
        }
    }
}
