/// Why a text is not the JSON we accept; `offset` counts bytes.
package enum JSONError: Error, Equatable, Sendable {
    case tooLarge
    case tooDeep
    case invalidUTF8
    case unexpectedEnd
    case unexpectedByte(offset: Int)
    case numberOutOfRange(offset: Int)
}

/// What a text may cost us.
package struct JSONLimits: Sendable {
    package var bytes: Int
    /// Arrays and objects within each other.
    package var depth: Int

    package init(bytes: Int = 1 << 20, depth: Int = 32) {
        self.bytes = bytes
        self.depth = depth
    }

    /// A message of the mesh protocol.
    package static let message = JSONLimits(bytes: 64 << 10, depth: 16)
}

extension JSON {
    package init(parsing text: String, limits: JSONLimits = .init()) throws(JSONError) {
        try self.init(parsing: Array(text.utf8), limits: limits)
    }

    package init(parsing bytes: [UInt8], limits: JSONLimits = .init()) throws(JSONError) {
        guard bytes.count <= limits.bytes else { throw .tooLarge }
        var parser = JSONParser(bytes: bytes, depthLimit: limits.depth)
        self = try parser.document()
    }
}

/// A recursive-descent parser over the grammar of RFC 8259, with no extension: no comments, no trailing commas, one
/// value and nothing behind it.
private struct JSONParser {
    let bytes: [UInt8]
    let depthLimit: Int
    var offset = 0
    var depth = 0

    init(bytes: [UInt8], depthLimit: Int) {
        self.bytes = bytes
        self.depthLimit = depthLimit
    }

    mutating func document() throws(JSONError) -> JSON {
        let value = try value()
        skipSpace()
        guard offset == bytes.count else { throw .unexpectedByte(offset: offset) }
        return value
    }

    private mutating func value() throws(JSONError) -> JSON {
        skipSpace()
        switch try peek() {
        case UInt8(ascii: "{"): return try object()
        case UInt8(ascii: "["): return try array()
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: return try number()
        }
    }

    private mutating func object() throws(JSONError) -> JSON {
        try enter()
        var members = JSONObject()
        if try closes(with: UInt8(ascii: "}")) { return .object(members) }
        while true {
            skipSpace()
            guard try peek() == UInt8(ascii: "\"") else { throw .unexpectedByte(offset: offset) }
            let name = try string()
            skipSpace()
            guard try next() == UInt8(ascii: ":") else { throw .unexpectedByte(offset: offset - 1) }
            members[name] = try value()
            if try !continues(until: UInt8(ascii: "}")) { return .object(members) }
        }
    }

    private mutating func array() throws(JSONError) -> JSON {
        try enter()
        var elements: [JSON] = []
        if try closes(with: UInt8(ascii: "]")) { return .array(elements) }
        while true {
            elements.append(try value())
            if try !continues(until: UInt8(ascii: "]")) { return .array(elements) }
        }
    }

    /// Steps over an opening bracket.
    private mutating func enter() throws(JSONError) {
        guard depth < depthLimit else { throw .tooDeep }
        depth += 1
        offset += 1
    }

    /// Whether the bracket just opened closes at once.
    private mutating func closes(with bracket: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        guard try peek() == bracket else { return false }
        offset += 1
        depth -= 1
        return true
    }

    /// True behind a comma, false behind the closing bracket.
    private mutating func continues(until bracket: UInt8) throws(JSONError) -> Bool {
        skipSpace()
        switch try next() {
        case UInt8(ascii: ","): return true
        case bracket:
            depth -= 1
            return false
        default: throw .unexpectedByte(offset: offset - 1)
        }
    }

    private mutating func word(_ word: StaticString, _ value: JSON) throws(JSONError) -> JSON {
        for index in 0..<word.utf8CodeUnitCount {
            guard try next() == word.utf8Start[index] else { throw .unexpectedByte(offset: offset - 1) }
        }
        return value
    }
}

// MARK: - Strings

extension JSONParser {
    private mutating func string() throws(JSONError) -> String {
        offset += 1
        var text: [UInt8] = []
        while true {
            let run = plainRun()
            text += bytes[run]
            offset = run.upperBound
            switch try next() {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw .invalidUTF8 }
                return string
            case UInt8(ascii: "\\"): try appendEscaped(to: &text)
            default: throw .unexpectedByte(offset: offset - 1)
            }
        }
    }

    /// The bytes from here on that stand for themselves: session descriptions are long, and nearly all of them such.
    private func plainRun() -> Range<Int> {
        bytes.withUnsafeBufferPointer { bytes in
            var end = offset
            while end < bytes.count, bytes[end] >= 0x20, bytes[end] != UInt8(ascii: "\""),
                bytes[end] != UInt8(ascii: "\\")
            {
                end += 1
            }
            return offset..<end
        }
    }

    private mutating func appendEscaped(to text: inout [UInt8]) throws(JSONError) {
        let byte = try next()
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0c)
        case UInt8(ascii: "n"): text.append(0x0a)
        case UInt8(ascii: "r"): text.append(0x0d)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): text += Array(String(try escapedScalar()).utf8)
        default: throw .unexpectedByte(offset: offset - 1)
        }
    }

    /// The character behind `\u`. Half a surrogate pair becomes U+FFFD, as it does where browsers turn their strings
    /// into Unicode: JavaScript can send one, and a chat message shall not be lost for it.
    private mutating func escapedScalar() throws(JSONError) -> Unicode.Scalar {
        let unit = try codeUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(unit), offset + 1 < bytes.count, bytes[offset] == UInt8(ascii: "\\"),
            bytes[offset + 1] == UInt8(ascii: "u")
        else { return "\u{fffd}" }
        let mark = offset
        offset += 2
        let trail = try codeUnit()
        guard UTF16.isTrailSurrogate(trail) else {
            offset = mark
            return "\u{fffd}"
        }
        let value = 0x10000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(trail) - 0xdc00)
        return Unicode.Scalar(value) ?? "\u{fffd}"
    }

    private mutating func codeUnit() throws(JSONError) -> UInt16 {
        var unit: UInt16 = 0
        for _ in 0..<4 {
            let byte = try next()
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
                throw .unexpectedByte(offset: offset - 1)
            }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}

// MARK: - Numbers

extension JSONParser {
    private mutating func number() throws(JSONError) -> JSON {
        let start = offset
        var isWhole = true
        skip(UInt8(ascii: "-"))
        if !skip(UInt8(ascii: "0")) { try digits() }
        if skip(UInt8(ascii: ".")) {
            isWhole = false
            try digits()
        }
        if skip(UInt8(ascii: "e")) || skip(UInt8(ascii: "E")) {
            isWhole = false
            if !skip(UInt8(ascii: "+")) { skip(UInt8(ascii: "-")) }
            try digits()
        }
        let text = String(decoding: bytes[start..<offset], as: UTF8.self)
        if isWhole, let value = Int64(text) { return .integer(value) }
        guard let value = Double(text), value.isFinite else { throw .numberOutOfRange(offset: start) }
        return .number(value)
    }

    private mutating func digits() throws(JSONError) {
        let start = offset
        while offset < bytes.count, UInt8(ascii: "0")...UInt8(ascii: "9") ~= bytes[offset] { offset += 1 }
        guard offset > start else {
            throw offset < bytes.count ? .unexpectedByte(offset: offset) : .unexpectedEnd
        }
    }
}

// MARK: - Bytes

extension JSONParser {
    private func peek() throws(JSONError) -> UInt8 {
        guard offset < bytes.count else { throw .unexpectedEnd }
        return bytes[offset]
    }

    private mutating func next() throws(JSONError) -> UInt8 {
        let byte = try peek()
        offset += 1
        return byte
    }

    @discardableResult
    private mutating func skip(_ byte: UInt8) -> Bool {
        guard offset < bytes.count, bytes[offset] == byte else { return false }
        offset += 1
        return true
    }

    private mutating func skipSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0a, 0x0d: offset += 1
            default: return
            }
        }
    }
}
