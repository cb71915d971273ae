/// How the text of a cell is drawn.
package struct Attributes: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let bold = Attributes(rawValue: 1)
    package static let dim = Attributes(rawValue: 2)
    package static let italic = Attributes(rawValue: 4)
    package static let underline = Attributes(rawValue: 8)
    package static let inverse = Attributes(rawValue: 16)
}

/// Colours and attributes of a cell in one word.
package struct Style: Hashable, Sendable {
    /// Foreground in bits 0…24, background in bits 25…49, attributes in bits 50…57.
    let bits: UInt64

    init(bits: UInt64) { self.bits = bits }

    package init(_ foreground: Colour = .standard, on background: Colour = .standard, _ attributes: Attributes = []) {
        bits = UInt64(foreground.bits) | UInt64(background.bits) << 25 | UInt64(attributes.rawValue) << 50
    }

    package static let plain = Style()
    static let colourMask: UInt64 = (1 << 25) - 1

    package var foreground: Colour { Colour(bits: UInt32(bits & Self.colourMask)) }
    package var background: Colour { Colour(bits: UInt32(bits >> 25 & Self.colourMask)) }
    package var attributes: Attributes { Attributes(rawValue: UInt8(truncatingIfNeeded: bits >> 50)) }

    package func on(_ background: Colour) -> Style { Style(foreground, on: background, attributes) }
    package func with(_ added: Attributes) -> Style { Style(foreground, on: background, attributes.union(added)) }
}

/// One character cell of the screen in 16 bytes, so that comparing two of them is comparing two words.
///
/// The glyph is a cluster of up to three Unicode scalars. A wide glyph fills a leading cell and the continuation
/// cell to its right.
package struct Cell: Hashable, Sendable {
    /// Three scalars of 21 bits, the first one lowest; absent ones are zero.
    var glyph: UInt64
    /// `Style.bits`, and the flags below.
    var word: UInt64

    static let pixelFlag: UInt64 = 1 << 60
    static let pictureFlag: UInt64 = 1 << 61
    static let wideFlag: UInt64 = 1 << 62
    static let continuationFlag: UInt64 = 1 << 63
    static let styleMask: UInt64 = (1 << 58) - 1

    init(glyph: UInt64, word: UInt64) {
        self.glyph = glyph
        self.word = word
    }

    package static let blank = Cell(" ", .plain)

    /// A cell with a scalar known to be printable and one column wide.
    package init(_ scalar: Unicode.Scalar, _ style: Style) {
        glyph = UInt64(scalar.value)
        word = style.bits
    }

    /// The leading cell of a cluster of `width` (1 or 2) columns.
    init(_ cluster: GlyphCluster, _ style: Style) {
        glyph = cluster.packed
        word = style.bits | (cluster.width == 2 ? Self.wideFlag : 0)
    }

    static func continuation(_ style: Style) -> Cell { Cell(glyph: 0x20, word: style.bits | continuationFlag) }

    /// A cell of the grid's picture with this number; it never reaches a terminal as it is.
    static func picture(_ number: Int) -> Cell { Cell(glyph: UInt64(number), word: pictureFlag) }

    /// A blank that pixels lie over; whatever else is written there takes them away.
    static let pixels = Cell(glyph: 0x20, word: pixelFlag)

    var isPicture: Bool { word & Self.pictureFlag != 0 }

    package var style: Style {
        get { Style(bits: word & Self.styleMask) }
        set { word = word & ~Self.styleMask | newValue.bits }
    }

    package var isWide: Bool { word & Self.wideFlag != 0 }
    package var isContinuation: Bool { word & Self.continuationFlag != 0 }

    /// The glyph as text; a blank for what a picture will fill.
    package var text: String {
        if isPicture { return " " }
        var out = String.UnicodeScalarView()
        var rest = glyph
        repeat {
            out.append(Unicode.Scalar(UInt32(rest & 0x1f_ffff)) ?? "\u{fffd}")
            rest >>= 21
        } while rest != 0
        return String(out)
    }
}
