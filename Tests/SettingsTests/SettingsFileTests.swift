import Testing

@testable import Settings

struct SettingsFileTests {
    private let vocabulary = SettingsFile.Vocabulary(
        options: [
            "join": ["name": false, "camera": false, "ice-server": true],
            "serve": ["listen": false, "ice-server": true],
        ],
        actions: ["mute", "leave"], isKey: { $0.count == 1 || $0.hasPrefix("ctrl-") })

    private func read(_ text: String) throws -> SettingsFile { try SettingsFile(parsing: Array(text.utf8), vocabulary) }

    private let text = """
        name = "ann"
        camera = "none"
        ice-server = ["stun:a", "stun:b"]
        [join]
        camera = "test"
        [serve]
        listen = ":80"
        [profile.work]
        name = "Ann Smith"
        [profile.work.join]
        camera = "/dev/video2"
        [keys]
        mute = ["m", "ctrl-d"]
        none = "q"
        """

    @Test func theMostParticularTableCounts() throws {
        let file = try read(text)
        #expect(file.setting("camera", verb: "join", profile: nil)?.values == ["test"])
        #expect(file.setting("camera", verb: "join", profile: "work")?.values == ["/dev/video2"])
        #expect(file.setting("camera", verb: "host", profile: nil)?.values == ["none"])
        #expect(file.setting("name", verb: "join", profile: "work")?.values == ["Ann Smith"])
        #expect(file.setting("name", verb: "join", profile: "work")?.table == "profile.work")
        #expect(file.setting("name", verb: "join", profile: nil)?.line == 1)
        #expect(file.setting("ice-server", verb: "serve", profile: nil)?.values == ["stun:a", "stun:b"])
        #expect(file.profiles == ["work"])
    }

    @Test func keysGetAndLoseTheirMeaning() throws {
        #expect(
            try read(text).bindings == [
                .init(key: "m", action: "mute"), .init(key: "ctrl-d", action: "mute"), .init(key: "q", action: nil),
            ])
    }

    @Test(arguments: [
        ("nmae = \"x\"", 1, "did you mean name?"), ("\n[srve]", 2, "did you mean serve?"),
        ("[serve]\ncamera = \"x\"", 2, "no option camera of confab serve"), ("name = [1]", 1, "not an array"),
        ("[keys]\nmut = \"m\"", 2, "did you mean mute?"), ("[keys]\nmute = \"hyper-m\"", 2, "no key hyper-m"),
        ("[profile.a.b]", 1, "no table"), ("[profile.work.jion]", 1, "did you mean join?"),
    ])
    func mistakesAreToldWithTheirLine(text: String, line: Int, words: String) {
        #expect { try read(text) } throws: {
            guard let error = $0 as? TOMLError else { return false }
            return error.line == line && error.message.contains(words)
        }
    }
}
