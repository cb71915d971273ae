import Primitives

/// A picture of a screen of cells, 8 x 16 pixels each: what `snapshot FILE.png` writes.
package struct ScreenImage {
    private static let cellWidth = 8
    private static let cellHeight = 16
    private static let foreground: UInt32 = 0xe5e5e5
    private static let background: UInt32 = 0x000000

    private let width: Int
    private var pixels: [UInt8]

    /// Cells of pictures that were not drawn are left blank.
    package init(_ grid: CellGrid) {
        width = grid.size.columns * Self.cellWidth
        pixels = Array(repeating: 0, count: width * grid.size.rows * Self.cellHeight * 3)
        for row in 0..<grid.size.rows {
            for column in 0..<grid.size.columns { draw(grid[row, column], row, column) }
        }
    }

    /// As a PNG file (W3C PNG, third edition).
    package var png: [UInt8] { PNG.encode(pixels, width: width) }

    private mutating func draw(_ cell: Cell, _ row: Int, _ column: Int) {
        let style = cell.style
        var front = style.foreground.isStandard ? Self.foreground : style.foreground.bits & 0xff_ffff
        var back = style.background.isStandard ? Self.background : style.background.bits & 0xff_ffff
        if style.attributes.contains(.inverse) { swap(&front, &back) }
        let ink = cell.isPicture || cell.isContinuation ? { _, _ in false } : Self.ink(cell.glyph & 0x1f_ffff)
        for y in 0..<Self.cellHeight {
            var at = ((row * Self.cellHeight + y) * width + column * Self.cellWidth) * 3
            for x in 0..<Self.cellWidth {
                let isUnderline = y == Self.cellHeight - 2 && style.attributes.contains(.underline)
                let colour = ink(x, y) || isUnderline ? front : back
                pixels[at] = UInt8(truncatingIfNeeded: colour >> 16)
                pixels[at + 1] = UInt8(truncatingIfNeeded: colour >> 8)
                pixels[at + 2] = UInt8(truncatingIfNeeded: colour)
                at += 3
            }
        }
    }

    /// Which pixels of the cell the character covers.
    private static func ink(_ scalar: UInt64) -> (_ x: Int, _ y: Int) -> Bool {
        if let (kind, mask) = pattern[UInt32(scalar)] {
            let across = kind == 2 ? 1 : 2
            let down = kind / across
            return { x, y in mask >> (y * down / cellHeight * across + x * across / cellWidth) & 1 == 1 }
        }
        switch scalar {
        case 0x2581...0x2587: return { _, y in y >= cellHeight - (Int(scalar) - 0x2580) * 2 }
        case 0x2591...0x2593: return { x, y in [0, 2, 3, 1][(y & 1) * 2 + (x & 1)] < Int(scalar) - 0x2590 }
        case 0x2589...0x258f: return { x, _ in x < 0x2590 - Int(scalar) }
        case 0x2500, 0x2501: return { _, y in y == 7 || y == 8 }
        case 0x2502, 0x2503: return { x, _ in x == 3 || x == 4 }
        default: break
        }
        let fallback = Int(ASCIIFallback.glyph(for: scalar)) - 0x20
        guard 0..<SnapshotFont.glyphs.count ~= fallback else { return { _, _ in false } }
        let rows = SnapshotFont.glyphs[fallback]
        return { x, y in rows[y] >> UInt8(7 - x) & 1 == 1 }
    }

    /// Kind and mask of each pattern's character.
    private static let pattern: [UInt32: (kind: Int, mask: Int)] = {
        var found: [UInt32: (kind: Int, mask: Int)] = [:]
        for kind in [8, 6, 4, 2] {
            for mask in 1..<1 << kind { found[PatternGlyphs.scalar(kind: kind, mask: mask)] = (kind, mask) }
        }
        return found
    }()
}

/// Writes PNG files without compressing them.
enum PNG {
    /// Rows of red, green and blue, 8 bits each.
    static func encode(_ pixels: [UInt8], width: Int) -> [UInt8] {
        let height = width > 0 ? pixels.count / (width * 3) : 0
        var header = bigEndian(UInt32(width)) + bigEndian(UInt32(height))
        header += [8, 2, 0, 0, 0]  // 8 bits, RGB, deflate, no filter chosen, not interlaced
        var rows: [UInt8] = []
        rows.reserveCapacity(pixels.count + height)
        for row in 0..<height {
            rows.append(0)  // not filtered
            rows += pixels[row * width * 3..<(row + 1) * width * 3]
        }
        let signature: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        return signature + chunk("IHDR", header) + chunk("IDAT", stored(rows)) + chunk("IEND", [])
    }

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        return bigEndian(UInt32(data.count)) + body + bigEndian(checksum(body))
    }

    /// zlib's format (RFC 1950) with blocks that are stored as they are (RFC 1951 §3.2.4).
    private static func stored(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = [0x78, 0x01]
        let blockSize = 65_535
        for start in stride(from: 0, to: max(1, bytes.count), by: blockSize) {
            let block = bytes[start..<min(start + blockSize, bytes.count)]
            let count = UInt16(block.count)
            out.append(start + blockSize >= bytes.count ? 1 : 0)
            for value in [count, ~count] { out += [UInt8(truncatingIfNeeded: value), UInt8(value >> 8)] }
            out += block
        }
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in bytes {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return out + bigEndian(b << 16 | a)
    }

    private static func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) }
    }

    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(~0) { table[Int(($0 ^ UInt32($1)) & 0xff)] ^ $0 >> 8 }
    }

    private static let table: [UInt32] = (0..<256).map { index in
        (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xedb8_8320 ^ value >> 1 : value >> 1 }
    }
}
