import Media
import Primitives
import Testing

@testable import TerminalGraphics

private func text(_ bytes: [UInt8]) -> String {
    String(decoding: bytes, as: UTF8.self).replacing("\u{1b}", with: "␛")
}

private func written(_ grid: CellGrid, by writer: inout ScreenWriter) -> String {
    var bytes: [UInt8] = []
    writer.write(grid, into: &bytes)
    return text(bytes)
}

@Suite struct ScreenWriterTests {
    @Test func firstFrameClearsTheScreenAndWritesWhatIsNotBlank() {
        var writer = ScreenWriter(profile: TerminalProfile())
        var grid = CellGrid(CellSize(columns: 10, rows: 3))
        grid.write("hi", row: 1, column: 2)
        #expect(written(grid, by: &writer) == "␛[0m␛[?25l␛[2J␛[2;3Hhi")
    }

    @Test func unchangedFramesSendNothing() {
        var writer = ScreenWriter(profile: TerminalProfile(hasSynchronisedOutput: true))
        let grid = CellGrid(CellSize(columns: 10, rows: 3))
        _ = written(grid, by: &writer)
        #expect(written(grid, by: &writer) == "")
    }

    @Test func aGlyphThatChangesIsSentWhateverItsColour() {
        var writer = ScreenWriter(profile: TerminalProfile())
        var grid = CellGrid(CellSize(columns: 4, rows: 1))
        // White has every bit that could hide the difference.
        let white = Style(Colour(0xffffff), on: Colour(0xffffff))
        grid.write("0", row: 0, column: 0, white)
        _ = written(grid, by: &writer)
        grid.write("1", row: 0, column: 0, white)
        #expect(written(grid, by: &writer).hasSuffix("1"))
    }

    @Test func onlyChangedCellsAreSentBetweenTheMarksOfAFrame() {
        var writer = ScreenWriter(profile: TerminalProfile(hasSynchronisedOutput: true))
        var grid = CellGrid(CellSize(columns: 20, rows: 3))
        _ = written(grid, by: &writer)
        grid.write("a", row: 0, column: 0)
        grid.write("b", row: 0, column: 2)
        grid.write("c", row: 0, column: 15)
        grid.write("d", row: 1, column: 0)
        #expect(written(grid, by: &writer) == "␛[?2026h␛[Ha␛[Cb␛[12Cc\r\nd␛[?2026l")
    }

    @Test(arguments: [
        (ColourMode.truecolor, "␛[38;2;255;0;0;48;2;0;0;95m▀"), (.palette256, "␛[38;5;196;48;5;17m▀"),
        (.palette16, "␛[91;40m▀"), (.none, "▀"),
    ])
    func coloursAreThoseOfTheTerminal(mode: ColourMode, expected: String) {
        var writer = ScreenWriter(profile: TerminalProfile(colours: mode))
        var grid = CellGrid(CellSize(columns: 2, rows: 1))
        _ = written(grid, by: &writer)
        grid[0, 0] = Cell("▀", Style(Colour(0xff0000), on: Colour(0x00005f)))
        #expect(written(grid, by: &writer) == "␛[H" + expected)
    }

    @Test func halvesAreTurnedWhereThatSavesAColourChange() {
        var writer = ScreenWriter(profile: TerminalProfile())
        var grid = CellGrid(CellSize(columns: 4, rows: 1))
        _ = written(grid, by: &writer)
        let (red, blue) = (Colour(0xff0000), Colour(0x0000ff))
        grid[0, 0] = Cell("▀", Style(red, on: blue))
        grid[0, 1] = Cell("▀", Style(blue, on: red))
        grid[0, 2] = Cell("▀", Style(blue, on: blue))
        #expect(written(grid, by: &writer) == "␛[H␛[38;2;255;0;0;48;2;0;0;255m▀▄ ")
    }

    @Test func attributesAreTakenAwayByBeginningAnew() {
        var writer = ScreenWriter(profile: TerminalProfile())
        var grid = CellGrid(CellSize(columns: 6, rows: 1))
        _ = written(grid, by: &writer)
        grid.write("ab", row: 0, column: 0, Style(Colour(0xffffff), on: .standard, [.bold, .underline]))
        grid.write("c", row: 0, column: 2, Style(Colour(0xffffff), on: .standard, [.bold]))
        #expect(written(grid, by: &writer) == "␛[H␛[1;4;38;2;255;255;255mab␛[0;1;38;2;255;255;255mc")
    }

    /// One row of a picture: for each cell what it gains, its pattern of six and its colours.
    private func picture(
        _ cells: [(excess: UInt16, mask: UInt8, foreground: UInt32, background: UInt32)], economy: Float,
        by writer: inout ScreenWriter
    ) -> String {
        func planes(_ colours: [UInt32]) -> [UInt8] {
            [16, 8, 0].flatMap { shift in colours.map { UInt8($0 >> UInt32(shift) & 255) } }
        }
        let count = cells.count
        let excess = cells.map(\.excess)
        let bytes =
            [UInt8](repeating: 6, count: count) + cells.map(\.mask) + planes(cells.map(\.foreground))
            + planes(cells.map(\.background))
        var grid = CellGrid(CellSize(columns: count, rows: 1))
        grid.place(VideoFrame(black: PixelSize(count, 1), captureTime: .zero), in: grid.rect, cellAspect: 1)
        var out: [UInt8] = []
        excess.withUnsafeBufferPointer { excess in
            bytes.withUnsafeBufferPointer { bytes in
                let start = bytes.baseAddress!
                let fit = CellFit(
                    area: grid.rect, stride: 1, planeSize: count, excess: excess.baseAddress!, kinds: start,
                    masks: start + count, foreground: start + 2 * count, background: start + 5 * count)
                writer.write(grid, fits: [fit], economy: economy, into: &out)
            }
        }
        return text(out)
    }

    @Test func cellsOfPicturesAreDrawnWhereThatIsWorthItsBytes() {
        var writer = ScreenWriter(profile: TerminalProfile(glyphs: .sextant))
        _ = written(CellGrid(CellSize(columns: 4, rows: 1)), by: &writer)
        let cells: [(excess: UInt16, mask: UInt8, foreground: UInt32, background: UInt32)] = [
            (500, 1, 0x010203, 0xbcbcbc), (0, 0, 0, 0), (500, 62, 0xbcbcbc, 0x010203), (9, 1, 0xffffff, 0),
        ]
        // The third has the colours of the first, exchanged; the fourth gains too little.
        #expect(
            picture(cells, economy: 1, by: &writer)
                == "␛[H␛[38;5;16;48;5;250m\u{1fb00}␛[C\u{1fb00}")
        #expect(picture(cells, economy: 1000, by: &writer) == "")
    }

    @Test func whereBytesDoNotMatterColoursAreExact() {
        var writer = ScreenWriter(profile: TerminalProfile(glyphs: .sextant))
        _ = written(CellGrid(CellSize(columns: 2, rows: 1)), by: &writer)
        #expect(
            picture([(500, 1, 0x010203, 0xc8c8c9), (500, 0, 0, 0x090909)], economy: 0, by: &writer)
                == "␛[H␛[38;2;1;2;3;48;2;200;200;201m\u{1fb00}␛[48;2;9;9;9m ")
    }

    @Test func runsAreRepeatedWhereTheTerminalCanAndThatIsShorter() {
        var writer = ScreenWriter(profile: TerminalProfile(hasRepeat: true))
        var grid = CellGrid(CellSize(columns: 40, rows: 2))
        _ = written(grid, by: &writer)
        grid.write("───────ab", row: 0, column: 0)
        grid.write("aaaaaaaaaaaaaaaaaaaaaaaaaaaaabbb", row: 1, column: 0)
        #expect(written(grid, by: &writer) == "␛[H─␛[6bab\r\na␛[28bbbb")
    }

    @Test func withoutUnicodeNothingButASCIIIsSent() {
        var writer = ScreenWriter(profile: TerminalProfile(isUnicode: false))
        var grid = CellGrid(CellSize(columns: 12, rows: 1))
        grid.write("╭─ é 小● …", row: 0, column: 0)
        #expect(written(grid, by: &writer).allSatisfy { $0.isASCII || $0 == "␛" })
    }

    @Test func theCursorIsShownWhereTheGridHasIt() {
        var writer = ScreenWriter(profile: TerminalProfile())
        var grid = CellGrid(CellSize(columns: 5, rows: 2))
        _ = written(grid, by: &writer)
        grid.cursor = CellPosition(row: 1, column: 3)
        #expect(written(grid, by: &writer) == "␛[2;4H␛[?25h")
        #expect(written(grid, by: &writer) == "")
        grid.write("x", row: 0, column: 0)
        #expect(written(grid, by: &writer) == "␛[?25l␛[Hx␛[2;4H␛[?25h")
        grid.cursor = nil
        #expect(written(grid, by: &writer) == "␛[?25l")
    }

    /// Random grids one after another, whole or in pieces: the terminal shows each as asked.
    @Test(arguments: ColourMode.allCases, [1, 2, 3, 4])
    func theTerminalShowsTheGrid(mode: ColourMode, seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var writer = ScreenWriter(
            profile: TerminalProfile(colours: mode, hasSynchronisedOutput: seed % 2 == 0, hasRepeat: seed > 2))
        var grid = CellGrid(CellSize(columns: 23, rows: 7))
        var terminal = TinyTerminal(grid.size)
        for round in 0..<150 {
            if round % 40 == 39 {
                let size = CellSize(
                    columns: .random(in: 1...30, using: &random), rows: .random(in: 1...9, using: &random))
                grid = CellGrid(size)
                terminal.resize(size)
            }
            grid.scribble(&random)
            var limit = round % 3 == 0 ? 40 : Int.max
            while true {
                var bytes: [UInt8] = []
                let isComplete = writer.write(grid, into: &bytes, limit: limit)
                if !isComplete, Bool.random(using: &random) {
                    writer.suspendFrame(into: &bytes)
                    grid.scribble(&random)  // a newer frame goes on where the old one was left
                    limit = 200
                }
                terminal.receive(bytes)
                if isComplete { break }
            }
            // Rows written before a newer frame came are behind by one frame; one more brings them up to date.
            var bytes: [UInt8] = []
            writer.write(grid, into: &bytes)
            terminal.receive(bytes)
            #expect(terminal.looks == grid.looks(mode))
            #expect(terminal.faults == [])
            #expect(!terminal.isInFrame)
            #expect(terminal.cursorIsShown == (grid.cursor != nil))
            if let cursor = grid.cursor { #expect(terminal.position == cursor) }
            if terminal.faults != [] || terminal.looks != grid.looks(mode) { break }
        }
    }
}

extension CellGrid {
    /// Changes some cells: text of all widths, half blocks, fills, and raw cells that cut wide glyphs in two.
    fileprivate mutating func scribble(_ random: inout SeededGenerator) {
        let colours: [Colour] = [
            .standard, Colour(0xff0000), Colour(0x00ff87), Colour(0x123456), Colour(0x808080), Colour(0),
        ]
        let texts = ["abc", "小林さ", "e\u{301}x", "👍🏽", "▀▄█", "─┼", "🇩🇪", "é", "a\u{1b}[31m", "  ", "👩‍💻!"]
        for _ in 0..<Int.random(in: 0...12, using: &random) {
            let style = Style(
                colours.randomElement(using: &random)!, on: colours.randomElement(using: &random)!,
                Int.random(in: 0..<4, using: &random) == 0
                    ? Attributes(rawValue: .random(in: 0..<32, using: &random)) : [])
            let row = Int.random(in: 0..<size.rows, using: &random)
            let column = Int.random(in: -2..<size.columns, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: self[row, column] = Cell("▀", style)
            case 1: self[row, column] = Cell("x", style)
            case 2: fill(CellRect(row: row, column: column, columns: 5, rows: 2), with: Cell("▀", style))
            default: write(texts.randomElement(using: &random)!, row: row, column: column, style)
            }
        }
        cursor =
            Bool.random(using: &random)
            ? CellPosition(
                row: .random(in: 0..<size.rows, using: &random), column: .random(in: 0..<size.columns, using: &random))
            : nil
    }
}
