import Testing

@testable import Settings

struct TOMLTests {
    @Test func readsWhatPeopleWrite() throws {
        let document = try TOMLDocument(
            parsing: """
                # comment
                name = "Ann \\u00e9"   # another
                fps=15
                rate = 1_000
                half = 0.5
                flag = true
                ice-server = [
                    "stun:a", # one
                    'turn:u:p@b',
                ]

                [serve]
                listen = 'C:\\raw'
                [profile."at work"]
                text = \"""
                two
                lines\"""
                "quoted key" = -3
                a.b = 0xff
                """)
        #expect(document["name"] == .string("Ann é"))
        #expect(document["fps"] == .integer(15))
        #expect(document["rate"] == .integer(1_000))
        #expect(document["half"] == .float(0.5))
        #expect(document["flag"] == .bool(true))
        #expect(document["ice-server"] == .array([.string("stun:a"), .string("turn:u:p@b")]))
        #expect(document["serve", "listen"] == .string("C:\\raw"))
        #expect(document["profile", "at work", "text"] == .string("two\nlines"))
        #expect(document["profile", "at work", "quoted key"] == .integer(-3))
        #expect(document["profile", "at work", "a", "b"] == .integer(255))
        #expect(document.entries.first { $0.path == ["serve", "listen"] }?.line == 13)
    }

    @Test(arguments: [
        ("a = ", 1), ("\n\na", 3), ("a = 1\na = 2", 2), ("[t]\n[t]", 2), ("[t", 1), ("a = [1,\n2", 2), ("a = \"x", 1),
        ("a = \"\\q\"", 1), ("a = 1 2", 1), ("a = yes", 1), ("a = {b = 1}", 1), ("[[t]]", 1), ("= 1", 1),
        ("a = \"\\uD800\"", 1), ("a = \"\\u12", 1),
    ])
    func saysWhereItIsWrong(text: String, line: Int) {
        #expect { try TOMLDocument(parsing: text) } throws: { ($0 as? TOMLError)?.line == line }
    }

    @Test func nestsOnlySoDeep() {
        #expect(throws: TOMLError.self) {
            try TOMLDocument(parsing: "a = " + String(repeating: "[", count: 100_000))
        }
    }

    @Test(arguments: [
        ("nmae", "name"), ("camra", "camera"), ("liste", "listen"), ("zzzzzz", nil), ("muted", "muted"),
    ])
    func findsWhatWasMeant(written: String, meant: String?) {
        #expect(NearestName.of(written, among: ["name", "camera", "listen", "muted", "mic"]) == meant)
    }
}
