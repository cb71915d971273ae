/// How a version of the QR code divides its codewords at an error correction level.
struct QRVersion {
    private let version: Int
    private let errorWordsPerBlock: Int
    private let blocks: Int

    init(_ version: Int, _ level: QRCode.Level) {
        self.version = version
        switch level {
        case .low:
            errorWordsPerBlock = Self.errorWordsLow[version - 1]
            blocks = Self.blocksLow[version - 1]
        case .medium:
            errorWordsPerBlock = Self.errorWordsMedium[version - 1]
            blocks = Self.blocksMedium[version - 1]
        }
    }

    func holds(byteCount: Int) -> Bool { byteCount <= dataWords - (lengthBits == 8 ? 2 : 3) }

    /// Data and error words, interleaved as they are drawn (§7.4, §7.6).
    func codewords(for data: [UInt8]) -> [UInt8] {
        let words = paddedWords(data)
        let short = totalWords / blocks
        let longBlocks = totalWords % blocks
        let code = ReedSolomon(errorWords: errorWordsPerBlock)
        var start = 0
        var parts: [[UInt8]] = []
        for block in 0..<blocks {
            let count = short - errorWordsPerBlock + (block < blocks - longBlocks ? 0 : 1)
            parts.append(Array(words[start..<start + count]))
            start += count
        }
        let errors = parts.map { code.errorWords(for: $0) }
        return Self.interleave(parts) + Self.interleave(errors)
    }

    private static func interleave(_ parts: [[UInt8]]) -> [UInt8] {
        (0..<(parts.map(\.count).max() ?? 0)).flatMap { at in parts.compactMap { at < $0.count ? $0[at] : nil } }
    }

    /// Byte mode, length, the data, a terminator, and padding up to the capacity.
    private func paddedWords(_ data: [UInt8]) -> [UInt8] {
        var nibbles: [UInt8] = [4]
        for shift in stride(from: lengthBits - 4, through: 0, by: -4) {
            nibbles.append(UInt8(data.count >> shift & 15))
        }
        for byte in data { nibbles += [byte >> 4, byte & 15] }
        nibbles.append(0)
        var words = stride(from: 0, to: nibbles.count, by: 2).map { nibbles[$0] << 4 | nibbles[$0 + 1] }
        var isFirst = true
        while words.count < dataWords {
            words.append(isFirst ? 0xec : 0x11)
            isFirst.toggle()
        }
        return words
    }

    private var lengthBits: Int { version < 10 ? 8 : 16 }
    private var dataWords: Int { totalWords - errorWordsPerBlock * blocks }

    /// All modules less those of the function patterns, in bytes.
    private var totalWords: Int {
        var modules = (16 * version + 128) * version + 64
        if version >= 2 {
            let centres = version / 7 + 2
            modules -= (25 * centres - 10) * centres - 55
            if version >= 7 { modules -= 36 }
        }
        return modules / 8
    }

    /// ISO/IEC 18004 table 9.
    private static let errorWordsLow = [
        7, 10, 15, 20, 26, 18, 20, 24, 30, 18, 20, 24, 26, 30, 22, 24, 28, 30, 28, 28, 28, 28, 30, 30, 26, 28, 30, 30,
        30,
        30, 30, 30, 30, 30, 30, 30, 30, 30, 30, 30,
    ]
    private static let errorWordsMedium = [
        10, 16, 26, 18, 24, 16, 18, 22, 22, 26, 30, 22, 22, 24, 24, 28, 28, 26, 26, 26, 26, 28, 28, 28, 28, 28, 28, 28,
        28,
        28, 28, 28, 28, 28, 28, 28, 28, 28, 28, 28,
    ]
    private static let blocksLow = [
        1, 1, 1, 1, 1, 2, 2, 2, 2, 4, 4, 4, 4, 4, 6, 6, 6, 6, 7, 8, 8, 9, 9, 10, 12, 12, 12, 13, 14, 15, 16, 17, 18, 19,
        19, 20, 21, 22, 24, 25,
    ]
    private static let blocksMedium = [
        1, 1, 1, 2, 2, 4, 4, 4, 5, 5, 5, 8, 9, 9, 10, 10, 11, 13, 14, 16, 17, 17, 18, 20, 21, 23, 25, 26, 28, 29, 31,
        33,
        35, 37, 38, 40, 43, 45, 47, 49,
    ]
}

/// Reed-Solomon error words over GF(256) with the polynomial 0x11d.
struct ReedSolomon {
    /// Coefficients of the generator polynomial without the leading one, highest power first.
    private let generator: [UInt8]

    init(errorWords: Int) {
        var generator = [UInt8](repeating: 0, count: errorWords)
        generator[errorWords - 1] = 1
        var root: UInt8 = 1
        for _ in 0..<errorWords {
            for at in 0..<errorWords {
                generator[at] = Self.multiply(generator[at], root) ^ (at + 1 < errorWords ? generator[at + 1] : 0)
            }
            root = Self.multiply(root, 2)
        }
        self.generator = generator
    }

    func errorWords(for data: [UInt8]) -> [UInt8] {
        var remainder = [UInt8](repeating: 0, count: generator.count)
        for byte in data {
            let factor = byte ^ remainder.removeFirst()
            remainder.append(0)
            for at in 0..<remainder.count { remainder[at] ^= Self.multiply(generator[at], factor) }
        }
        return remainder
    }

    private static func multiply(_ a: UInt8, _ b: UInt8) -> UInt8 {
        var product: UInt8 = 0
        for bit in (0..<8).reversed() {
            product = product << 1 ^ (product >> 7) &* 0x1d
            if b >> UInt8(bit) & 1 == 1 { product ^= a }
        }
        return product
    }
}
