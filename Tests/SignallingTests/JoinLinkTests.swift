import Primitives
import Testing

@testable import Signalling

@Suite struct JoinLinkTests {
    static let fingerprint = [UInt8](0..<32)
    static let room = RoomName("team")!

    @Test(arguments: [
        ("team", JoinLink(target: .room(room))),
        (
            "https://meet.example/team",
            .init(target: .confab(.init(isSecure: true, host: "meet.example", port: 443), room))
        ),
        (
            "http://127.0.0.1:7880/team",
            .init(target: .confab(.init(isSecure: false, host: "127.0.0.1", port: 7880), room))
        ),
        ("https://[::1]:7880/team", .init(target: .confab(.init(isSecure: true, host: "::1", port: 7880), room))),
        (
            "https://h:1/team#invite=a.b.c",
            .init(target: .confab(.init(isSecure: true, host: "h", port: 1), room), invitation: "a.b.c")
        ),
        (
            "https://h:1/team#invite=a.b.c&sha256=\(Hex.encode(fingerprint))",
            .init(
                target: .confab(.init(isSecure: true, host: "h", port: 1), room), invitation: "a.b.c",
                fingerprint: fingerprint)
        ),
        (
            "https://h/team?access_token=x.y.z",
            .init(target: .confab(.init(isSecure: true, host: "h", port: 443), room), accessToken: "x.y.z")
        ),
        (
            "wss://live.example",
            .init(target: .liveKit(.init(isSecure: true, host: "live.example", port: 443), path: ""))
        ),
        ("ws://h:7880/base", .init(target: .liveKit(.init(isSecure: false, host: "h", port: 7880), path: "/base"))),
    ])
    func readsAndWrites(text: String, link: JoinLink) throws {
        #expect(try JoinLink(parsing: text) == link)
        #expect(link.text == text)
    }

    @Test(arguments: [
        ("HTTPS://Meet.Example:443/team/", "https://meet.example/team"), ("http://h:80//team?x=1", "http://h/team"),
        (
            "https://h/team?name=ann&access_token=t#other=1&sha256="
                + Hex.encode(fingerprint, separator: ":").uppercased(),
            "https://h/team?access_token=t#sha256=" + Hex.encode(fingerprint)
        ),
        ("wss://h/", "wss://h"),
    ])
    func readsOtherSpellings(text: String, canonical: String) throws {
        #expect(try JoinLink(parsing: text).text == canonical)
    }

    @Test(arguments: [
        ("", JoinLinkError.noRoom), ("https://h", .noRoom), ("https://h/", .noRoom), ("https:///team", .badHost),
        ("ftp://h/team", .unknownScheme("ftp")), ("https://h:0/team", .badPort), ("https://h:65536/team", .badPort),
        ("https://h:/team", .badPort), ("https://user@h/team", .badHost), ("https://[::1/team", .badHost),
        ("https://[x]/team", .badHost), ("https://[::1]x/team", .badHost), ("https://h h/team", .badHost),
        ("https://h/a/b", .badRoom("a/b")), ("https://h/api", .badRoom("api")), ("https://h/mesh", .badRoom("mesh")),
        ("a b", .badRoom("a b")), ("https://h/team#sha256=12", .badFingerprint),
        ("https://h/team#sha256=zz", .badFingerprint),
    ])
    func refuses(text: String, error: JoinLinkError) {
        #expect(throws: error) { try JoinLink(parsing: text) }
    }

    @Test(arguments: [
        ("a", true), ("A.b_c-9", true), (String(repeating: "x", count: 64), true),
        (String(repeating: "x", count: 65), false),
        ("", false), ("-", false), (".", false), ("..", false), ("é", false), ("a/b", false), ("a%20", false),
        ("whip", false), ("WHIP", false), ("metrics", false), ("metrics2", true), ("...", true),
    ])
    func roomNames(text: String, isValid: Bool) {
        #expect((RoomName(text) != nil) == isValid)
    }
}
