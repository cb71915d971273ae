/// Colours between two of a palette, by the shading characters ░▒▓: what a cell of one colour is drawn with where no colour
/// of the palette is near. Terminals draw them as a fine, still pattern, so it is ordered dithering within a cell.
///
/// Found once for every colour of 4 bits a channel, and stored for 5.
struct Shades: @unchecked Sendable {  // the tables never change and live as long as the program
    /// By colour: the number of the foreground, then of the background, and which character, 1 to 3.
    private let mixtures: UnsafePointer<UInt32>
    /// By colour: what is then seen, 0xRRGGBB.
    private let colours: UnsafePointer<UInt32>

    struct Mixture {
        var foreground: UInt8
        var background: UInt8
        /// The foreground covers so many quarters.
        var quarters: Int
        /// 0xRRGGBB.
        var colour: UInt32
    }

    /// Of xterm's cube and greys. Two colours that are mixed are neighbours there, so that the pattern is faint.
    static let xterm256 = Shades(.xterm256, candidates: Palette.nearestOf256)
    /// Of the 16 colours, but not of the darkest and the brightest.
    static let ansi16 = Shades(.ansi16) { _ in Array(0..<16) }

    /// The bits of a colour's number that count, and what lies in the middle of those that differ in the others only.
    private static let precision = 0x7bde
    private static let middle: UInt32 = 0x04_0404

    private static let mostContrast: Float = 220 * 220

    /// `candidates` gives the colours of the palette that may be mixed to one of that number.
    private init(_ palette: Palette, candidates: (Int) -> [Int]) {
        let mixtures = UnsafeMutablePointer<UInt32>.allocate(capacity: Palette.codes)
        let colours = UnsafeMutablePointer<UInt32>.allocate(capacity: Palette.codes)
        for code in 0..<Palette.codes {
            let coarse = code & Self.precision
            guard coarse == code else {
                (mixtures[code], colours[code]) = (mixtures[coarse], colours[coarse])
                continue
            }
            let wanted = Palette.colour(ofCode: code) + Self.middle
            var (best, seen, least) = (UInt32(0), UInt32(0), Float.infinity)
            let numbers = candidates(code)
            for (position, first) in numbers.enumerated() {
                let front = palette.colour(at: UInt8(first))
                for second in numbers[..<position] {
                    let back = palette.colour(at: UInt8(second))
                    guard RowEmitter.distance(front, back) <= Self.mostContrast else { continue }
                    for quarters in 1...3 {
                        let colour = Self.mix(front, back, quarters)
                        let distance = RowEmitter.distance(wanted, colour)
                        guard distance < least else { continue }
                        (seen, least) = (colour, distance)
                        best = UInt32(first) | UInt32(second) << 8 | UInt32(quarters) << 16
                    }
                }
            }
            mixtures[code] = best
            colours[code] = seen
        }
        self.mixtures = UnsafePointer(mixtures)
        self.colours = UnsafePointer(colours)
    }

    private static func mix(_ front: UInt32, _ back: UInt32, _ quarters: Int) -> UInt32 {
        let (share, rest) = (UInt32(quarters), UInt32(4 - quarters))
        func channel(_ shift: UInt32) -> UInt32 {
            (((front >> shift & 255) * share + (back >> shift & 255) * rest + 2) / 4) << shift
        }
        return channel(16) | channel(8) | channel(0)
    }

    /// The nearest to a colour.
    @inline(__always)
    func mixture(near rgb: UInt32) -> Mixture {
        let code = Palette.code(rgb)
        let packed = mixtures[code]
        return Mixture(
            foreground: UInt8(truncatingIfNeeded: packed), background: UInt8(truncatingIfNeeded: packed >> 8),
            quarters: Int(packed >> 16), colour: colours[code])
    }

    /// The UTF-8 of the character for so many quarters, as `PatternGlyphs` holds it: U+2591 to U+2593.
    @inline(__always)
    static func glyph(quarters: Int) -> UInt64 { UInt64(0x90_96e2 + quarters << 16) | 3 << 56 }
}
