/// One line of a description: its number counted from 1, its type letter, and what follows the equals sign.
struct Line {
    let number: Int
    let type: UInt8
    let value: Substring

    /// Splits a text at line feeds, with or without carriage returns; empty lines are skipped.
    static func split(_ text: String, limits: SessionDescription.Limits) throws(SDPError) -> [Line] {
        guard text.utf8.count <= limits.bytes else { throw SDPError(line: 0, .tooLong) }
        let pieces = text.utf8.split(
            separator: UInt8(ascii: "\n"), maxSplits: limits.lines, omittingEmptySubsequences: false)
        guard pieces.count <= limits.lines else { throw SDPError(line: 0, .tooManyLines) }
        var lines: [Line] = []
        for (index, piece) in pieces.enumerated() {
            let content = piece.last == UInt8(ascii: "\r") ? piece.dropLast() : piece
            guard let type = content.first else { continue }
            guard content.dropFirst().first == UInt8(ascii: "="), !content.contains(where: { $0 == 0 || $0 == 0x0d })
            else {
                throw SDPError(line: index + 1, .malformedLine)
            }
            lines.append(Line(number: index + 1, type: type, value: Substring(content.dropFirst(2))))
        }
        return lines
    }
}

// Fields are cut at bytes, never at characters: a combining mark after a separator must not hide it.
extension Substring {
    /// The fields between `separator`s; empty ones are left out.
    func fields(_ separator: Unicode.Scalar = " ") -> [Substring] {
        utf8.split(separator: UInt8(ascii: separator)).map(Substring.init)
    }

    /// What stands before and after the first `separator`; nil after it where there is none.
    func cut(_ separator: Unicode.Scalar) -> (head: Substring, tail: Substring?) {
        guard let index = utf8.firstIndex(of: UInt8(ascii: separator)) else { return (self, nil) }
        return (self[..<index], self[utf8.index(after: index)...])
    }

    /// Digits only: no sign, no blank.
    func number<N: FixedWidthInteger>(_ type: N.Type = N.self) -> N? {
        guard !utf8.isEmpty, utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
        return N(self)
    }

    /// Visible ASCII without blanks, within `lengths`.
    func isToken(_ lengths: ClosedRange<Int>) -> Bool {
        lengths.contains(utf8.count) && utf8.allSatisfy { 0x21...0x7e ~= $0 }
    }

    /// Without blanks at both ends.
    var trimmed: Substring {
        var bytes = utf8[...]
        while bytes.first == UInt8(ascii: " ") { bytes.removeFirst() }
        while bytes.last == UInt8(ascii: " ") { bytes.removeLast() }
        return Substring(bytes)
    }
}
