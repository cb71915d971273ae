import CZlib
import Media

@testable import TerminalGraphics

/// A terminal that shows pixels by all three protocols: what is sent becomes a picture of its screen. Anything it does not
/// understand is remembered as a fault.
struct PixelTerminal {
    let size: CellSize
    let cell: PixelSize
    private(set) var faults: [String] = []
    /// How many pictures came.
    private(set) var pictures = 0
    /// 0xRRGGBB, nil where text is.
    private var canvas: [UInt32?]
    private var images: [Int: (area: CellRect, width: Int, height: Int, pixels: [UInt32])] = [:]
    private var unfinished: (keys: [String: String], data: [UInt8])?
    private var cursor = CellPosition(row: 0, column: 0)
    private var saved = CellPosition(row: 0, column: 0)

    init(_ size: CellSize, cell: PixelSize) {
        self.size = size
        self.cell = cell
        canvas = Array(repeating: nil, count: size.columns * cell.width * size.rows * cell.height)
    }

    var imageNumbers: [Int] { images.keys.sorted() }
    var width: Int { size.columns * cell.width }

    subscript(x: Int, y: Int) -> UInt32? {
        for number in images.keys.sorted().reversed() {
            guard let image = images[number] else { continue }
            let (left, top) = (image.area.column * cell.width, image.area.row * cell.height)
            let (wide, high) = (image.area.columns * cell.width, image.area.rows * cell.height)
            if left..<left + wide ~= x, top..<top + high ~= y {
                return image.pixels[(y - top) * image.height / high * image.width + (x - left) * image.width / wide]
            }
        }
        return canvas[y * width + x]
    }

    mutating func receive(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case 0x1b: takeEscape(&rest)
            case 0x0d: cursor.column = 0
            case 0x0a: cursor.row += 1
            case 0x08: cursor.column -= 1
            case 0x80..<0xc0: break  // the rest of a character
            case 0x20...: put()
            default: faults.append("control \(byte)")
            }
        }
    }

    private mutating func put() {
        let area = CellRect(row: cursor.row, column: cursor.column, columns: 1, rows: 1)
        fill(area, 1, 1, [nil])
        cursor.column = min(cursor.column + 1, size.columns - 1)
    }

    private mutating func takeEscape(_ rest: inout ArraySlice<UInt8>) {
        switch rest.popFirst() {
        case UInt8(ascii: "7"): saved = cursor
        case UInt8(ascii: "8"): cursor = saved
        case UInt8(ascii: "["): takeControl(&rest)
        case UInt8(ascii: "_"): takeKitty(string(&rest, end: [0x1b, 0x5c]))
        case UInt8(ascii: "P"): takeSixels(string(&rest, end: [0x1b, 0x5c]))
        case UInt8(ascii: "]"): takeITerm(string(&rest, end: [0x07]))
        case let other: faults.append("escape \(other ?? 0)")
        }
    }

    private mutating func string(_ rest: inout ArraySlice<UInt8>, end: [UInt8]) -> [UInt8] {
        var found: [UInt8] = []
        while !rest.starts(with: end) {
            guard let byte = rest.popFirst() else {
                faults.append("a string without an end")
                return []
            }
            found.append(byte)
        }
        rest = rest.dropFirst(end.count)
        return found
    }

    private mutating func takeControl(_ rest: inout ArraySlice<UInt8>) {
        let text = rest.prefix { !(0x40...0x7e ~= $0) }
        rest = rest.dropFirst(text.count)
        let numbers = String(decoding: text, as: UTF8.self).split(separator: ";").map { Int($0) ?? 0 }
        switch rest.popFirst() {
        case UInt8(ascii: "H"):
            cursor = CellPosition(row: (numbers.first ?? 1) - 1, column: (numbers.dropFirst().first ?? 1) - 1)
        case UInt8(ascii: "J"):
            canvas = Array(repeating: nil, count: canvas.count)
            images = [:]
        case UInt8(ascii: "C"): cursor.column += numbers.first ?? 1
        case UInt8(ascii: "D"): cursor.column -= numbers.first ?? 1
        default: break
        }
    }

    /// A picture magnified to the area.
    private mutating func fill(_ area: CellRect, _ wide: Int, _ high: Int, _ pixels: [UInt32?]) {
        let (across, down) = (area.columns * cell.width, area.rows * cell.height)
        for y in 0..<down {
            for x in 0..<across {
                canvas[(area.row * cell.height + y) * width + area.column * cell.width + x] =
                    pixels[y * high / down * wide + x * wide / across]
            }
        }
    }

    // MARK: Kitty

    private mutating func takeKitty(_ bytes: [UInt8]) {
        let parts = bytes.dropFirst().split(separator: UInt8(ascii: ";"), maxSplits: 1)
        let text = String(decoding: parts.first ?? [], as: UTF8.self)
        var keys: [String: String] = [:]
        for pair in text.split(separator: ",") { keys[String(pair.prefix(1))] = String(pair.dropFirst(2)) }
        if keys["a"] == "d" {
            if keys["d"] == "A" { images = [:] } else { images[Int(keys["i"] ?? "") ?? 0] = nil }
            return
        }
        let data = decoded(parts.dropFirst().first ?? [])
        if unfinished != nil { unfinished?.data += data } else { unfinished = (keys, data) }
        if bytes.count > 4_096 + 100 { faults.append("a piece of \(bytes.count) bytes") }
        guard keys["m"] != "1", let whole = unfinished else { return }
        unfinished = nil
        func number(_ key: String) -> Int { Int(whole.keys[key] ?? "") ?? 0 }
        let (wide, high) = (number("s"), number("v"))
        guard whole.keys["f"] == "24", whole.keys["C"] == "1", whole.keys["o"] == "z" else {
            return faults.append("\(whole.keys)")
        }
        let pixels = colours(inflated(whole.data, to: wide * high * 3))
        let area = CellRect(row: cursor.row, column: cursor.column, columns: number("c"), rows: number("r"))
        images[number("i")] = (area, wide, high, pixels)
        pictures += 1
    }

    private func colours(_ rgb: [UInt8]) -> [UInt32] {
        stride(from: 0, to: rgb.count, by: 3).map {
            UInt32(rgb[$0]) << 16 | UInt32(rgb[$0 + 1]) << 8 | UInt32(rgb[$0 + 2])
        }
    }

    private mutating func inflated(_ bytes: [UInt8], to count: Int) -> [UInt8] {
        var out = [UInt8](repeating: 0, count: count)
        var length = UInt(count)
        if uncompress(&out, &length, bytes, UInt(bytes.count)) != Z_OK || length != count { faults.append("zlib") }
        return out
    }

    private mutating func decoded(_ text: some Collection<UInt8>) -> [UInt8] {
        var out: [UInt8] = []
        var (bits, count): (UInt32, Int) = (0, 0)
        for byte in text where byte != UInt8(ascii: "=") {
            let digit: UInt8? =
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte - UInt8(ascii: "A")
                case UInt8(ascii: "a")...UInt8(ascii: "z"): byte - UInt8(ascii: "a") + 26
                case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0") + 52
                case UInt8(ascii: "+"): 62
                case UInt8(ascii: "/"): 63
                default: nil
                }
            guard let digit else {
                faults.append("Base64")
                return []
            }
            bits = bits << 6 | UInt32(digit)
            count += 6
            if count >= 8 {
                count -= 8
                out.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        return out
    }

    // MARK: iTerm2

    private mutating func takeITerm(_ bytes: [UInt8]) {
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else { return faults.append("no file") }
        let head = String(decoding: bytes[..<colon], as: UTF8.self)
        func number(_ key: String) -> Int {
            head.split(whereSeparator: { $0 == ";" || $0 == "=" }).drop { $0 != key }.dropFirst().first.flatMap {
                Int($0)
            } ?? 0
        }
        let file = decoded(bytes[(colon + 1)...])
        guard head.hasPrefix("1337;File=inline=1"), number("size") == file.count else { return faults.append(head) }
        let (wide, high, pixels) = unpacked(file)
        let area = CellRect(row: cursor.row, column: cursor.column, columns: number("width"), rows: number("height"))
        fill(area, wide, high, pixels)
        pictures += 1
    }

    /// A PNG file with filter 1 in each row.
    private mutating func unpacked(_ file: [UInt8]) -> (Int, Int, [UInt32]) {
        func number(_ at: Int) -> Int { file[at..<at + 4].reduce(0) { $0 << 8 | Int($1) } }
        let (wide, high) = (number(16), number(20))
        let data = inflated(Array(file[41..<41 + number(33)]), to: (wide * 3 + 1) * high)
        var rgb: [UInt8] = []
        for row in 0..<high {
            let line = data[row * (wide * 3 + 1)..<(row + 1) * (wide * 3 + 1)]
            if line.first != 1 { faults.append("filter") }
            for (index, byte) in line.dropFirst().enumerated() {
                rgb.append(index < 3 ? byte : byte &+ rgb[rgb.count - 3])
            }
        }
        return (wide, high, colours(rgb))
    }

    // MARK: Sixel

    private mutating func takeSixels(_ bytes: [UInt8]) {
        guard let start = bytes.firstIndex(of: UInt8(ascii: "q")) else { return faults.append("no sixels") }
        var rest = bytes[(start + 1)...]
        var palette: [Int: UInt32] = [:]
        var (x, y, colour) = (0, 0, UInt32(0))
        let (left, top) = (cursor.column * cell.width, cursor.row * cell.height)
        pictures += 1
        func numbers() -> [Int] {
            let text = rest.prefix { 0x30...0x3b ~= $0 }
            rest = rest.dropFirst(text.count)
            return String(decoding: text, as: UTF8.self).split(separator: ";").map { Int($0) ?? 0 }
        }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): if numbers().prefix(2) != [1, 1] { faults.append("pixels that are not square") }
            case UInt8(ascii: "#"):
                let values = numbers()
                if values.count == 5 {
                    palette[values[0]] = values[2...].reduce(0) { $0 << 8 | UInt32(($1 * 255 + 50) / 100) }
                }
                colour = palette[values.first ?? 0] ?? 0
            case UInt8(ascii: "$"): x = 0
            case UInt8(ascii: "-"): (x, y) = (0, y + 6)
            case UInt8(ascii: "!"):
                let count = numbers().first ?? 0
                paint(rest.popFirst() ?? 0, count, left + x, top + y, colour)
                x += count
            case 0x3f...0x7e:
                paint(byte, 1, left + x, top + y, colour)
                x += 1
            default: faults.append("sixel \(byte)")
            }
        }
    }

    private mutating func paint(_ byte: UInt8, _ count: Int, _ x: Int, _ y: Int, _ colour: UInt32) {
        for bit in 0..<6 where (byte - 0x3f) >> UInt8(bit) & 1 == 1 {
            for column in x..<x + count {
                guard column < width, y + bit < size.rows * cell.height else { return faults.append("outside") }
                canvas[(y + bit) * width + column] = colour
            }
        }
    }
}
