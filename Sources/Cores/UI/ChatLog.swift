import Primitives

/// One line of chat.
package struct ChatLine: Hashable, Sendable {
    package var name: String
    package var text: String
    /// Local time as people write it: `14:05`.
    package var time: String
    package var isOwn: Bool

    package init(name: String, text: String, time: String, isOwn: Bool = false) {
        self.name = name
        self.text = text
        self.time = time
        self.isOwn = isOwn
    }
}

/// What was said in the chat, oldest first; the oldest lines go when there are too many.
struct ChatLog: Sendable {
    private static let capacity = 500

    private(set) var lines: [ChatLine] = []
    /// Lines that came while nobody looked.
    private(set) var unread = 0
    /// How many rows of the panel the view is scrolled up.
    private(set) var scroll = 0

    mutating func append(_ line: ChatLine, isVisible: Bool) {
        if lines.count == Self.capacity { lines.removeFirst() }
        lines.append(line)
        if !isVisible, !line.isOwn { unread += 1 }
        if line.isOwn { scroll = 0 }
    }

    mutating func markRead() { unread = 0 }
    mutating func scroll(by rows: Int) { scroll = (scroll + rows).clamped(to: 0...10_000) }
    mutating func limitScroll(to rows: Int) { scroll = min(scroll, max(0, rows)) }
}
