extension JSON {
    /// The value on one line, without spaces.
    package var text: String { String(decoding: utf8, as: UTF8.self) }

    package var utf8: [UInt8] {
        var out: [UInt8] = []
        write(to: &out)
        return out
    }

    private func write(to out: inout [UInt8]) {
        switch self {
        case .null: out += "null".utf8
        case .bool(let value): out += (value ? "true" : "false").utf8
        case .integer(let value): out += String(value).utf8
        case .number(let value): out += (value.isFinite ? value.description : "null").utf8
        case .string(let value): Self.write(value, to: &out)
        case .array(let elements): Self.write(elements, to: &out)
        case .object(let members): Self.write(members, to: &out)
        }
    }

    private static func write(_ elements: [JSON], to out: inout [UInt8]) {
        out.append(UInt8(ascii: "["))
        for (index, element) in elements.enumerated() {
            if index > 0 { out.append(UInt8(ascii: ",")) }
            element.write(to: &out)
        }
        out.append(UInt8(ascii: "]"))
    }

    private static func write(_ members: JSONObject, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        var isFirst = true
        for (name, value) in members {
            if !isFirst { out.append(UInt8(ascii: ",")) }
            isFirst = false
            write(name, to: &out)
            out.append(UInt8(ascii: ":"))
            value.write(to: &out)
        }
        out.append(UInt8(ascii: "}"))
    }

    /// Besides what RFC 8259 §7 demands, everything a terminal or a line reader would obey is escaped: DEL, the C1
    /// controls, and the separators U+2028 and U+2029.
    private static func write(_ string: String, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "\""))
        var string = string
        string.withUTF8 { bytes in
            var start = 0
            var index = 0
            while index < bytes.count {
                guard let (escape, length) = escape(bytes, at: index) else {
                    index += 1
                    continue
                }
                out += bytes[start..<index]
                out += escape.utf8
                index += length
                start = index
            }
            out += bytes[start...]
        }
        out.append(UInt8(ascii: "\""))
    }

    /// What is written for the character at `index` and how many bytes it has, or nil where it stands for itself.
    private static func escape(_ bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> (String, Int)? {
        switch bytes[index] {
        case 0x22: return ("\\\"", 1)
        case 0x5c: return ("\\\\", 1)
        case 0x08: return ("\\b", 1)
        case 0x09: return ("\\t", 1)
        case 0x0a: return ("\\n", 1)
        case 0x0c: return ("\\f", 1)
        case 0x0d: return ("\\r", 1)
        case 0..<0x20, 0x7f: return (hexEscape(UInt16(bytes[index])), 1)
        // U+0080 to U+009F are C2 80 to C2 9F; U+2028 and U+2029 are E2 80 A8 and E2 80 A9.
        case 0xc2 where bytes[index + 1] < 0xa0: return (hexEscape(UInt16(bytes[index + 1])), 2)
        case 0xe2 where bytes[index + 1] == 0x80 && bytes[index + 2] & 0xfe == 0xa8:
            return (hexEscape(0x2000 | UInt16(bytes[index + 2] & 0x3f)), 3)
        default: return nil
        }
    }

    private static func hexEscape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
