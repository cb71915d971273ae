import CellFitting
import Media
import TerminalGraphics

/// Turns screens with pictures into bytes: fits the pictures to their cells with regard to what the terminal shows, and
/// writes what is worth writing. Used by one thread.
package final class ScreenPainter {
    /// How much error (mean squared) a byte is worth: the one knob between quality and bytes. 0 writes whatever gets
    /// better at all.
    package var economy: Double = 1
    /// How much of the difference to the surrounding is added to pictures before the fit. From some distance they are
    /// nearer to the truth then (by 1 dB), from close to it farther (by 0.05 dB).
    private var sharpening: Double { economy > 0 ? 0.15 : 0 }

    private var writer: ScreenWriter
    private var fitters: [CellFitter] = []
    private var fits: [CellFit] = []
    private var characters: [CharacterPicture] = []
    /// What `fits` were made for, until it is written.
    private var grid: CellGrid?
    /// Where the terminal shows pixels.
    private var pixels: PixelLayer?
    private var size = CellSize(columns: 0, rows: 0)
    private var scratch: [UInt8] = []
    /// All that the terminal can do.
    private var whole: TerminalProfile
    private var usesPixels = true
    /// What takes away the pixels of a layer that is no more.
    private var leftovers: [UInt8] = []

    /// Sixteen colours lie so far apart that only dithering shows what is between them, where they cannot be mixed.
    private static let dithering16 = 48
    /// No difference smaller than this is seen or measured.
    private static let least = 0.1
    /// What redrawing a cell costs at least, in bytes: those that gain less are hardly ever drawn, and not looked at.
    private var cheapCell: Double { profile.colours == .truecolor ? 15 : 6 }

    package init(profile: TerminalProfile) {
        whole = profile
        writer = ScreenWriter(profile: profile)
        pixels = profile.pixels.map(PixelLayer.init)
    }

    package var profile: TerminalProfile { writer.profile }

    /// How fine pixels are, of the full width and height; nil where none are drawn, or the user wants them as they are.
    package var pixelShare: Double? { pixels.flatMap { $0.screen.isAsked || !$0.hasTiles ? nil : $0.share } }

    /// What the terminal shows by now.
    package var shown: CellGrid { writer.shownInRGB }

    /// From now on the terminal can do more, or less, than was thought: the next frame repaints all.
    package func adopt(_ profile: TerminalProfile) {
        whole = profile
        bringInForce()
    }

    /// Whether pixels are used where the terminal has them.
    package func usePixels(_ wanted: Bool) {
        guard wanted != usesPixels else { return }
        usesPixels = wanted
        bringInForce()
    }

    private func bringInForce() {
        var profile = whole
        if !usesPixels { profile.pixels = nil }
        guard profile != writer.profile else { return }
        writer.adopt(profile)
        pixels?.forget()
        guard profile.pixels != pixels?.screen else { return }
        leftovers += pixels?.clear() ?? []
        pixels = profile.pixels.map(PixelLayer.init)
    }

    /// Something else wrote on the terminal: the next frame repaints all.
    package func invalidate() {
        writer.invalidate()
        pixels?.forget()
    }

    /// Bytes that went to the terminal beside the stream, in memory or files.
    package func takeBytesBesides() -> Int { pixels?.takeBytesBesides() ?? 0 }

    /// The next calls of `write` bring the terminal to this screen.
    package func show(_ grid: CellGrid) {
        if grid.size != size {
            pixels?.forget()
            size = grid.size
        }
        if let pixels {
            pixels.show(grid)
            self.grid = grid
            return
        }
        writer.prepare(for: grid.size)
        while fitters.count < grid.pictures.count {
            fitters.append(CellFitter())
            characters.append(CharacterPicture())
        }
        fits.removeAll(keepingCapacity: true)
        guard profile.glyphs.hasPatterns, profile.colours != .none else {
            self.grid = inCharacters(grid)
            return
        }
        for (picture, fitter) in zip(grid.pictures, fitters) {
            guard let fit = fit(picture, fitter) else {
                fits.removeAll()
                break
            }
            fits.append(fit)
        }
        self.grid = grid
    }

    /// Appends bytes, up to about `limit`. True when the screen is complete.
    package func write(into out: inout [UInt8], limit: Int = .max) -> Bool {
        out += leftovers
        leftovers = []
        guard let grid else { return true }
        let start = out.count
        var isComplete = writer.write(grid, fits: fits, economy: Float(economy), into: &out, limit: limit)
        if isComplete, let pixels {
            isComplete = writePixels(pixels, cursor: grid.cursor, into: &out, limit: limit - (out.count - start))
        }
        if isComplete { self.grid = nil }
        return isComplete
    }

    /// As a frame of its own, after which the cursor is where the text left it.
    private func writePixels(
        _ pixels: PixelLayer, cursor: CellPosition?, into out: inout [UInt8], limit: Int
    ) -> Bool {
        guard limit > 0 else { return false }
        scratch.removeAll(keepingCapacity: true)
        let isComplete = pixels.write(into: &scratch, limit: limit)
        guard !scratch.isEmpty else { return isComplete }
        if profile.hasSynchronisedOutput { out += EscapeSequences.beginFrame }
        if cursor != nil { out += EscapeSequences.hideCursor }
        out += PixelSequences.saveCursor + scratch + PixelSequences.restoreCursor
        if cursor != nil { out += EscapeSequences.showCursor }
        if profile.hasSynchronisedOutput { out += EscapeSequences.endFrame }
        return isComplete
    }

    /// Closes a frame that will not be finished as begun.
    package func suspendFrame(into out: inout [UInt8]) { writer.suspendFrame(into: &out) }

    private func fit(_ picture: PlacedPicture, _ fitter: CellFitter) -> CellFit? {
        guard scale(picture, fitter, writer.profile.glyphs) else { return nil }
        let threshold = max(Self.least, economy * cheapCell)
        writer.patterns.withPlanes(at: picture.area.row, picture.area.column) { planes, planeSize, stride in
            fitter.fit(shown: planes, planeSize: planeSize, stride: stride, threshold: threshold)
        }
        return CellFit(fitter.cells, area: picture.area)
    }

    private func scale(_ picture: PlacedPicture, _ fitter: CellFitter, _ glyphs: GlyphSet) -> Bool {
        let grids = glyphs.grids
        let shape = CellFitter.Shape(
            columns: picture.area.columns, rows: picture.area.rows, across: grids.across, down: grids.down,
            isMirrored: picture.isMirrored)
        let isDithered = glyphs.hasPatterns && profile.colours == .palette16 && !profile.mixesColours
        let dithering = isDithered ? Self.dithering16 : 0
        return fitter.scale(picture.frame, to: shape, sharpening: sharpening, dithering: dithering)
    }

    /// The grid with its pictures drawn as text.
    private func inCharacters(_ grid: CellGrid) -> CellGrid {
        var grid = grid
        for (index, picture) in grid.pictures.enumerated() where scale(picture, fitters[index], .ascii) {
            let cells = fitters[index].cells
            let samples = CharacterPicture.Samples(
                planes: cells.samples, planeSize: cells.samplePlaneSize, stride: cells.stride)
            characters[index].draw(samples, in: picture.area, of: &grid, hasColour: profile.colours != .none)
        }
        grid.removePictures()
        return grid
    }
}

extension CellFit {
    fileprivate init(_ cells: FittedCells, area: CellRect) {
        self.init(
            area: area, stride: cells.stride, planeSize: cells.planeSize, excess: cells.excess, kinds: cells.kinds,
            masks: cells.masks, foreground: cells.foreground, background: cells.background)
    }
}
