/// The name of a room as it stands in links: `[A-Za-z0-9._-]{1,64}`, and nothing that a server's own paths begin with.
package struct RoomName: Hashable, Sendable, CustomStringConvertible {
    package let text: String

    /// Nil where `text` is no such name.
    package init?(_ text: some StringProtocol) {
        guard 1...64 ~= text.utf8.count, text.utf8.allSatisfy(Self.isAllowed) else { return nil }
        let text = String(text)
        guard !Self.reserved.contains(text.lowercased()) else { return nil }
        self.text = text
    }

    package var description: String { text }

    /// First segments of paths that mean something else, and what browsers ask every host for or resolve by themselves.
    package static let reserved: Set<String> = [
        "-", ".", "..", ".well-known", "api", "favicon.ico", "healthz", "mesh", "metrics", "robots.txt", "rtc",
        "session", "twirp", "whep", "whip",
    ]

    private static func isAllowed(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
