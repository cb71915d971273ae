import Primitives

/// The nearest colour of a terminal's palette to an RGB colour.
///
/// Nearness is measured in Oklab (B. Ottosson 2020), for which equal distances look equal; for the pictures' many and
/// similar colours in RGB, which comes nearer to the truth on the whole. Found once for every colour of 5 bits a channel
/// and looked up from then on.
struct Palette: @unchecked Sendable {  // the tables never change and live as long as the program
    /// Palette index by red, green, blue of 5 bits each.
    private let nearest: UnsafePointer<UInt8>
    private let nearestInPictures: UnsafePointer<UInt8>
    /// 0xRRGGBB of each index.
    private let colours: UnsafePointer<UInt32>

    /// `candidates` gives those of the colours that may be the nearest to one of 5 bits a channel.
    private init(_ colours: [UInt32], candidates: (Int) -> [Int]) {
        let table = UnsafeMutablePointer<UInt32>.allocate(capacity: 256)
        table.initialize(repeating: 0, count: 256)
        for (index, colour) in colours.enumerated() { table[index] = colour }
        self.colours = UnsafePointer(table)
        let lab = colours.map(Oklab.init)
        nearest = Self.lookUp(candidates) { wanted in
            let wanted = Oklab(wanted)
            return { wanted.distance(to: lab[$0]) }
        }
        nearestInPictures = Self.lookUp(candidates) { wanted in { RowEmitter.distance(wanted, colours[$0]) } }
    }

    /// The nearest candidate of every colour; `distances` gives the distance of a colour to each.
    private static func lookUp(
        _ candidates: (Int) -> [Int], _ distances: (UInt32) -> (Int) -> Float
    ) -> UnsafePointer<UInt8> {
        let nearest = UnsafeMutablePointer<UInt8>.allocate(capacity: codes)
        for code in 0..<codes {
            let distance = distances(colour(ofCode: code))
            var best = (index: 0, distance: Float.infinity)
            for index in candidates(code) {
                let distance = distance(index)
                if distance < best.distance { best = (index, distance) }
            }
            nearest[code] = UInt8(best.index)
        }
        return UnsafePointer(nearest)
    }

    /// For pictures.
    @inline(__always)
    func index(near rgb: UInt32) -> UInt8 { nearestInPictures[Self.code(rgb)] }

    /// For everything else.
    func index(of colour: Colour) -> UInt8 { nearest[Self.code(colour.bits)] }

    /// How many colours of 5 bits a channel there are.
    static let codes = 1 << 15

    /// 0xRRGGBB of five bits a channel, spread over the whole range, so that black and white stay themselves.
    static func colour(ofCode code: Int) -> UInt32 {
        func channel(_ shift: Int) -> UInt32 { UInt32((code >> shift & 31) * 255 / 31) }
        return channel(10) << 16 | channel(5) << 8 | channel(0)
    }

    @inline(__always)
    static func code(_ rgb: UInt32) -> Int {
        let red = rgb >> 9 & 0x7c00
        let green = rgb >> 6 & 0x03e0
        let blue = rgb >> 3 & 0x001f
        return Int(red | green | blue)
    }

    @inline(__always)
    func colour(at index: UInt8) -> UInt32 { colours[Int(index)] }

    /// xterm's 6x6x6 cube and its 24 greys. The first 16 colours are left out: users change them.
    static let xterm256 = Palette(ansiColours + cube + greys, candidates: nearestOf256)

    /// The 16 colours as xterm shows them by default.
    static let ansi16 = Palette(ansiColours) { _ in Array(0..<16) }

    /// The corners of the cube around a colour, and the greys about as bright as any of its channels.
    static func nearestOf256(_ code: Int) -> [Int] {
        func levels(_ shift: Int) -> (Int, Int) {
            let value = (code >> shift & 31) * 255 / 31
            let below = value < 95 ? 0 : min(4, (value - 55) / 40)
            return (below, below + 1)
        }
        let (red, green, blue) = (levels(10), levels(5), levels(0))
        var found: [Int] = []
        found.reserveCapacity(16)
        for r in [red.0, red.1] {
            for g in [green.0, green.1] {
                found.append(16 + 36 * r + 6 * g + blue.0)
                found.append(16 + 36 * r + 6 * g + blue.1)
            }
        }
        let weighted: Int = (code >> 10 & 31) * 2 + (code >> 5 & 31) * 5 + (code & 31)
        let brightness = weighted * 255 / 31 / 8
        let grey = (brightness - 8) / 10
        for index in grey - 1...grey + 2 where 0..<24 ~= index { found.append(232 + index) }
        return found
    }

    private static let cube: [UInt32] = {
        let levels: [UInt32] = [0, 95, 135, 175, 215, 255]
        return levels.flatMap { red -> [UInt32] in
            levels.flatMap { green -> [UInt32] in levels.map { blue -> UInt32 in red << 16 | green << 8 | blue } }
        }
    }()
    private static let greys: [UInt32] = (0..<24).map { (8 + 10 * $0) * 0x010101 }

    static let ansiColours: [UInt32] = [
        0x000000, 0xcd0000, 0x00cd00, 0xcdcd00, 0x0000ee, 0xcd00cd, 0x00cdcd, 0xe5e5e5,
        0x7f7f7f, 0xff0000, 0x00ff00, 0xffff00, 0x5c5cff, 0xff00ff, 0x00ffff, 0xffffff,
    ]
}

/// A colour in a space where distances are about as large as they look.
struct Oklab {
    let lightness: Float
    let a: Float
    let b: Float

    init(_ rgb: UInt32) {
        func linear(_ shift: UInt32) -> Float { Self.linear[Int(rgb >> shift & 255)] }
        let (red, green, blue) = (linear(16), linear(8), linear(0))
        let l = Self.cubeRoot(0.412_221_5 * red + 0.536_332_5 * green + 0.051_446 * blue)
        let m = Self.cubeRoot(0.211_903_5 * red + 0.680_699_5 * green + 0.107_397 * blue)
        let s = Self.cubeRoot(0.088_302_5 * red + 0.281_718_8 * green + 0.629_978_7 * blue)
        lightness = 0.210_454_3 * l + 0.793_617_8 * m - 0.004_072 * s
        a = 1.977_998_5 * l - 2.428_592_2 * m + 0.450_593_7 * s
        b = 0.025_904 * l + 0.782_771_8 * m - 0.808_675_8 * s
    }

    func distance(to other: Oklab) -> Float {
        let (dl, da, db) = (lightness - other.lightness, a - other.a, b - other.b)
        return dl * dl + da * da + db * db
    }

    /// sRGB to linear light (IEC 61966-2-1).
    private static let linear: [Float] = (0..<256).map { level in
        let value = Float(level) / 255
        return value <= 0.04045 ? value / 12.92 : power((value + 0.055) / 1.055)
    }

    /// x to the power of 2.4: x² times the fifth root of x².
    private static func power(_ x: Float) -> Float {
        let square = x * x
        var root = 0.5 + 0.5 * x
        for _ in 0..<12 {
            let fourth = root * root * root * root
            root -= (fourth * root - square) / (5 * fourth)
        }
        return square * root
    }

    /// Two of Newton's steps from a guess by the exponent.
    private static func cubeRoot(_ x: Float) -> Float {
        guard x > 0 else { return 0 }
        var root = Float(bitPattern: x.bitPattern / 3 + 0x2a51_4067)
        for _ in 0..<2 { root -= (root * root * root - x) / (3 * root * root) }
        return root
    }
}
