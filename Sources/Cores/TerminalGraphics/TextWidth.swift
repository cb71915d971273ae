import Primitives

/// How many columns text takes on a terminal.
package enum TextWidth {
    /// Columns of a scalar: 0 for what joins its neighbour, 2 for East Asian wide and emoji, else 1.
    package static func of(_ scalar: Unicode.Scalar) -> Int {
        let value = scalar.value
        if value < 0x300 { return value == 0xad ? 0 : 1 }
        if isWide(value) || scalar.properties.isEmojiPresentation { return 2 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return 0x1160...0x11ff ~= value ? 0 : 1  // medial and final jamo join the syllable before them
        }
    }

    /// Columns of a whole text, as `CellGrid.write` lays it out.
    package static func of(_ text: some StringProtocol) -> Int {
        if text.utf8.allSatisfy({ 0x20..<0x7f ~= $0 }) { return text.utf8.count }
        var width = 0
        for character in String(text).controlCharactersVisible { width += GlyphCluster(character).width }
        return width
    }

    /// The longest beginning of `text` that fits in `columns`.
    package static func prefix(_ text: String, columns: Int) -> String {
        var left = columns
        var end = text.startIndex
        while end < text.endIndex {
            left -= GlyphCluster(text[end]).width
            guard left >= 0 else { break }
            text.formIndex(after: &end)
        }
        return String(text[..<end])
    }

    /// `text` in at most `columns`, with an ellipsis where its end was cut off.
    package static func truncated(_ text: String, columns: Int) -> String {
        let text = text.controlCharactersVisible
        guard of(text) > columns else { return text }
        return columns < 1 ? "" : prefix(text, columns: columns - 1) + "…"
    }

    /// `text` in at most `columns`, with an ellipsis in the middle where it had to be cut.
    package static func truncatedInMiddle(_ text: String, columns: Int) -> String {
        let text = text.controlCharactersVisible
        guard of(text) > columns else { return text }
        guard columns >= 3 else { return prefix(text, columns: max(0, columns)) }
        let head = prefix(text, columns: columns / 2)
        let room = columns - 1 - of(head)
        var tail = ""
        var used = 0
        for character in text.reversed() {
            used += GlyphCluster(character).width
            guard used <= room else { break }
            tail.append(character)
        }
        return head + "…" + String(tail.reversed())
    }

    /// Breaks `text` into lines of at most `columns`, at spaces where there are some.
    package static func wrapped(_ text: String, columns: Int) -> [String] {
        guard columns > 0 else { return [] }
        var lines: [String] = []
        for paragraph in text.split(separator: "\n", omittingEmptySubsequences: false) {
            wrap(String(paragraph).controlCharactersVisible, columns: columns, into: &lines)
        }
        return lines
    }

    private static func wrap(_ paragraph: String, columns: Int, into lines: inout [String]) {
        var line = ""
        var width = 0
        for word in paragraph.split(separator: " ", omittingEmptySubsequences: false) {
            var word = String(word)
            var wordWidth = of(word)
            if width > 0 || !line.isEmpty, width + 1 + wordWidth <= columns {
                line += " " + word
                width += 1 + wordWidth
                continue
            }
            if !line.isEmpty { lines.append(line) }
            while wordWidth > columns, word.count > 1 || columns > 1 {
                var head = prefix(word, columns: columns)
                if head.isEmpty { head = String(word.prefix(1)) }  // one wide glyph in a single column
                lines.append(head)
                word.removeFirst(head.count)
                wordWidth = of(word)
            }
            line = word
            width = wordWidth
        }
        lines.append(line)
    }

    /// East Asian Width W and F (Unicode Standard Annex 11), in ranges; emoji are known to the standard library.
    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115f, 0x2329...0x232a, 0x2e80...0x303e, 0x3041...0x33ff, 0x3400...0x4dbf, 0x4e00...0xa4cf,
            0xa960...0xa97f, 0xac00...0xd7a3, 0xf900...0xfaff, 0xfe10...0xfe19, 0xfe30...0xfe6f, 0xff00...0xff60,
            0xffe0...0xffe6, 0x16fe0...0x18cff, 0x1aff0...0x1b2ff, 0x1f200...0x1f2ff, 0x20000...0x3fffd:
            true
        default: false
        }
    }
}

/// A grapheme cluster as a cell can hold it: at most three scalars, and its width.
struct GlyphCluster {
    let packed: UInt64
    /// 0, 1 or 2 columns. Clusters of no width have nothing to stand on and are left out.
    let width: Int

    init(_ character: Character) {
        let scalars = character.unicodeScalars
        let base = scalars.first ?? " "
        guard base.value >= 0x20, !(0x7f..<0xa0 ~= base.value) else {
            packed = 0xfffd
            width = 1
            return
        }
        let baseWidth = TextWidth.of(base)
        guard scalars.count > 1 else {
            packed = UInt64(base.value)
            width = baseWidth
            return
        }
        // What follows the base makes it an emoji (VS16, a flag's second half) or only decorates it.
        let isEmoji = scalars.contains { $0.value == 0xfe0f } || 0x1f1e6...0x1f1ff ~= base.value
        width = baseWidth == 0 ? 0 : isEmoji ? 2 : baseWidth
        guard scalars.count <= 3, !scalars.dropFirst().contains(where: { $0.value < 0xa0 }) else {
            packed = UInt64(base.value)
            return
        }
        packed = scalars.reversed().reduce(0) { $0 << 21 | UInt64($1.value) }
    }
}
