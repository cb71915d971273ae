/// The characters for patterns of two colours.
///
/// One table for all kinds (numbers of samples: 1, 2, 4, 6, 8), 256 entries each, so that an entry is found without a
/// branch: the character's UTF-8 in the low bytes, its length in the highest.
enum PatternGlyphs {
    /// Blocks, sextants, octants.
    nonisolated(unsafe) static let blocks = table { kind, mask in scalar(kind: kind, mask: mask) }
    /// The same with eight samples as braille dots.
    nonisolated(unsafe) static let braille = table { kind, mask in
        kind == 8 ? brailleScalar(mask) : scalar(kind: kind, mask: mask)
    }

    static func index(kind: Int, mask: Int) -> Int { kind / 2 * 256 + mask & 0xff }

    /// The scalar of a table's entry.
    @inline(__always)
    static func scalar(of entry: UInt64) -> UInt32 {
        let bytes = UInt32(truncatingIfNeeded: entry)
        let low = bytes & 0x3f
        switch entry >> 56 {
        case 1: return bytes & 0x7f
        case 3: return (bytes & 0x0f) << 12 | (bytes >> 8 & 0x3f) << 6 | bytes >> 16 & 0x3f
        default: return (low & 0x07) << 18 | (bytes >> 8 & 0x3f) << 12 | (bytes >> 16 & 0x3f) << 6 | bytes >> 24 & 0x3f
        }
    }

    /// Never freed: it lives as long as the program.
    private static func table(_ scalar: (Int, Int) -> UInt32) -> UnsafePointer<UInt64> {
        let table = UnsafeMutablePointer<UInt64>.allocate(capacity: 5 * 256)
        table.initialize(repeating: 0x20 | 1 << 56, count: 5 * 256)
        for kind in [1, 2, 4, 6, 8] {
            for mask in 0..<1 << kind {
                let text = Unicode.Scalar(scalar(kind, mask)).map { Array(String($0).utf8) } ?? [0x20]
                var entry = UInt64(text.count) << 56
                for (index, byte) in text.enumerated() { entry |= UInt64(byte) << (8 * UInt64(index)) }
                table[index(kind: kind, mask: mask)] = entry
            }
        }
        return UnsafePointer(table)
    }

    /// The character whose ink covers the samples of the mask.
    static func scalar(kind: Int, mask: Int) -> UInt32 {
        switch kind {
        case 1: mask == 0 ? 0x20 : 0x2588
        case 2: [0x20, 0x2580, 0x2584, 0x2588][mask & 3]
        case 4: quadrants[mask & 15]
        case 6: sextant(mask)
        default: octant(mask)
        }
    }

    private static let quadrants: [UInt32] = [
        0x20, 0x2598, 0x259d, 0x2580, 0x2596, 0x258c, 0x259e, 0x259b, 0x2597, 0x259a, 0x2590, 0x259c, 0x2584, 0x2599,
        0x259f, 0x2588,
    ]

    /// U+1FB00… in the order of the patterns, without those that are older characters.
    private static func sextant(_ mask: Int) -> UInt32 {
        switch mask {
        case 0: 0x20
        case 0b010101: 0x258c
        case 0b101010: 0x2590
        case 0b111111: 0x2588
        default: 0x1fb00 + UInt32(mask) - 1 - (mask > 0b010101 ? 1 : 0) - (mask > 0b101010 ? 1 : 0)
        }
    }

    /// Patterns of eight that had characters before U+1CD00 (Unicode 16, Symbols for Legacy Computing Supplement).
    private static let olderOctants: [Int: UInt32] = [
        0x00: 0x20, 0x01: 0x1cea8, 0x02: 0x1ceab, 0x03: 0x1fb82, 0x05: 0x2598, 0x0a: 0x259d, 0x0f: 0x2580,
        0x14: 0x1fbe6,
        0x28: 0x1fbe7, 0x3f: 0x1fb85, 0x40: 0x1cea3, 0x50: 0x2596, 0x55: 0x258c, 0x5a: 0x259e, 0x5f: 0x259b,
        0x80: 0x1cea0,
        0xa0: 0x2597, 0xa5: 0x259a, 0xaa: 0x2590, 0xaf: 0x259c, 0xc0: 0x2582, 0xf0: 0x2584, 0xf5: 0x2599, 0xfa: 0x259f,
        0xfc: 0x2586, 0xff: 0x2588,
    ]

    private static func octant(_ mask: Int) -> UInt32 {
        if let older = olderOctants[mask] { return older }
        return 0x1cd00 + UInt32(mask) - UInt32(olderOctants.keys.count { $0 < mask })
    }

    /// Dots 1 to 8 are numbered down the columns, the lowest row last.
    private static func brailleScalar(_ mask: Int) -> UInt32 {
        let dots: [UInt32] = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80]
        return (0..<8).reduce(0x2800) { mask >> $1 & 1 == 1 ? $0 | dots[$1] : $0 }
    }
}
