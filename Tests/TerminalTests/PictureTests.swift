import CellFitting
import Media
import Primitives
import Testing

@testable import TerminalGraphics
@testable import TerminalIO

/// Left half black, right half white.
func twoHalves(_ size: PixelSize) -> VideoFrame {
    var frame = VideoFrame(black: size, captureTime: .zero)
    for row in 0..<size.height {
        for column in size.width / 2..<size.width { frame.bytes[row * size.width + column] = 235 }
    }
    return frame
}

/// Chance in every byte.
func noise(_ size: PixelSize, seed: UInt64) -> VideoFrame {
    var random = SeededGenerator(seed: seed)
    var frame = VideoFrame(black: size, captureTime: .zero)
    for index in frame.bytes.indices { frame.bytes[index] = UInt8.random(in: 16...235, using: &random) }
    return frame
}

/// What a painter draws on a terminal that shows nothing yet.
private func drawn(_ frame: VideoFrame, _ size: CellSize, _ profile: TerminalProfile, isMirrored: Bool = false)
    -> TinyTerminal
{
    let painter = ScreenPainter(profile: profile)
    painter.economy = 0
    var grid = CellGrid(size)
    grid.place(frame, in: grid.rect, cellAspect: profile.cellAspect, isMirrored: isMirrored)
    painter.show(grid)
    var bytes: [UInt8] = []
    #expect(painter.write(into: &bytes))
    var terminal = TinyTerminal(size)
    terminal.receive(bytes)
    #expect(terminal.faults == [])
    return terminal
}

@Suite struct PictureTests {
    @Test func aPictureFillsTheCellsOfItsShape() {
        var grid = CellGrid(CellSize(columns: 40, rows: 10))
        let area = grid.place(twoHalves(PixelSize(32, 18)), in: grid.rect, cellAspect: 0.5)
        #expect(area == CellRect(row: 0, column: 2, columns: 36, rows: 10))
        #expect(grid[5, 1] == .blank)
        #expect(grid[5, 2].isPicture && grid[5, 37].isPicture)
    }

    @Test(arguments: [GlyphSet.half, .quadrant, .sextant, .octant, .best, .space], [false, true])
    func halvesAreWhereTheyAre(glyphs: GlyphSet, isMirrored: Bool) {
        let terminal = drawn(
            twoHalves(PixelSize(32, 18)), CellSize(columns: 32, rows: 9), TerminalProfile(glyphs: glyphs),
            isMirrored: isMirrored)
        let black = TinyTerminal.Look.pixels("0,0,0", "0,0,0")
        let white = TinyTerminal.Look.pixels("255,255,255", "255,255,255")
        #expect(terminal.looks[4 * 32 + 3] == (isMirrored ? white : black))
        #expect(terminal.looks[4 * 32 + 28] == (isMirrored ? black : white))
    }

    @Test func theUpperPixelIsTheForeground() {
        var frame = VideoFrame(black: PixelSize(2, 2), captureTime: .zero)
        frame.bytes[0] = 235
        frame.bytes[1] = 235
        let terminal = drawn(frame, CellSize(columns: 2, rows: 1), TerminalProfile(glyphs: .half))
        #expect(terminal.looks[0] == .pixels("255,255,255", "0,0,0"))
    }

    @Test func whatLiesOverAPictureIsShownAndWhatWasUnderItComesBack() {
        let painter = ScreenPainter(profile: TerminalProfile(glyphs: .sextant))
        painter.economy = 0
        let size = CellSize(columns: 32, rows: 9)
        var terminal = TinyTerminal(size)
        for text in ["over", nil, "again"] {
            var grid = CellGrid(size)
            grid.place(twoHalves(PixelSize(32, 18)), in: grid.rect, cellAspect: 0.5)
            if let text { grid.write(text, row: 4, column: 20) }
            painter.show(grid)
            var bytes: [UInt8] = []
            _ = painter.write(into: &bytes)
            terminal.receive(bytes)
            let look = terminal.looks[4 * 32 + 20]
            let white = TinyTerminal.Look.pixels("255,255,255", "255,255,255")
            let glyph = text.map { String($0.prefix(1)) }
            let letter = glyph.map {
                TinyTerminal.Look.glyph($0, foreground: "default", background: "none", attributes: 0)
            }
            #expect(look == letter ?? white)
        }
        #expect(terminal.faults == [])
    }

    @Test func aStillPictureIsWrittenOnce() {
        let painter = ScreenPainter(profile: TerminalProfile(hasSynchronisedOutput: true, glyphs: .best))
        var grid = CellGrid(CellSize(columns: 60, rows: 20))
        grid.place(noise(PixelSize(64, 36), seed: 1), in: grid.rect, cellAspect: 0.5)
        var bytes: [UInt8] = []
        for _ in 0..<3 {
            bytes = []
            painter.show(grid)
            _ = painter.write(into: &bytes)
        }
        #expect(bytes.count < 600)
    }

    @Test func withoutColourBrightnessBecomesCharacters() {
        let terminal = drawn(
            twoHalves(PixelSize(32, 18)), CellSize(columns: 32, rows: 9),
            TerminalProfile(colours: .none, glyphs: .ascii))
        #expect(terminal.looks[4 * 32 + 3] == .pixels("none", "none"))
        guard case .glyph(let glyph, _, _, _) = terminal.looks[4 * 32 + 28] else {
            Issue.record("nothing is drawn for white")
            return
        }
        #expect("@M#W$B%8&gQ".contains(glyph))
    }

    @Test(arguments: [(1, 1), (2, 1), (1, 2), (640, 2), (2, 640), (17, 13), (1920, 1080)], GlyphSet.allCases)
    func anySizeFitsAnywhere(picture: (Int, Int), glyphs: GlyphSet) {
        let frame = VideoFrame(black: PixelSize(picture.0, picture.1), captureTime: .zero)
        let painter = ScreenPainter(profile: TerminalProfile(glyphs: glyphs))
        for area in [(0, 0), (1, 1), (3, 1), (1, 7), (50, 20)] {
            var grid = CellGrid(CellSize(columns: 20, rows: 10))
            let area = CellRect(row: -1, column: 5, columns: area.0, rows: area.1)
            let placed = grid.place(frame, in: area, cellAspect: 0.5, isMirrored: true)
            #expect(placed.isEmpty || placed.intersection(area) == placed)
            painter.show(grid)
            var bytes: [UInt8] = []
            #expect(painter.write(into: &bytes))
        }
    }
}

@Suite struct ShadesTests {
    private static let tables = [(Palette.xterm256, Shades.xterm256, 0.35), (.ansi16, .ansi16, 0.35)]

    @Test(arguments: [0, 1])
    func mixturesComeNearerThanThePalette(table: Int) {
        let (palette, shades, share) = Self.tables[table]
        var (mixed, plain) = (0.0, 0.0)
        for code in stride(from: 0, to: Palette.codes, by: 37) {
            let wanted = Palette.colour(ofCode: code)
            let mixture = shades.mixture(near: wanted)
            let (front, back) = (palette.colour(at: mixture.foreground), palette.colour(at: mixture.background))
            for shift in [UInt32(0), 8, 16] {
                let (a, b) = (Int(front >> shift & 255), Int(back >> shift & 255))
                let seen = (a * mixture.quarters + b * (4 - mixture.quarters) + 2) / 4
                #expect(Int(mixture.colour >> shift & 255) == seen)
            }
            mixed += Double(RowEmitter.distance(wanted, mixture.colour))
            plain += Double(RowEmitter.distance(wanted, palette.colour(at: palette.index(near: wanted))))
        }
        #expect(mixed < plain * share)
    }

    @Test func cellsOfOneColourAreMixedWhereTheCharactersAre() {
        var frame = VideoFrame(black: PixelSize(16, 16), captureTime: .zero)
        for index in frame.bytes.indices { frame.bytes[index] = index < 256 ? 95 : index < 320 ? 112 : 145 }
        func text(_ profile: TerminalProfile) -> String {
            let painter = ScreenPainter(profile: profile)
            var grid = CellGrid(CellSize(columns: 4, rows: 2))
            grid.place(frame, in: grid.rect, cellAspect: 0.5)
            painter.show(grid)
            var bytes: [UInt8] = []
            #expect(painter.write(into: &bytes))
            return String(decoding: bytes, as: UTF8.self)
        }
        let shading = Set("░▒▓")
        for colours in [ColourMode.palette256, .palette16] {
            #expect(!shading.isDisjoint(with: text(TerminalProfile(colours: colours, glyphs: .half))))
            #expect(shading.isDisjoint(with: text(TerminalProfile(colours: colours, glyphs: .space))))
            let ascii = TerminalProfile(colours: colours, isUnicode: false, glyphs: .space)
            #expect(text(ascii).utf8.allSatisfy { $0 < 0x80 })
        }
        #expect(shading.isDisjoint(with: text(TerminalProfile(colours: .truecolor, glyphs: .half))))
    }
}
