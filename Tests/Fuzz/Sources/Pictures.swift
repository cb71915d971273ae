import Media
import TerminalGraphics
import TerminalIO

/// Pictures of any size on screens of any size, in every glyph set, colour mode and format of pixels. The first bytes say
/// which; the rest are the pixels, over and over.
@Sendable func fuzzPictures(_ bytes: [UInt8]) {
    guard bytes.count >= 12 else { return }
    func number(_ at: Int, _ most: Int) -> Int { 1 + (Int(bytes[at]) << 8 | Int(bytes[at + 1])) % most }
    var profile = TerminalProfile(
        colours: ColourMode.allCases[Int(bytes[8]) % ColourMode.allCases.count], isUnicode: bytes[8] < 200,
        hasRepeat: bytes[8] & 1 == 1, glyphs: GlyphSet.allCases[Int(bytes[9]) % GlyphSet.allCases.count])
    if bytes[9] >= 128 {
        // Every cell costs its pixels, so they are small.
        let cell = PixelSize(1 + Int(bytes[10]) % 4, 1 + Int(bytes[11]) % 6)
        let format = PixelScreen.Format.allCases[Int(bytes[8]) % PixelScreen.Format.allCases.count]
        profile.pixels = PixelScreen(format, cell: cell, colours: 2 + Int(bytes[10]) % 255)
    }
    let painter = ScreenPainter(profile: profile)
    painter.economy = Double(bytes[10]) / 8
    for round in 0..<2 {
        let size = PixelSize(number(0, 700), number(2, 500))
        var frame = VideoFrame(black: size, captureTime: .zero)
        for index in frame.bytes.indices { frame.bytes[index] = bytes[(index + round * 7) % bytes.count] }
        var grid = CellGrid(CellSize(columns: number(4, 1_000), rows: number(6, 300)))
        grid.place(frame, in: grid.rect, cellAspect: Double(bytes[11]) / 64, isMirrored: round == 1)
        grid.write("over", row: 0, column: 0)
        painter.show(grid)
        var out: [UInt8] = []
        for _ in 0..<1_000 where !painter.write(into: &out, limit: 20_000) {}
        // And without the picture.
        painter.show(CellGrid(grid.size))
        for _ in 0..<1_000 where !painter.write(into: &out, limit: 20_000) {}
    }
}
