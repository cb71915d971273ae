/// Base64 in its URL-safe form without padding (RFC 4648 §5), as tokens use it.
package enum Base64URL {
    private static let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    package static func encode(_ bytes: [UInt8]) -> String {
        var out: [UInt8] = []
        out.reserveCapacity((bytes.count * 4 + 2) / 3)
        var buffer: UInt32 = 0
        var bits = 0
        for byte in bytes {
            buffer = buffer << 8 | UInt32(byte)
            bits += 8
            while bits >= 6 {
                bits -= 6
                out.append(alphabet[Int(buffer >> UInt32(bits) & 63)])
            }
        }
        if bits > 0 { out.append(alphabet[Int(buffer << UInt32(6 - bits) & 63)]) }
        return String(decoding: out, as: UTF8.self)
    }

    /// Nil where a character is not of the alphabet. Padding and the standard alphabet's `+` and `/` are understood.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var out: [UInt8] = []
        var buffer: UInt32 = 0
        var bits = 0
        for character in text.utf8 where character != UInt8(ascii: "=") {
            guard let value = value(of: character) else { return nil }
            buffer = buffer << 6 | UInt32(value)
            bits += 6
            if bits >= 8 {
                bits -= 8
                out.append(UInt8(truncatingIfNeeded: buffer >> UInt32(bits)))
            }
        }
        return out
    }

    private static func value(of character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): character - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): character - 97 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - 48 + 52
        case UInt8(ascii: "-"), UInt8(ascii: "+"): 62
        case UInt8(ascii: "_"), UInt8(ascii: "/"): 63
        default: nil
        }
    }
}

package enum Hex {
    /// Lower-case hexadecimal, two digits a byte, with `separator` between bytes.
    package static func encode(_ bytes: some Sequence<UInt8>, separator: String = "") -> String {
        bytes.map { byte in
            let digits = String(byte, radix: 16)
            return digits.count == 1 ? "0" + digits : digits
        }.joined(separator: separator)
    }

    /// Nil where a character is no digit or the count is odd; colons are skipped.
    package static func decode(_ text: some StringProtocol) -> [UInt8]? {
        var out: [UInt8] = []
        var high: UInt8?
        for character in text.unicodeScalars where character != ":" {
            guard let digit = Character(character).hexDigitValue else { return nil }
            if let first = high {
                out.append(first << 4 | UInt8(digit))
                high = nil
            } else {
                high = UInt8(digit)
            }
        }
        return high == nil ? out : nil
    }
}

extension String {
    /// The text with every control character, and every invisible or direction-changing one, replaced by a visible
    /// form, so that what a stranger wrote can be shown on a terminal or logged.
    package var controlCharactersVisible: String {
        guard unicodeScalars.contains(where: \.isUnsafeToShow) else { return self }
        var out = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            if !scalar.isUnsafeToShow {
                out.append(scalar)
            } else if scalar.value < 0x20 {
                out.append(Unicode.Scalar(0x2400 + scalar.value)!)  // the Control Pictures block mirrors C0
            } else if scalar.value == 0x7f {
                out.append("\u{2421}")
            } else {
                out.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
            }
        }
        return String(out)
    }
}

extension Unicode.Scalar {
    /// C0, DEL and C1 controls, line and paragraph separators, bidirectional overrides and isolates, tags.
    fileprivate var isUnsafeToShow: Bool {
        switch value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069, 0xfff9...0xfffb, 0xe0000...0xe007f, 0xfeff: true
        default: false
        }
    }
}
