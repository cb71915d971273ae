/// A configuration file: the part of TOML that settings need (https://toml.io/en/v1.0.0), with the line of every value
/// kept for messages. Tables, bare, quoted and dotted keys, strings of all four kinds, integers, floats, booleans and
/// arrays; no dates and no tables inside values.
package struct TOMLDocument: Sendable {
    package struct Entry: Hashable, Sendable {
        /// The table's name and the key, part by part.
        package var path: [String]
        package var value: TOMLValue
        /// Counted from 1.
        package var line: Int
    }

    /// In the order of the file; no path stands twice.
    package private(set) var entries: [Entry] = []
    /// `[name]` headers, with their lines: a table may be there and empty.
    package private(set) var tables: [(path: [String], line: Int)] = []

    /// The most bytes of a file.
    package static let maximumBytes = 1 << 20

    package init() {}

    package init(parsing text: String) throws(TOMLError) { try self.init(parsing: Array(text.utf8)) }

    package init(parsing bytes: [UInt8]) throws(TOMLError) {
        guard bytes.count <= Self.maximumBytes else { throw TOMLError(line: 1, message: "the file is too large") }
        var parser = TOMLParser(bytes)
        var seen: Set<[String]> = []
        var table: [String] = []
        while parser.skipToStatement() {
            let line = parser.line
            if let header = try parser.header() {
                table = header
                guard !tables.contains(where: { $0.path == header }), !seen.contains(header) else {
                    throw TOMLError(line: line, message: "[\(header.joined(separator: "."))] stands twice")
                }
                tables.append((header, line))
            } else {
                let (key, value) = try parser.assignment()
                let path = table + key
                guard seen.insert(path).inserted else {
                    throw TOMLError(line: line, message: "\(path.joined(separator: ".")) stands twice")
                }
                entries.append(Entry(path: path, value: value, line: line))
            }
        }
    }

    package subscript(_ path: String...) -> TOMLValue? { entries.first { $0.path == path }?.value }
}

package enum TOMLValue: Hashable, Sendable {
    case string(String)
    case integer(Int64)
    case float(Double)
    case bool(Bool)
    case array([TOMLValue])

    /// As an option takes it; nil for an array.
    package var text: String? {
        switch self {
        case .string(let text): text
        case .integer(let number): String(number)
        case .float(let number): String(number)
        case .bool(let flag): flag ? "true" : "false"
        case .array: nil
        }
    }

    /// The elements of an array, or the value itself.
    package var elements: [TOMLValue] {
        guard case .array(let elements) = self else { return [self] }
        return elements
    }
}

/// What is wrong, and where.
package struct TOMLError: Error, Hashable, Sendable {
    package var line: Int
    package var message: String

    package init(line: Int, message: String) {
        self.line = line
        self.message = message
    }
}
