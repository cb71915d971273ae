import Media

/// Draws rectangles and rows into an I420 picture; everything is clipped to it.
struct Canvas {
    struct Colour {
        var y: UInt8
        var u: UInt8
        var v: UInt8

        static let black = Colour(y: 16, u: 128, v: 128)
        static let white = Colour(y: 235, u: 128, v: 128)

        /// ITU-R BT.601 in studio range, from components in 0...1.
        init(red: Double, green: Double, blue: Double) {
            y = UInt8(16 + 65.48 * red + 128.55 * green + 24.97 * blue)
            u = UInt8(128 - 37.80 * red - 74.20 * green + 112 * blue)
            v = UInt8(128 + 112 * red - 93.79 * green - 18.21 * blue)
        }

        init(y: UInt8, u: UInt8, v: UInt8) {
            self.y = y
            self.u = u
            self.v = v
        }

        /// A colour of the rainbow, `hue` in turns, as bright as `value` (0...1) and as strong as `saturation` (0...1).
        init(hue: Double, saturation: Double, value: Double) {
            func component(_ shift: Double) -> Double {
                let wave = 0.5 + 0.5 * ElementaryFunctions.cosine(turns: hue - shift)
                return value * (1 - saturation * (1 - wave))
            }
            self.init(red: component(0), green: component(1.0 / 3), blue: component(2.0 / 3))
        }
    }

    let size: PixelSize
    private let base: UnsafeMutablePointer<UInt8>
    private let chromaWidth: Int
    private let u: UnsafeMutablePointer<UInt8>
    private let v: UnsafeMutablePointer<UInt8>

    /// Valid as long as `base` is: the planes of a picture of this size.
    init(_ base: UnsafeMutablePointer<UInt8>, size: PixelSize) {
        self.size = size
        self.base = base
        chromaWidth = (size.width + 1) / 2
        u = base + size.area
        v = base + size.area + VideoFrame.chromaArea(size)
    }

    func fillLuma(x: Range<Int>, y: Range<Int>, _ value: UInt8) {
        let x = x.clamped(to: 0..<size.width)
        for row in y.clamped(to: 0..<size.height) {
            (base + row * size.width + x.lowerBound).update(repeating: value, count: x.count)
        }
    }

    /// Colours the blocks of 2x2 pixels whose upper left corner is in the rectangle.
    func fillChroma(x: Range<Int>, y: Range<Int>, _ colour: Colour) {
        let columns = halved(x).clamped(to: 0..<chromaWidth)
        for row in halved(y).clamped(to: 0..<(size.height + 1) / 2) {
            (u + row * chromaWidth + columns.lowerBound).update(repeating: colour.u, count: columns.count)
            (v + row * chromaWidth + columns.lowerBound).update(repeating: colour.v, count: columns.count)
        }
    }

    func fill(x: Range<Int>, y: Range<Int>, _ colour: Colour) {
        fillLuma(x: x, y: y, colour.y)
        fillChroma(x: x, y: y, colour)
    }

    /// Copies one picture row into row `y`, starting at an even `offset` of `row`, which is at least that much longer.
    func copyRow(_ row: PictureRow, offset: Int, to y: Int) {
        row.luma.withUnsafeBufferPointer {
            (base + y * size.width).update(from: $0.baseAddress! + offset, count: size.width)  // a row is never empty
        }
        guard y % 2 == 0 else { return }
        let at = y / 2 * chromaWidth
        row.u.withUnsafeBufferPointer { (u + at).update(from: $0.baseAddress! + offset / 2, count: chromaWidth) }
        row.v.withUnsafeBufferPointer { (v + at).update(from: $0.baseAddress! + offset / 2, count: chromaWidth) }
    }

    func disc(centreX: Int, centreY: Int, radius: Int, _ colour: Colour) {
        for dy in -radius...radius {
            let half = Int(Double(radius * radius - dy * dy).squareRoot())
            let row = centreY + dy
            fillLuma(x: centreX - half..<centreX + half + 1, y: row..<row + 1, colour.y)
            if row % 2 == 0 { fillChroma(x: centreX - half..<centreX + half + 1, y: row..<row + 1, colour) }
        }
    }

    /// White digits on a black box with a margin of one dot; `dot` is the size of a font's dot in pixels.
    func text(_ characters: [UInt8], x: Int, y: Int, dot: Int) {
        let width = (characters.count * BitmapFont.advance + 1) * dot
        fill(x: x..<x + width, y: y..<y + (BitmapFont.rows + 2) * dot, .black)
        for (index, character) in characters.enumerated() {
            let left = x + (index * BitmapFont.advance + 1) * dot
            for (line, bits) in BitmapFont.glyph(character).enumerated() {
                let top = y + (line + 1) * dot
                for column in 0..<BitmapFont.columns where bits >> UInt8(BitmapFont.columns - 1 - column) & 1 == 1 {
                    fillLuma(x: left + column * dot..<left + (column + 1) * dot, y: top..<top + dot, Colour.white.y)
                }
            }
        }
    }

    private func halved(_ range: Range<Int>) -> Range<Int> {
        (range.lowerBound + 1) >> 1..<(range.upperBound + 1) >> 1
    }
}

/// One row of pixels with its row of chroma, precomputed to be copied into pictures.
struct PictureRow {
    var luma: [UInt8]
    var u: [UInt8]
    var v: [UInt8]

    /// Colours by position; `width` is even.
    init(width: Int, colour: (Int) -> Canvas.Colour) {
        let colours = (0..<width).map(colour)
        luma = colours.map(\.y)
        u = stride(from: 0, to: width, by: 2).map { colours[$0].u }
        v = stride(from: 0, to: width, by: 2).map { colours[$0].v }
    }
}
