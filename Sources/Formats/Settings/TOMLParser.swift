/// Reads statements of a TOML document one after the other.
struct TOMLParser {
    private let bytes: [UInt8]
    private var position = 0
    private(set) var line = 1

    /// Arrays within arrays beyond this are a mistake or an attack.
    private static let maximumDepth = 16

    init(_ bytes: [UInt8]) {
        // A byte order mark is no part of the text.
        self.bytes = bytes.starts(with: [0xef, 0xbb, 0xbf]) ? Array(bytes.dropFirst(3)) : bytes
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func error(_ message: String) -> TOMLError { TOMLError(line: line, message: message) }

    private mutating func advance() {
        if next == UInt8(ascii: "\n") { line += 1 }
        position += 1
    }

    private mutating func take(_ text: StaticString) -> Bool {
        let length = text.utf8CodeUnitCount
        let wanted = UnsafeBufferPointer(start: text.utf8Start, count: length)
        guard bytes[position...].starts(with: wanted) else { return false }
        for _ in 0..<length { advance() }
        return true
    }

    private mutating func skipBlanks() {
        while let byte = next, byte == 0x20 || byte == 0x09 { advance() }
    }

    private mutating func skipComment() {
        guard next == UInt8(ascii: "#") else { return }
        while let byte = next, byte != UInt8(ascii: "\n") { advance() }
    }

    private mutating func skipLines() {
        while true {
            skipBlanks()
            skipComment()
            guard let byte = next, byte == 0x0a || byte == 0x0d else { return }
            advance()
        }
    }

    /// False at the end.
    mutating func skipToStatement() -> Bool {
        skipLines()
        return next != nil
    }

    private mutating func endLine() throws(TOMLError) {
        skipBlanks()
        skipComment()
        if next == 0x0d { advance() }
        guard next == nil || next == 0x0a else { throw error("nothing more is expected on this line") }
    }

    // MARK: Statements

    /// `[a.b]`, or nil where something else stands.
    mutating func header() throws(TOMLError) -> [String]? {
        guard take("[") else { return nil }
        guard next != UInt8(ascii: "[") else { throw error("arrays of tables are not understood here") }
        let path = try keyPath()
        guard take("]") else { throw error("] is missing") }
        try endLine()
        return path
    }

    mutating func assignment() throws(TOMLError) -> (key: [String], value: TOMLValue) {
        let key = try keyPath()
        guard take("=") else { throw error("= is expected after \(key.joined(separator: "."))") }
        skipBlanks()
        let value = try value(depth: 0)
        try endLine()
        return (key, value)
    }

    private mutating func keyPath() throws(TOMLError) -> [String] {
        var path: [String] = []
        repeat {
            skipBlanks()
            path.append(try key())
            skipBlanks()
        } while take(".")
        return path
    }

    private mutating func key() throws(TOMLError) -> String {
        if next == UInt8(ascii: "\"") || next == UInt8(ascii: "'") { return try string() }
        let start = position
        while let byte = next, Self.isBare(byte) { advance() }
        guard position > start else { throw error("a key is expected") }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    // MARK: Values

    private mutating func value(depth: Int) throws(TOMLError) -> TOMLValue {
        switch next {
        case UInt8(ascii: "\"")?, UInt8(ascii: "'")?: return .string(try string())
        case UInt8(ascii: "[")?: return .array(try array(depth: depth))
        case UInt8(ascii: "{")?: throw error("tables inside values are not understood here")
        case nil: throw error("a value is missing")
        default: return try word()
        }
    }

    private mutating func array(depth: Int) throws(TOMLError) -> [TOMLValue] {
        guard depth < Self.maximumDepth else { throw error("arrays are nested too deeply") }
        advance()
        var elements: [TOMLValue] = []
        while true {
            skipLines()
            if take("]") { return elements }
            elements.append(try value(depth: depth + 1))
            skipLines()
            if take(",") { continue }
            guard take("]") else { throw error("] or , is expected in an array") }
            return elements
        }
    }

    /// A number, `true` or `false`.
    private mutating func word() throws(TOMLError) -> TOMLValue {
        let start = position
        while let byte = next, Self.isBare(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") { advance() }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if text == "true" { return .bool(true) }
        if text == "false" { return .bool(false) }
        if let number = Self.integer(text) { return .integer(number) }
        let plain = text.filter { $0 != "_" }
        if plain.first.map({ $0.isNumber || $0 == "-" || $0 == "+" }) == true, let number = Double(plain) {
            return .float(number)
        }
        throw error(text.isEmpty ? "a value is expected" : "\(text) is no value; put text between quotation marks")
    }

    private static func integer(_ text: String) -> Int64? {
        let plain = text.filter { $0 != "_" }
        for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] where plain.hasPrefix(prefix) {
            return Int64(plain.dropFirst(2), radix: radix)
        }
        return Int64(plain)
    }
}

// MARK: - Strings

extension TOMLParser {
    private mutating func string() throws(TOMLError) -> String {
        if take("\"\"\"") { return try basic(untilThree: true) }
        if take("'''") { return try literal(untilThree: true) }
        if take("\"") { return try basic(untilThree: false) }
        advance()
        return try literal(untilThree: false)
    }

    private mutating func literal(untilThree: Bool) throws(TOMLError) -> String {
        if untilThree { _ = take("\r\n") || take("\n") }
        let start = position
        while let byte = next {
            let end = position
            if untilThree ? take("'''") : take("'") { return String(decoding: bytes[start..<end], as: UTF8.self) }
            guard untilThree || byte != 0x0a else { break }
            advance()
        }
        throw error("the string has no end")
    }

    private mutating func basic(untilThree: Bool) throws(TOMLError) -> String {
        if untilThree { _ = take("\r\n") || take("\n") }
        var out: [UInt8] = []
        while let byte = next {
            if untilThree ? take("\"\"\"") : take("\"") { return String(decoding: out, as: UTF8.self) }
            guard untilThree || byte != 0x0a else { break }
            advance()
            if byte == UInt8(ascii: "\\") {
                try escape(into: &out, mayContinue: untilThree)
            } else {
                out.append(byte)
            }
        }
        throw error("the string has no end")
    }

    private mutating func escape(into out: inout [UInt8], mayContinue: Bool) throws(TOMLError) {
        guard let byte = next else { throw error("the string has no end") }
        if mayContinue, byte == 0x0a || byte == 0x0d || byte == 0x20 || byte == 0x09 {
            while let blank = next, [0x0a, 0x0d, 0x20, 0x09].contains(blank) { advance() }
            return
        }
        advance()
        let simple: [UInt8: UInt8] = [
            UInt8(ascii: "b"): 8, UInt8(ascii: "t"): 9, UInt8(ascii: "n"): 10, UInt8(ascii: "f"): 12,
            UInt8(ascii: "r"): 13, UInt8(ascii: "e"): 27, UInt8(ascii: "\""): 34, UInt8(ascii: "\\"): 92,
        ]
        if let value = simple[byte] { return out.append(value) }
        let digits = byte == UInt8(ascii: "u") ? 4 : byte == UInt8(ascii: "U") ? 8 : 0
        let text = String(decoding: bytes[position...].prefix(digits), as: UTF8.self)
        guard digits > 0, text.utf8.count == digits, text.utf8.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
            let number = UInt32(text, radix: 16), let scalar = Unicode.Scalar(number)
        else { throw error("\\\(Character(Unicode.Scalar(byte))) is no escape sequence") }
        for _ in 0..<digits { advance() }
        out += String(Character(scalar)).utf8
    }
}
