/// How the terminal will write the next character, as far as it is known.
struct Pen {
    /// Nil after glyphs whose width terminals disagree on.
    var position: CellPosition?
    /// Foreground, background and attributes, as `Style.bits`.
    var foreground: UInt32 = 0
    var background: UInt32 = 0
    var attributes: UInt8 = 0
}

/// Writes the changed cells of one row as bytes.
///
/// Everything is stored in words of 4 or 8 bytes, of which `output` then skips only the meaningful part: the memory
/// behind `output` must have `bytesPerCell` bytes for every column and `slack` more. The small steps are always
/// inlined: called as functions they keep the pen in memory, which costs a fifth of the speed.
struct RowEmitter {
    /// A cursor movement of 14, a style of 50 and a glyph of 12 bytes fit.
    static let bytesPerCell = 96
    static let slack = 64

    let row: Int
    var pen: Pen
    var output: UnsafeMutableRawPointer
    let mode: ColourMode
    let decimals: UnsafePointer<UInt64>
    /// What colours are chosen from, in truecolor too where a number is shorter.
    let palette: Palette
    /// Where cells of one colour may be mixed of two.
    let shades: Shades?
    private let hasRepeat: Bool
    /// The character last written, as `PatternGlyphs` holds it, and how often it is still to be repeated.
    private var last: UInt64 = 0
    private var lastEnd: UnsafeMutableRawPointer?
    private var repeats = 0

    init(row: Int, pen: Pen, profile: TerminalProfile, output: UnsafeMutableRawPointer) {
        self.row = row
        self.pen = pen
        mode = profile.colours
        palette = mode == .palette16 ? .ansi16 : .xterm256
        shades = profile.mixesColours ? mode == .palette16 ? .ansi16 : .xterm256 : nil
        hasRepeat = profile.hasRepeat
        self.output = output
        decimals = UnsafePointer(Decimals.table)
    }

    /// Writes what differs in these columns, which begin and end with whole glyphs.
    mutating func emit(
        _ wanted: UnsafeBufferPointer<Cell>, over shown: UnsafeMutableBufferPointer<Cell>, _ columns: Range<Int>,
        _ patterns: MutablePatterns
    ) {
        var column = columns.lowerBound
        while column < columns.upperBound {
            let cell = wanted[column]
            if cell == .pixels, shown[column] == .blank {
                shown[column] = cell  // pixels can lie over it as it is
                column += 1
                continue
            }
            let isWide = cell.isWide
            let isChanged = cell != shown[column] || isWide && wanted[column + 1] != shown[column + 1]
            if isChanged {
                moveTo(column)
                put(cell)
                shown[column] = cell
                patterns.forget(row: row, column: column)
                if isWide {
                    shown[column + 1] = wanted[column + 1]
                    patterns.forget(row: row, column: column + 1)
                }
                if column + (isWide ? 2 : 1) >= shown.count { pen.position = nil }  // it stays in the last column
            }
            column += isWide ? 2 : 1
        }
        flushRepeats()
    }

    // MARK: Glyph and style

    private static let blank: UInt64 = 0x20
    private static let upperHalf: UInt64 = 0x2580
    private static let encodedBlank: UInt64 = 0x20 | 1 << 56

    private mutating func put(_ cell: Cell) {
        let word = cell.word
        let foreground = UInt32(truncatingIfNeeded: word & Style.colourMask)
        let background = UInt32(truncatingIfNeeded: word >> 25 & Style.colourMask)
        let attributes = UInt8(truncatingIfNeeded: word >> 50)
        if attributes == 0, cell.glyph == Self.upperHalf {
            putHalves(upper: foreground, lower: background)
        } else if attributes == 0, cell.glyph == Self.blank {
            setStyle(pen.foreground, background, 0)
            put(encoded: Self.encodedBlank)
        } else {
            setStyle(foreground, background, attributes)
            putGlyph(cell.glyph)
        }
        if Self.hasCertainWidth(cell) { pen.position?.column += 1 } else { pen.position = nil }
    }

    /// Latin text, box drawing and blocks take one column everywhere; on the rest terminals disagree.
    private static func hasCertainWidth(_ cell: Cell) -> Bool {
        cell.glyph < 0x300 || 0x2500...0x259f ~= cell.glyph
    }

    /// Two pixels: as the upper half, the lower half or a blank, whichever changes fewer colours.
    private mutating func putHalves(upper: UInt32, lower: UInt32) {
        if upper == lower, upper != 0 {
            setStyle(pen.foreground, lower, 0)
            put(encoded: Self.encodedBlank)
            return
        }
        let asUpper = (upper == pen.foreground ? 0 : 1) + (lower == pen.background ? 0 : 1)
        let asLower = (lower == pen.foreground ? 0 : 1) + (upper == pen.background ? 0 : 1)
        if asLower < asUpper, upper != 0, lower != 0 {
            setStyle(lower, upper, 0)
            put(encoded: 0x84_96e2 | 3 << 56)  // ▄ in UTF-8
        } else {
            setStyle(upper, lower, 0)
            put(encoded: 0x80_96e2 | 3 << 56)  // ▀
        }
    }

    private mutating func putGlyph(_ glyph: UInt64) {
        guard glyph >> 21 != 0 else { return put(encoded: Self.encoded(UInt32(truncatingIfNeeded: glyph))) }
        flushRepeats()
        var rest = glyph
        repeat {
            let entry = Self.encoded(UInt32(truncatingIfNeeded: rest & 0x1f_ffff))
            store(entry & 0xffff_ffff, Int(entry >> 56))
            rest >>= 21
        } while rest != 0
    }

    /// UTF-8, the first byte lowest, and the length in the highest byte.
    private static func encoded(_ value: UInt32) -> UInt64 {
        let last = value & 63 | 0x80
        let third = value >> 6 & 63 | 0x80
        let second = value >> 12 & 63 | 0x80
        switch value {
        case ..<0x80: return UInt64(value) | 1 << 56
        case ..<0x800: return UInt64(value >> 6 | 0xc0 | last << 8) | 2 << 56
        case ..<0x1_0000: return UInt64(value >> 12 | 0xe0 | third << 8 | last << 16) | 3 << 56
        default:
            let head: UInt32 = value >> 18 | 0xf0 | second << 8
            return UInt64(head | third << 16 | last << 24) | 4 << 56
        }
    }

    // MARK: Bytes

    /// A character of certain width, by its UTF-8 and length; the same once more is only counted where the terminal can
    /// repeat.
    @inline(__always)
    mutating func put(encoded entry: UInt64) {
        if hasRepeat, entry == last, output == lastEnd {
            repeats += 1
            return
        }
        flushRepeats()
        store(entry & 0xffff_ffff, Int(entry >> 56))
        last = entry
        lastEnd = output
    }

    /// Writes the repetitions that were counted: as REP (ECMA-48 §8.3.103) or as such, whichever is shorter.
    @inline(__always)
    mutating func flushRepeats() {
        if repeats > 0 { writeRepeats() }
    }

    private mutating func writeRepeats() {
        let length = Int(last >> 56)
        if repeats * length <= 4 {
            for _ in 0..<repeats { store(last & 0xffff_ffff, length) }
        } else {
            store(0x5b1b, 2)
            number(repeats)
            store(UInt64(UInt8(ascii: "b")), 1)
        }
        repeats = 0
    }

    /// A number up to 255 and a semicolon.
    @inline(__always)
    mutating func parameter(_ value: Int) {
        let entry = decimals[value & 255]
        store(entry & 0xff_ffff_ffff, Int(entry >> 56))
    }

    @inline(__always)
    mutating func store(_ bytes: UInt64, _ count: Int) {
        output.storeBytes(of: bytes.littleEndian, as: UInt64.self)
        output += count
    }
}

/// The decimal digits of 0…255, each followed by a semicolon: bytes in the low part, their count in the highest byte.
private enum Decimals {
    /// Never freed: it lives as long as the program.
    nonisolated(unsafe) static let table: UnsafeMutablePointer<UInt64> = {
        let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 256)
        for value in 0..<256 {
            let digits = [UInt8]("\(value);".utf8)
            var entry = UInt64(digits.count) << 56
            for (index, digit) in digits.enumerated() { entry |= UInt64(digit) << (8 * UInt64(index)) }
            table[value] = entry
        }
        return table
    }()
}
