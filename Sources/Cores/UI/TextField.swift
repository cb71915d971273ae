import Primitives
import TerminalGraphics

/// A line of text being edited, with the keys that shells taught everybody.
struct TextField: Sendable, Equatable {
    /// More than anybody types into one chat message; what is over is not taken.
    private static let longest = 2_000

    private(set) var text = ""
    /// How many characters stand before the cursor.
    private(set) var cursor = 0

    mutating func clear() { self = TextField() }

    static func understands(alt code: KeyEvent.Code) -> Bool {
        [.character("b"), .character("f"), .character("d")].contains(code)
    }

    /// False where the key means nothing here.
    mutating func handle(_ key: KeyEvent) -> Bool {
        switch (key.code, key.modifiers) {
        case (.character(let scalar), []), (.character(let scalar), .shift): insert(String(Character(scalar)))
        case (.left, []), (.character("b"), .control): move(to: cursor - 1)
        case (.right, []), (.character("f"), .control): move(to: cursor + 1)
        case (.left, .control), (.left, .alt), (.character("b"), .alt): move(to: wordStart)
        case (.right, .control), (.right, .alt), (.character("f"), .alt): move(to: wordEnd)
        case (.home, _), (.character("a"), .control): move(to: 0)
        case (.end, _), (.character("e"), .control): move(to: text.count)
        case (.backspace, []), (.backspace, .shift), (.character("h"), .control): remove(cursor - 1..<cursor)
        case (.delete, _), (.character("d"), .control): remove(cursor..<cursor + 1)
        case (.character("w"), .control), (.backspace, _): remove(wordStart..<cursor)
        case (.character("d"), .alt): remove(cursor..<wordEnd)
        case (.character("u"), .control): remove(0..<cursor)
        case (.character("k"), .control): remove(cursor..<text.count)
        default: return false
        }
        return true
    }

    /// Puts text at the cursor; line ends become spaces.
    mutating func insert(_ inserted: String) {
        let inserted = String(inserted.map { $0.isNewline ? " " : $0 }.prefix(max(0, Self.longest - text.count)))
        guard !inserted.isEmpty else { return }
        let before = text.prefix(cursor) + inserted
        let after = text.dropFirst(cursor)
        text = String(before + after)
        // A combining mark joins the character before it, so count anew what stands before the cursor.
        cursor = min(before.count, text.count)
    }

    private mutating func move(to position: Int) { cursor = position.clamped(to: 0...text.count) }

    private mutating func remove(_ range: Range<Int>) {
        let range = range.clamped(to: 0..<text.count)
        guard !range.isEmpty else { return }
        text = String(text.prefix(range.lowerBound) + text.dropFirst(range.upperBound))
        move(to: range.lowerBound)
    }

    private var wordStart: Int {
        let characters = Array(text)
        var at = cursor
        while at > 0, characters[at - 1] == " " { at -= 1 }
        while at > 0, characters[at - 1] != " " { at -= 1 }
        return at
    }

    private var wordEnd: Int {
        let characters = Array(text)
        var at = cursor
        while at < characters.count, characters[at] == " " { at += 1 }
        while at < characters.count, characters[at] != " " { at += 1 }
        return at
    }

    /// What of the text is shown in `columns` so that the cursor is in sight, and the cursor's column.
    func window(columns: Int) -> (text: String, cursor: Int) {
        let before = Array(text.prefix(cursor))
        var start = before.count
        var width = 0
        while start > 0 {
            let next = TextWidth.of(String(before[start - 1]))
            guard width + next < columns else { break }
            width += next
            start -= 1
        }
        return (String(text.dropFirst(start)), width)
    }
}
