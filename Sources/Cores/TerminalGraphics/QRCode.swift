import Primitives

/// A QR code (ISO/IEC 18004) of bytes: versions 1 to 40, error correction level L or M, the mask of least penalty.
package struct QRCode: Sendable, Equatable {
    package enum Level: Sendable {
        case low, medium
    }

    /// Modules on a side.
    package let side: Int
    /// Row by row, true is dark.
    private var modules: [Bool]
    /// Modules of the function patterns, which carry no data and are not masked.
    private var isFunction: [Bool]

    /// Nil where the text is too long for version 40 (2953 bytes at level L).
    package init?(_ text: String, level: Level = .low) {
        let data = [UInt8](text.utf8)
        guard let version = (1...40).first(where: { QRVersion($0, level).holds(byteCount: data.count) }) else {
            return nil
        }
        let layout = QRVersion(version, level)
        side = version * 4 + 17
        modules = Array(repeating: false, count: side * side)
        isFunction = modules
        drawFunctionPatterns(version: version)
        drawCodewords(layout.codewords(for: data))
        chooseMask(level)
    }

    /// Whether the module is dark; all around the code it is light.
    package subscript(row: Int, column: Int) -> Bool {
        0..<side ~= row && 0..<side ~= column && modules[row * side + column]
    }

    private mutating func setFunction(_ row: Int, _ column: Int, _ isDark: Bool) {
        guard 0..<side ~= row, 0..<side ~= column else { return }
        modules[row * side + column] = isDark
        isFunction[row * side + column] = true
    }

    // MARK: Function patterns

    private mutating func drawFunctionPatterns(version: Int) {
        for i in 0..<side {
            setFunction(6, i, i % 2 == 0)
            setFunction(i, 6, i % 2 == 0)
        }
        for (row, column) in [(3, 3), (3, side - 4), (side - 4, 3)] { drawFinder(row, column) }
        let centres = Self.alignmentCentres(version: version, side: side)
        for row in centres {
            for column in centres where !isFinderCorner(row, column) { drawAlignment(row, column) }
        }
        drawFormat(0)
        drawVersion(version)
    }

    private func isFinderCorner(_ row: Int, _ column: Int) -> Bool {
        (row == 6 && column == 6) || (row == 6 && column == side - 7) || (row == side - 7 && column == 6)
    }

    private mutating func drawFinder(_ row: Int, _ column: Int) {
        for dy in -4...4 {
            for dx in -4...4 {
                let ring = max(abs(dx), abs(dy))
                setFunction(row + dy, column + dx, ring != 2 && ring != 4)
            }
        }
    }

    private mutating func drawAlignment(_ row: Int, _ column: Int) {
        for dy in -2...2 {
            for dx in -2...2 { setFunction(row + dy, column + dx, max(abs(dx), abs(dy)) != 1) }
        }
    }

    /// Rows and columns of the alignment patterns' centres (annex E).
    private static func alignmentCentres(version: Int, side: Int) -> [Int] {
        guard version > 1 else { return [] }
        let count = version / 7 + 2
        let step = version == 32 ? 26 : (version * 4 + count * 2 + 1) / (count * 2 - 2) * 2
        return [6] + (0..<count - 1).reversed().map { side - 7 - $0 * step }
    }

    /// The level and the mask, twice, with a BCH code (§7.9).
    private mutating func drawFormat(_ data: UInt32) {
        var rest = data
        for _ in 0..<10 { rest = rest << 1 ^ (rest >> 9 & 1) * 0x537 }
        let bits = (data << 10 | rest) ^ 0x5412
        func bit(_ index: Int) -> Bool { bits >> UInt32(index) & 1 == 1 }
        for i in 0...5 { setFunction(i, 8, bit(i)) }
        setFunction(7, 8, bit(6))
        setFunction(8, 8, bit(7))
        setFunction(8, 7, bit(8))
        for i in 9..<15 { setFunction(8, 14 - i, bit(i)) }
        for i in 0..<8 { setFunction(8, side - 1 - i, bit(i)) }
        for i in 8..<15 { setFunction(side - 15 + i, 8, bit(i)) }
        setFunction(side - 8, 8, true)
    }

    /// The version, twice, from version 7 on (§7.10).
    private mutating func drawVersion(_ version: Int) {
        guard version >= 7 else { return }
        var rest = UInt32(version)
        for _ in 0..<12 { rest = rest << 1 ^ (rest >> 11 & 1) * 0x1f25 }
        let bits = UInt32(version) << 12 | rest
        for i in 0..<18 {
            let isDark = bits >> UInt32(i) & 1 == 1
            setFunction(side - 11 + i % 3, i / 3, isDark)
            setFunction(i / 3, side - 11 + i % 3, isDark)
        }
    }

    // MARK: Data

    /// Fills the free modules with bits, in columns of two from the right, up and down in turn (§7.7.3).
    private mutating func drawCodewords(_ codewords: [UInt8]) {
        var bit = 0
        var right = side - 1
        var isUpward = true
        while right >= 1 {
            if right == 6 { right = 5 }  // the vertical timing pattern
            for step in 0..<side {
                let row = isUpward ? side - 1 - step : step
                for column in [right, right - 1] where !isFunction[row * side + column] && bit < codewords.count * 8 {
                    modules[row * side + column] = codewords[bit >> 3] >> UInt8(7 - bit & 7) & 1 == 1
                    bit += 1
                }
            }
            isUpward.toggle()
            right -= 2
        }
    }

    // MARK: Mask

    private mutating func chooseMask(_ level: Level) {
        let levelBits: UInt32 = level == .low ? 1 : 0
        var best = (mask: 0, penalty: Int.max)
        for mask in 0..<8 {
            applyMask(mask)
            drawFormat(levelBits << 3 | UInt32(mask))
            let penalty = self.penalty
            if penalty < best.penalty { best = (mask, penalty) }
            applyMask(mask)  // a second time undoes it
        }
        applyMask(best.mask)
        drawFormat(levelBits << 3 | UInt32(best.mask))
    }

    private mutating func applyMask(_ mask: Int) {
        for row in 0..<side {
            for column in 0..<side where !isFunction[row * side + column] {
                if Self.isInverted(mask, row, column) { modules[row * side + column].toggle() }
            }
        }
    }

    private static func isInverted(_ mask: Int, _ y: Int, _ x: Int) -> Bool {
        switch mask {
        case 0: (x + y) % 2 == 0
        case 1: y % 2 == 0
        case 2: x % 3 == 0
        case 3: (x + y) % 3 == 0
        case 4: (x / 3 + y / 2) % 2 == 0
        case 5: x * y % 2 + x * y % 3 == 0
        case 6: (x * y % 2 + x * y % 3) % 2 == 0
        default: ((x + y) % 2 + x * y % 3) % 2 == 0
        }
    }

    /// How much the pattern could confuse a reader (§7.8.3.1).
    private var penalty: Int {
        var total = 0
        for line in 0..<side {
            total += linePenalty { modules[line * side + $0] }
            total += linePenalty { modules[$0 * side + line] }
        }
        for row in 0..<side - 1 {
            for column in 0..<side - 1 {
                let at = row * side + column
                let isDark = modules[at]
                if isDark == modules[at + 1], isDark == modules[at + side], isDark == modules[at + side + 1] {
                    total += 3
                }
            }
        }
        let dark = modules.count { $0 }
        return total + abs(dark * 20 - modules.count * 10) / modules.count * 10
    }

    /// Runs of five and more of one colour, and what looks like a finder pattern with light on one side.
    private func linePenalty(_ isDark: (Int) -> Bool) -> Int {
        var total = 0
        var run = 0
        var window = 0
        for at in 0..<side {
            run = at > 0 && isDark(at) == isDark(at - 1) ? run + 1 : 1
            if run == 5 { total += 3 } else if run > 5 { total += 1 }
            window = (window << 1 | (isDark(at) ? 1 : 0)) & 0x7ff
            if at >= 10, window == 0b101_1101_0000 || window == 0b000_0101_1101 { total += 40 }
        }
        return total
    }
}
