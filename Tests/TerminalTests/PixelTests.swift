import Glibc
import Media
import MediaProcessing
import PixelGraphics
import Primitives
import Testing

@testable import TerminalGraphics
@testable import TerminalIO

private let size = CellSize(columns: 40, rows: 12)
private let cell = PixelSize(8, 16)

private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

/// A painter, and a terminal that gets what it writes.
private struct Screen {
    let painter: ScreenPainter
    var terminal = PixelTerminal(size, cell: cell)
    var bytes = 0

    init(_ screen: PixelScreen) { painter = ScreenPainter(profile: TerminalProfile(pixels: screen)) }

    init(_ format: PixelScreen.Format, colours: Int = 256) {
        self.init(PixelScreen(format, cell: cell, colours: colours))
    }

    mutating func show(_ grid: CellGrid, limit: Int = .max) {
        painter.show(grid)
        var out: [UInt8] = []
        #expect(painter.write(into: &out, limit: limit))
        bytes = out.count
        terminal.receive(out)
        #expect(terminal.faults == [])
    }

    mutating func show(_ frame: VideoFrame, limit: Int = .max, _ change: (inout CellGrid) -> Void = { _ in }) {
        var grid = CellGrid(size)
        grid.place(frame, in: CellRect(row: 0, column: 0, columns: 40, rows: 11), cellAspect: 0.5)
        change(&grid)
        show(grid, limit: limit)
    }

    /// How near the picture in the area, which must be whole, comes to the frame, in decibels.
    func likeness(to frame: VideoFrame, in area: CellRect) -> Double {
        let whole = PixelSize(area.columns * cell.width, area.rows * cell.height)
        var rgb: [UInt8] = []
        PictureScaler().scale(frame, to: whole, isMirrored: false, into: &rgb)
        var sum = 0
        for y in 0..<whole.height {
            for x in 0..<whole.width {
                let shown = terminal[area.column * cell.width + x, area.row * cell.height + y]
                guard let shown else { return 0 }
                for c in 0..<3 {
                    let difference = Int(shown >> UInt32(16 - 8 * c) & 255) - Int(rgb[(y * whole.width + x) * 3 + c])
                    sum += difference * difference
                }
            }
        }
        return 10 * log10(255 * 255 / max(0.01, Double(sum) / Double(whole.area * 3)))
    }
}

/// Many colours, smooth and sharp.
private func picture(_ size: PixelSize = PixelSize(320, 176), phase: Int = 0) -> VideoFrame {
    var pattern = TestPicture(size: size, hue: 0.3)
    return pattern.nextFrame(now: .milliseconds(Int64(phase)))
}

/// The whole area of `Screen.show`'s picture.
private let whole = CellRect(row: 0, column: 0, columns: 40, rows: 11)

@Suite struct PixelTests {
    @Test func sequencesAreThoseOfTheProtocols() {
        #expect(text(PixelSequences.deleteKittyImage(7)) == "\u{1b}_Ga=d,q=2,d=I,i=7\u{1b}\\")
        var out: [UInt8] = []
        let area = CellSize(columns: 3, rows: 2)
        PixelSequences.appendKittyImage(
            .sharedMemory("/a"), number: 5, size: PixelSize(2, 1), area: area, to: &out)
        #expect(text(out) == "\u{1b}_Ga=T,q=2,C=1,i=5,f=24,s=2,v=1,c=3,r=2,t=s;L2E=\u{1b}\\")
        out = []
        let data = [UInt8](repeating: 0, count: 3_073)
        data.withUnsafeBufferPointer {
            PixelSequences.appendKittyImage(.inline($0), number: 5, size: PixelSize(2, 1), area: area, to: &out)
        }
        let first = "\u{1b}_Ga=T,q=2,C=1,i=5,f=24,s=2,v=1,c=3,r=2,o=z,m=1;" + String(repeating: "A", count: 4_096)
        #expect(text(out) == first + "\u{1b}\\\u{1b}_Gm=0;AA==\u{1b}\\")
        out = []
        PixelSequences.appendITermImage([1, 2, 3], area: area, to: &out)
        let head = "\u{1b}]1337;File=inline=1;size=3;width=3;height=2;preserveAspectRatio=0;doNotMoveCursor=1:"
        #expect(text(out) == head + "AQID\u{7}")
        #expect(text(PixelSequences.askKitty(.inline)) == "\u{1b}_Ga=q,i=31,f=24,s=1,v=1;AAAA\u{1b}\\")
    }

    @Test func sixelsOfTwoColours() {
        let rgb = [UInt8](repeating: 0, count: 4 * 7 * 3).enumerated().map { UInt8($0.offset / 3 % 4 < 2 ? 255 : 0) }
        var out: [UInt8] = []
        let area = SixelEncoder.Area(columns: 1, rows: 1, cell: PixelSize(4, 7), cells: [1])
        SixelEncoder().encode(rgb, PixelSize(4, 7), on: area, colours: 256, tolerance: 0, into: &out)
        #expect(
            text(out) == "\u{1b}P7;1;0q\"1;1;4;7#0;2;0;0;0#1;2;100;100;100#1~~#0~~-#1@@#0@@\u{1b}\\")
    }

    @Test(arguments: [
        (PixelScreen.Format.kitty, 256, 45.0), (.iterm, 256, 45), (.sixel, 256, 33), (.sixel, 64, 25), (.sixel, 16, 20),
    ])
    func thePictureIsWhatIsShown(format: PixelScreen.Format, colours: Int, atLeast: Double) {
        var screen = Screen(format, colours: colours)
        let frame = picture()
        screen.show(frame)
        #expect(screen.likeness(to: frame, in: whole) >= atLeast)
        #expect(screen.terminal.pictures == 1)
        screen.show(frame)
        #expect(screen.bytes == 0, "what is shown is not sent again")
    }

    @Test(arguments: PixelScreen.Format.allCases)
    func textLiesOverPicturesAndGoesAgain(format: PixelScreen.Format) {
        var screen = Screen(format)
        let frame = picture()
        screen.show(frame)
        screen.show(frame) { $0.write("hello", row: 5, column: 10) }
        for column in 8..<17 {
            let pixel = screen.terminal[column * 8 + 4, 5 * 16 + 8]
            #expect((pixel == nil) == (10..<15 ~= column), "column \(column)")
        }
        screen.show(frame)
        #expect(screen.likeness(to: frame, in: whole) >= 33)
        if format == .kitty { #expect(screen.terminal.imageNumbers.count == 1) }
    }

    @Test(arguments: PixelScreen.Format.allCases)
    func hiddenAndResizedPicturesLeaveNothing(format: PixelScreen.Format) {
        var screen = Screen(format)
        screen.show(picture())
        var smaller = CellGrid(size)
        let area = smaller.place(picture(), in: CellRect(row: 2, column: 4, columns: 20, rows: 5), cellAspect: 0.5)
        screen.show(smaller)
        #expect(screen.likeness(to: picture(), in: area) >= 30)
        #expect(screen.terminal[2, 2] == nil && screen.terminal[310, 170] == nil)
        screen.show(CellGrid(size))
        #expect(screen.terminal[area.column * 8 + 20, area.row * 16 + 20] == nil)
        #expect(screen.terminal.imageNumbers == [])
    }

    @Test(arguments: PixelScreen.Format.allCases)
    func twoPicturesSideBySide(format: PixelScreen.Format) {
        var screen = Screen(format)
        var grid = CellGrid(size)
        let left = grid.place(picture(), in: CellRect(row: 0, column: 0, columns: 20, rows: 10), cellAspect: 0.5)
        let right = grid.place(
            picture(phase: 900), in: CellRect(row: 1, column: 20, columns: 20, rows: 10), cellAspect: 0.5)
        screen.show(grid)
        #expect(screen.likeness(to: picture(), in: left) >= 28)
        #expect(screen.likeness(to: picture(phase: 900), in: right) >= 28)
    }

    /// A slow line gets coarser pictures, not late ones: soon each one is about as large as what may be written at once.
    @Test(arguments: PixelScreen.Format.allCases)
    func picturesFitTheLine(format: PixelScreen.Format) {
        var screen = Screen(format)
        for frame in 0..<12 { screen.show(picture(phase: frame * 40), limit: 4_000) }
        #expect(screen.bytes <= 8_000)
        #expect(screen.likeness(to: picture(phase: 11 * 40), in: whole) >= 10)
        for frame in 12..<16 { screen.show(picture(phase: frame * 40)) }
        screen.show(picture(phase: 15 * 40))
        #expect(screen.likeness(to: picture(phase: 15 * 40), in: whole) >= 33, "and finer ones when it is quick again")
    }

    /// What was not written in time is taken from the newest screen.
    @Test func aPictureThatDidNotFitIsReplaced() {
        let painter = ScreenPainter(profile: TerminalProfile(pixels: PixelScreen(.kitty, cell: cell)))
        func grid(_ phase: Int) -> CellGrid {
            var grid = CellGrid(size)
            for column in [0, 20] {
                grid.place(
                    picture(phase: phase), in: CellRect(row: 0, column: column, columns: 20, rows: 10), cellAspect: 0.5)
            }
            return grid
        }
        painter.show(grid(0))
        var out: [UInt8] = []
        #expect(!painter.write(into: &out, limit: 100))
        painter.show(grid(500))
        #expect(painter.write(into: &out))
        var screen = Screen(.kitty)
        screen.terminal.receive(out)
        #expect(screen.terminal.pictures == 3)
        for tile in grid(500).rectangularTiles() {
            #expect(screen.likeness(to: picture(phase: 500), in: tile.area) >= 28)
        }
    }

    @Test func cellsAreUsedWhereTheLineLeavesPixelsCoarse() {
        var choice = PixelChoice()
        func note(_ share: Double?, _ seconds: Int64) -> Bool {
            choice.note(share: share, now: .seconds(seconds))
            return choice.usesPixels
        }
        #expect(note(0.25, 1) && note(1, 2) && note(0.25, 3) && note(0.25, 4), "not at once")
        #expect(!note(0.25, 5) && !note(nil, 34))
        #expect(note(nil, 35), "they are tried again")
        #expect(note(0.25, 36) && !note(0.25, 38) && !note(nil, 97) && note(nil, 98), "and later the next time")
    }

    @Test func memoryIsSharedWithATerminalOnTheSameMachine() throws {
        let painter = ScreenPainter(
            profile: TerminalProfile(pixels: PixelScreen(.kitty, cell: cell, transfer: .sharedMemory)))
        var grid = CellGrid(size)
        grid.place(picture(), in: whole, cellAspect: 0.5)
        painter.show(grid)
        var out: [UInt8] = []
        #expect(painter.write(into: &out))
        #expect(out.count < 1_000 && painter.takeBytesBesides() == 320 * 176 * 3)
        let name = try #require(text(out).split(separator: "t=s;").last?.split(separator: "\u{1b}").first)
        #expect(name.hasPrefix("L2NvbmZhYi"), "/confab…")
    }

    @Test func aScreenWithoutCellsOrPicturesIsNoTrouble() {
        for format in PixelScreen.Format.allCases {
            for size in [CellSize(columns: 0, rows: 0), CellSize(columns: 1, rows: 1), CellSize(columns: 3, rows: 2)] {
                let painter = ScreenPainter(profile: TerminalProfile(pixels: PixelScreen(format, cell: cell)))
                var grid = CellGrid(size)
                grid.place(noise(PixelSize(1, 1), seed: 1), in: grid.rect, cellAspect: 0.5)
                painter.show(grid)
                var out: [UInt8] = []
                #expect(painter.write(into: &out))
            }
        }
    }
}

@Suite struct PixelProbeTests {
    private func profile(
        _ replies: [TerminalReply], glyphs: GlyphSet? = nil, pixels: PixelScreen.Format? = nil,
        cell: PixelSize? = PixelSize(9, 18)
    ) -> PixelScreen? {
        var probe = TerminalProbe()
        var profile = TerminalProfile()
        for reply in replies {
            probe.take(reply, &profile, asked: .init(glyphs: glyphs, pixels: pixels, colours: nil), cell: cell)
        }
        return profile.pixels
    }

    private static let cell = PixelSize(9, 18)

    @Test func pixelsAreUsedWhereTheTerminalHasThem() {
        let end = TerminalReply.deviceAttributes([62, 22])
        let sixels = TerminalReply.deviceAttributes([64, 1, 4, 6])
        let kitty = TerminalReply.kittyGraphics(number: 31, isPossible: true)
        let memory = TerminalReply.kittyGraphics(number: 33, isPossible: true)
        #expect(profile([end]) == nil)
        #expect(profile([.deviceAttributes([4, 6])]) == nil, "the first number is the kind of terminal")
        #expect(profile([.sixelColours(16), sixels]) == PixelScreen(.sixel, cell: Self.cell, colours: 16))
        #expect(profile([sixels], cell: nil) == nil, "sixels need the size of a cell")
        #expect(profile([kitty, end]) == PixelScreen(.kitty, cell: Self.cell))
        #expect(profile([kitty, memory, end])?.transfer == .sharedMemory)
        #expect(profile([.kittyGraphics(number: 31, isPossible: false), end]) == nil)
        #expect(profile([.version("iTerm2 3.5.0"), sixels])?.format == .iterm)
        #expect(profile([kitty, sixels], glyphs: .half) == nil, "something else was asked for")
        #expect(profile([end], pixels: .iterm)?.format == .iterm)
    }

    @Test func answersAreUnderstood() {
        var parser = InputParser()
        let bytes =
            "\u{1b}_Gi=31;OK\u{1b}\\\u{1b}_Gi=33;ENOENT:no\u{1b}\\\u{1b}[?1;0;256S\u{1b}_x\u{1b}\\\u{1b}_Gi=;OK\u{1b}\\"
        let events = parser.receive(Array(bytes.utf8), now: .zero)
        #expect(
            events == [
                .reply(.kittyGraphics(number: 31, isPossible: true)),
                .reply(.kittyGraphics(number: 33, isPossible: false)), .reply(.sixelColours(256)),
            ])
    }
}
