/// Turns the difference between what a terminal shows and what it shall show into the bytes that make it so.
///
/// It keeps the grid as the terminal has it by now, in the colours that the terminal can show, so that a change
/// invisible there sends nothing. A screenful can be taken in pieces: each call emits whole rows until `limit` is
/// reached, and the next call goes on from there, with a newer grid if there is one.
package struct ScreenWriter: Sendable {
    package private(set) var profile: TerminalProfile
    /// What the terminal shows.
    private var shown: CellGrid
    /// What it shows where pictures are.
    package private(set) var patterns: ShownPatterns
    private var isShownKnown = false
    private var pen = Pen()
    /// The row to go on with; rows before it are up to date with the grid last given.
    private var nextRow = 0

    /// What of a row is written.
    private enum Part { case all, text, pictures }
    private var isFrameOpen = false
    /// The row being worked on, in the terminal's colours.
    private var wanted: [Cell] = []
    /// The bytes of the row being worked on.
    private var scratch: [UInt8] = []

    package init(profile: TerminalProfile) {
        self.profile = profile
        shown = CellGrid(CellSize(columns: 0, rows: 0))
        patterns = ShownPatterns(shown.size)
    }

    /// From now on the terminal can do more, or less, than was thought: the next frame repaints all.
    package mutating func adopt(_ profile: TerminalProfile) {
        guard profile != self.profile else { return }
        self.profile = profile
        invalidate()
    }

    /// What the terminal shows by now, with palette numbers turned back into colours.
    package var shownInRGB: CellGrid {
        guard profile.colours == .palette256 || profile.colours == .palette16 else { return shown }
        let palette = profile.colours == .palette16 ? Palette.ansi16 : Palette.xterm256
        func rgb(_ colour: Colour) -> Colour {
            colour.isStandard ? colour : Colour(palette.colour(at: UInt8(truncatingIfNeeded: colour.bits)))
        }
        var grid = shown
        grid.restyle(grid.rect) { Style(rgb($0.foreground), on: rgb($0.background), $0.attributes) }
        return grid
    }

    /// Something else wrote on the terminal: the next frame repaints all.
    package mutating func invalidate() { isShownKnown = false }

    /// Whether a frame was begun and more rows of it are to come.
    package var isMidFrame: Bool { isFrameOpen }

    /// Makes sure that `patterns` is of the grid's size, for whoever fits pictures to it before `write`.
    package mutating func prepare(for size: CellSize) {
        if !isShownKnown || patterns.size != size { patterns = ShownPatterns(size) }
    }

    /// Appends to `out` what brings the terminal from what it shows to `grid`. True when the frame is complete; false
    /// where `limit` bytes were reached before.
    ///
    /// `fits` are those of the grid's pictures, in their order, made from `patterns` as they are; cells of pictures
    /// without one stay blank, and so do all where the terminal shows pixels. `economy` is how much error (mean squared) a byte is worth.
    @discardableResult
    package mutating func write(
        _ grid: CellGrid, fits: [CellFit] = [], economy: Float = 1, into out: inout [UInt8], limit: Int = .max
    ) -> Bool {
        let start = out.count
        if !isShownKnown || shown.size != grid.size { beginRepaint(of: grid.size, into: &out) }
        // Text never waits for pictures: an echo of a key shall be there at once.
        let hasPictures = !grid.pictures.isEmpty && profile.pixels == nil
        if hasPictures {
            for row in 0..<grid.size.rows { writeRow(row, of: grid, fits, economy, .text, into: &out) }
        }
        while nextRow < grid.size.rows {
            writeRow(nextRow, of: grid, fits, economy, hasPictures ? .pictures : .all, into: &out)
            nextRow += 1
            if out.count - start >= limit, nextRow < grid.size.rows { return false }
        }
        nextRow = 0
        finishFrame(cursor: grid.cursor, into: &out)
        return true
    }

    /// Closes a frame that will not be finished as begun, so that the terminal shows what has come.
    package mutating func suspendFrame(into out: inout [UInt8]) {
        guard isFrameOpen else { return }
        if profile.hasSynchronisedOutput { out += EscapeSequences.endFrame }
        isFrameOpen = false
    }

    private mutating func openFrame(into out: inout [UInt8]) {
        guard !isFrameOpen else { return }
        isFrameOpen = true
        if profile.hasSynchronisedOutput { out += EscapeSequences.beginFrame }
        guard shown.cursor != nil else { return }
        out += EscapeSequences.hideCursor
        shown.cursor = nil
    }

    private mutating func beginRepaint(of size: CellSize, into out: inout [UInt8]) {
        openFrame(into: &out)
        shown = CellGrid(size)
        if patterns.size != size || patterns.bytes.contains(where: { $0 != 0 }) { patterns = ShownPatterns(size) }
        isShownKnown = true
        nextRow = 0
        pen = Pen()
        out += EscapeSequences.resetStyle + EscapeSequences.hideCursor + EscapeSequences.clearScreen
        wanted = Array(repeating: .blank, count: size.columns)
        scratch = Array(repeating: 0, count: size.columns * RowEmitter.bytesPerCell + RowEmitter.slack)
    }

    private mutating func finishFrame(cursor: CellPosition?, into out: inout [UInt8]) {
        let cursor = cursor.flatMap { shown.rect.contains($0) ? $0 : nil }
        if let cursor, isFrameOpen || cursor != shown.cursor {
            openFrame(into: &out)
            out += [UInt8]("\u{1b}[\(cursor.row + 1);\(cursor.column + 1)H".utf8) + EscapeSequences.showCursor
            pen.position = cursor
            shown.cursor = cursor
        } else if cursor == nil, shown.cursor != nil {
            openFrame(into: &out)
        }
        suspendFrame(into: &out)
    }

    private mutating func writeRow(
        _ row: Int, of grid: CellGrid, _ fits: [CellFit], _ economy: Float, _ part: Part, into out: inout [UInt8]
    ) {
        let range = row * grid.size.columns..<(row + 1) * grid.size.columns
        let hasFits = profile.pixels == nil && fits.count >= grid.pictures.count
        translate(grid, range, hasFits: hasFits)
        guard isChanged(row, fits, part) else { return }
        openFrame(into: &out)
        let glyphs = profile.glyphs == .braille ? PatternGlyphs.braille : PatternGlyphs.blocks
        wanted.withUnsafeBufferPointer { wanted in
            shown.cells.withUnsafeMutableBufferPointer { shown in
                scratch.withUnsafeMutableBytes { scratch in
                    patterns.withMutablePlanes { patterns in
                        let shown = UnsafeMutableBufferPointer(rebasing: shown[range])
                        var emitter = RowEmitter(row: row, pen: pen, profile: profile, output: scratch.baseAddress!)
                        for run in Runs(wanted) {
                            if let picture = run.picture {
                                guard part != .text else { continue }
                                emitter.emit(
                                    fits[picture], run.columns, over: shown, patterns, economy: economy, glyphs: glyphs)
                            } else if part != .pictures {
                                emitter.emit(wanted, over: shown, run.columns, patterns)
                            }
                        }
                        pen = emitter.pen
                        out.append(contentsOf: scratch[..<(emitter.output - scratch.baseAddress!)])
                    }
                }
            }
        }
    }

    /// Whether the terminal shows anything else than `wanted` in this row, or pictures that may have to be redrawn.
    private func isChanged(_ row: Int, _ fits: [CellFit], _ part: Part) -> Bool {
        wanted.withUnsafeBufferPointer { wanted in
            shown.cells.withUnsafeBufferPointer { shown in
                var difference: UInt64 = 0
                for column in 0..<wanted.count {
                    let cell = wanted[column]
                    if cell.isPicture {
                        guard part != .text else { continue }
                        let fit = fits[Int(cell.glyph)]
                        difference |= UInt64(fit.excess[fit.index(row: row, column: column)])
                    } else if part != .pictures {
                        let old = shown[row * wanted.count + column]
                        difference |= (cell.glyph ^ old.glyph) | (cell.word ^ old.word)
                    }
                }
                return difference != 0
            }
        }
    }

    /// Fills `wanted` with a row of the grid in the colours and characters that the terminal has.
    private mutating func translate(_ grid: CellGrid, _ range: Range<Int>, hasFits: Bool) {
        let mode = profile.colours
        let isUnicode = profile.isUnicode
        grid.cells.withUnsafeBufferPointer { cells in
            wanted.withUnsafeMutableBufferPointer { wanted in
                guard let from = cells.baseAddress, let to = wanted.baseAddress else { return }
                to.update(from: from + range.lowerBound, count: wanted.count)
                if !hasFits {
                    let blank = profile.pixels == nil ? Cell.blank : .pixels
                    for column in 0..<wanted.count where wanted[column].isPicture { wanted[column] = blank }
                }
                if !isUnicode {
                    for column in 0..<wanted.count where !wanted[column].isPicture {
                        wanted[column].glyph = ASCIIFallback.glyph(for: wanted[column].glyph)
                        // A wide glyph's second half becomes a blank of its own.
                        wanted[column].word &= ~(Cell.wideFlag | Cell.continuationFlag)
                    }
                }
                switch mode {
                case .truecolor: break
                case .palette256: Self.quantise(wanted, .xterm256)
                case .palette16: Self.quantise(wanted, .ansi16)
                case .none: for column in 0..<wanted.count { wanted[column].word &= ~(1 << 50 - 1) }
                }
                Self.repairHalves(wanted)
            }
        }
    }

    /// Replaces RGB by palette indices, in the same bits.
    private static func quantise(_ cells: UnsafeMutableBufferPointer<Cell>, _ palette: Palette) {
        for column in 0..<cells.count where !cells[column].isPicture {
            let style = cells[column].style
            func index(_ colour: Colour) -> Colour {
                colour.isStandard ? colour : Colour(bits: Colour.isRGB | UInt32(palette.index(of: colour)))
            }
            cells[column].style = Style(index(style.foreground), on: index(style.background), style.attributes)
        }
    }

    /// Where something was drawn over one half of a wide glyph, the other half becomes a blank.
    private static func repairHalves(_ cells: UnsafeMutableBufferPointer<Cell>) {
        for column in 0..<cells.count where cells[column].word >> 62 != 0 {
            let cell = cells[column]
            if cell.isWide {
                guard column + 1 < cells.count, cells[column + 1].isContinuation else {
                    cells[column] = Cell(" ", cell.style)
                    continue
                }
                cells[column + 1] = .continuation(cell.style)
            } else if column == 0 || !cells[column - 1].isWide {
                cells[column] = Cell(" ", cell.style)
            }
        }
    }
}

/// A row as stretches of text and of pictures.
private struct Runs: Sequence, IteratorProtocol {
    private let cells: UnsafeBufferPointer<Cell>
    private var column = 0

    init(_ cells: UnsafeBufferPointer<Cell>) { self.cells = cells }

    mutating func next() -> (picture: Int?, columns: Range<Int>)? {
        guard column < cells.count else { return nil }
        let start = column
        let isPicture = cells[start].isPicture
        let number = cells[start].glyph
        repeat {
            column += 1
        } while column < cells.count && cells[column].isPicture == isPicture
            && (!isPicture || cells[column].glyph == number)
        return (isPicture ? Int(number) : nil, start..<column)
    }
}
