import Primitives

/// A colour of a cell: the terminal's own, or 24-bit RGB.
package struct Colour: Hashable, Sendable {
    /// Zero for the terminal's own colour, else bit 24 is set and the rest is 0xRRGGBB.
    let bits: UInt32

    init(bits: UInt32) { self.bits = bits }

    /// What the terminal uses where nobody asked for a colour.
    package static let standard = Colour(bits: 0)

    /// From 0xRRGGBB.
    package init(_ rgb: UInt32) { bits = Self.isRGB | rgb & 0xff_ffff }

    package init(red: UInt8, green: UInt8, blue: UInt8) {
        self.init(UInt32(red) << 16 | UInt32(green) << 8 | UInt32(blue))
    }

    static let isRGB: UInt32 = 1 << 24

    package var isStandard: Bool { bits == 0 }
    package var red: UInt8 { UInt8(truncatingIfNeeded: bits >> 16) }
    package var green: UInt8 { UInt8(truncatingIfNeeded: bits >> 8) }
    package var blue: UInt8 { UInt8(truncatingIfNeeded: bits) }

    /// The colour `share` (0…1) of the way from this one to `other`; the terminal's own colour counts as black.
    package func mixed(with other: Colour, _ share: Double) -> Colour {
        func mix(_ a: UInt8, _ b: UInt8) -> UInt8 {
            UInt8((Double(a) + (Double(b) - Double(a)) * share.clamped(to: 0...1)).rounded())
        }
        return Colour(
            red: mix(red, other.red), green: mix(green, other.green), blue: mix(blue, other.blue))
    }
}

/// How many colours the terminal shows.
package enum ColourMode: String, Sendable, CaseIterable {
    case truecolor
    case palette256 = "256"
    case palette16 = "16"
    case none
}
