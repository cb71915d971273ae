import Media
import MediaProcessing
import Primitives
import TerminalGraphics
import Testing

@testable import UI

private func key(_ character: Unicode.Scalar, _ modifiers: Modifiers = [], _ kind: KeyEvent.Kind = .press) -> UIMessage
{
    .input(.key(KeyEvent(.character(character), modifiers, kind)))
}

private func key(_ code: KeyEvent.Code) -> UIMessage { .input(.key(KeyEvent(code))) }

private func call(
    _ names: [String] = ["ann", "ben"], columns: Int = 100, rows: Int = 30, profile: TerminalProfile = TerminalProfile()
) -> UIModel {
    var model = UIModel(ownName: "me", size: CellSize(columns: columns, rows: rows), profile: profile)
    _ = model.update(.tick(.seconds(1)))
    _ = model.update(.joined(room: "demo", mode: "mesh", invitations: ["http://127.0.0.1:7880/demo"]))
    _ = model.update(.tick(.seconds(1)))
    for name in names {
        _ = model.update(.participantJoined(id: "id-\(name)", name: name))
        _ = model.update(.connected(id: "id-\(name)", true))
    }
    return model
}

private func screen(_ model: UIModel) -> [String] {
    let view = UIView()
    let grid = view.draw(model)
    return (0..<grid.size.rows).map { grid.text(row: $0) }
}

extension [String] {
    fileprivate func has(_ text: String) -> Bool { contains { $0.contains(text) } }
}

@Suite struct UITests {
    @Test func statusLineShowsRoomStateAndInvitation() {
        var model = call()
        _ = model.update(.tick(.seconds(66)))
        let lines = screen(model)
        #expect(lines[28].contains("mic on cam on demo · 1:05 · mesh · 3 people"))
        #expect(lines[28].hasSuffix("? help"))
        #expect(lines[29].contains("http://127.0.0.1:7880/demo"))
    }

    @Test(arguments: [(80, 24), (120, 40), (200, 60), (30, 10), (20, 5)])
    func theInvitationIsAlwaysInSight(columns: Int, rows: Int) {
        let lines = screen(call(columns: columns, rows: rows))
        #expect(lines.has("http://") && lines.has("demo"))
    }

    @Test func tilesShowNamesAndMarks() {
        var model = call()
        _ = model.update(.muted(id: "id-ann", true))
        _ = model.update(.speaking(id: "id-ben", true))
        let lines = screen(model)
        #expect(lines.has("1 ann") && lines.has("muted") && lines.has("2 ● ben") && lines.has("me (you)"))
    }

    static let effects: [(UIMessage, [UIEffect])] = [
        (key("m"), [.setMuted(true)]), (key("v"), [.setCamera(false)]),
        (key("t"), [.setMuted(true)]), (key(" "), [.setMuted(true)]), (key("+"), [.setVolume(1.1)]),
        (key("-"), [.setVolume(0.9)]),
        (key("q"), [.leave(endsRoom: false)]), (key("c", .control), [.leave(endsRoom: false)]),
        (key("i"), [.copyToClipboard("http://127.0.0.1:7880/demo")]), (key("9"), []), (key("x"), []),
    ]

    @Test(arguments: effects.indices)
    func keysHaveEffects(row: Int) {
        var model = call()
        #expect(model.update(Self.effects[row].0) == Self.effects[row].1)
    }

    @Test func layoutsFollowEachOther() {
        var model = call(["ann", "ben", "cas"])
        func shown() -> [ScreenLayout.Person] { ScreenLayout(model).tiles.map(\.person) }
        func hidden() -> Int { ScreenLayout(model).hidden }
        let everybody: Set<ScreenLayout.Person> = [.other("id-ann"), .other("id-ben"), .other("id-cas"), .own]
        #expect(Set(shown()) == everybody)
        _ = model.update(key("w"))
        #expect(shown().first == .other("id-ann") && Set(shown()) == everybody, "speaker")
        _ = model.update(.speaking(id: "id-ben", true))
        _ = model.update(key("w"))
        #expect(shown() == [.other("id-ben")] && hidden() == 2, "focus")
        _ = model.update(key("w"))
        #expect(shown() == [.other("id-ben"), .own] && hidden() == 2, "picture in picture")
        let tiles = ScreenLayout(model).tiles
        #expect(tiles[0].rect.intersection(tiles[1].rect) == tiles[1].rect)
        _ = model.update(key("w"))
        #expect(Set(shown()) == everybody)
        _ = model.update(.command(.arrange(.focus)))
        _ = model.update(key("3"))
        #expect(shown() == [.other("id-cas")])
    }

    @Test func aFocusedPersonIsShownLargeAndOthersSmall() {
        var model = call(["ann", "ben", "cas"])
        let effects = model.update(key("2"))
        #expect(effects.first == .focus("id-ben"))
        let sizes = effects.dropFirst().compactMap { effect in
            if case .viewport(let id, let size) = effect { (id, size.area) } else { nil }
        }
        let ben = sizes.first { $0.0 == "id-ben" }?.1 ?? 0
        #expect(sizes.allSatisfy { $0.0 == "id-ben" || $0.1 * 4 < ben })
        #expect(model.update(key(.tab)).first == .focus("id-cas"))
        #expect(model.update(key(.tab)).first == .focus(nil))
    }

    @Test func viewportsAreToldOnceAndOnChange() {
        var model = call(["ann"])
        #expect(model.update(.tick(.seconds(2))) == [])
        let effects = model.update(.resized(CellSize(columns: 50, rows: 20)))
        guard case .viewport("id-ann", let size) = effects.first else {
            Issue.record("no viewport")
            return
        }
        #expect(size.width <= 50 && size.height <= 36 && size.width >= 40)
        #expect(model.update(.resized(CellSize(columns: 50, rows: 20))) == [])
        #expect(model.update(.camera(id: "id-ann", false)) == [.viewport(id: "id-ann", .none)])
    }

    /// A sender that cuts its picture to even numbers within what is asked must not make the tile change again.
    @Test(arguments: [PixelSize(640, 360), PixelSize(640, 480), PixelSize(480, 480)], [24, 31, 40, 57])
    func tilesAndPicturesDoNotChaseEachOther(camera: PixelSize, rows: Int) {
        for columns in stride(from: 50, to: 180, by: 7) {
            var model = call(["ann", "ben"], columns: columns, rows: rows)
            _ = model.update(.picture(id: "id-ann", VideoFrame(black: camera, captureTime: .zero)))
            var changes = 0
            for _ in 0..<5 {
                guard let asked = model.viewports["id-ann"], !asked.isNone else { break }
                let sent = VideoFrame(black: camera.fitted(in: asked), captureTime: .zero)
                changes += model.update(.picture(id: "id-ann", sent)).count
            }
            #expect(changes == 0)
        }
    }

    @Test func statisticsTellTheRateOfPictures() {
        var model = call(["ann"])
        var quality = UIQuality()
        quality.size = PixelSize(160, 90)
        for second in 2..<6 {
            _ = model.update(.tick(.seconds(Int64(second))))
            quality.framesDecoded += 30
            _ = model.update(.quality(id: "id-ann", quality))
        }
        _ = model.update(key("s"))
        #expect(screen(model).has("160x90 at 30.0 fps"))
    }

    @Test func audioOnlyAsksForNoPictures() {
        var model = UIModel(ownName: "me", size: CellSize(columns: 80, rows: 24))
        model.receivesVideo = false
        #expect(model.update(.participantJoined(id: "a", name: "ann")) == [.viewport(id: "a", .none)])
        #expect(model.update(.resized(CellSize(columns: 90, rows: 30))) == [])
    }

    @Test func whereKeysAreReleasedTheyTalkWhileHeld() {
        var model = call(profile: TerminalProfile(reportsKeyReleases: true))
        #expect(model.update(key(" ")) == [])
        #expect(model.update(key("m")) == [.setMuted(true)])
        #expect(model.update(key(" ")) == [.setMuted(false)])
        #expect(screen(model).has("TALKING"))
        #expect(model.update(key(" ", [], .repeat)) == [])
        #expect(model.update(key(" ", [], .release)) == [.setMuted(true)])
        #expect(model.update(key(" ")) == [.setMuted(false)])
        #expect(model.update(.input(.focus(false))) == [.setMuted(true)])
    }

    @Test func typingInTheChatIsNoCommand() {
        var model = call()
        _ = model.update(key("c"))
        for scalar in "qm hällo".unicodeScalars { #expect(model.update(key(scalar)) == []) }
        #expect(screen(model).has("› qm hällo"))
        #expect(model.update(key(.enter)) == [.sendChat("qm hällo")])
        #expect(model.update(key(.enter)) == [])
        #expect(model.update(.input(.paste("a\nb"))) == [])
        #expect(model.update(key(.enter)) == [.sendChat("a b")])
        _ = model.update(key(.escape))
        #expect(model.update(key("m")) == [.setMuted(true)])
    }

    @Test func escapeAndAKeySoonAfterAreTwoKeys() {
        var model = call()
        _ = model.update(key("?"))
        _ = model.update(key("c", .alt))
        #expect(model.dialog == nil && model.panel == .chat)
        for scalar in "one two".unicodeScalars { _ = model.update(key(scalar)) }
        _ = model.update(key("b", .alt))
        #expect(model.panel == .chat && model.draft.cursor == 4)
        #expect(model.update(key("m", .alt)).contains(.setMuted(true)))
        #expect(model.panel == nil)
    }

    @Test func speakingOneselfIsSeenByTheMeter() {
        var model = call()
        _ = model.update(.ownLevel(0.7))
        #expect(screen(model).has("● me (you)"))
        _ = model.update(.ownLevel(0))
        #expect(model.own.isSpeaking)
        _ = model.update(.tick(.seconds(3)))
        _ = model.update(.ownLevel(0))
        #expect(!model.own.isSpeaking)
        _ = model.update(key("m"))
        _ = model.update(.ownLevel(0.7))
        #expect(!model.own.isSpeaking)
    }

    @Test func chatIsShownAndCountedWhileHidden() {
        var model = call()
        _ = model.update(.chat(ChatLine(name: "ann", text: "see \u{1b}[2Jthis", time: "12:01")))
        #expect(screen(model).has("ann: see ␛[2Jthis"))
        #expect(screen(model).has("1 new"))
        _ = model.update(.tick(.seconds(60)))
        #expect(!screen(model).has("see"))
        _ = model.update(key("c"))
        #expect(screen(model).has("see ␛[2Jthis"))
        #expect(!screen(model).has("1 new"))
    }

    @Test func hostIsAskedBeforeTheRoomEnds() {
        var model = call()
        model.isHost = true
        #expect(model.update(key("q")) == [])
        #expect(screen(model).has("ends the call for all"))
        #expect(model.update(key(.escape)) == [])
        #expect(!screen(model).has("ends the call for all"))
        _ = model.update(key("q"))
        #expect(model.update(key("y")) == [.leave(endsRoom: true)])
    }

    @Test func invitationIsShownWithACode() {
        var model = call(columns: 80, rows: 40)
        _ = model.update(key("i"))
        let lines = screen(model)
        #expect(lines.has("Invitation") && lines.has("│ http://127.0.0.1:7880/demo") && lines.has("▀▀▀▀▀"))
    }

    @Test func helpNamesEveryKey() {
        var model = call(columns: 90, rows: 40)
        _ = model.update(key("?"))
        let lines = screen(model)
        for text in [
            "mute or unmute", "camera on or off", "invitation link", "grid or speaker", "statistics", "leave", "louder",
        ] {
            #expect(lines.has(text))
        }
    }

    @Test func keysCanBeBoundAnew() {
        var model = call()
        let known = [
            model.keys.bind("ctrl-t", to: .mute), model.keys.bind("m", to: nil), model.keys.bind("no", to: .mute),
        ]
        #expect(known == [true, true, false])
        #expect(model.update(key("m")) == [])
        #expect(model.update(key("t", .control)) == [.setMuted(true)])
    }

    @Test func clicksFocusAndOpen() {
        var model = call(["ann", "ben", "cas"])
        func click(_ row: Int, _ column: Int) -> UIMessage {
            .input(.mouse(MouseEvent(.left, .press, at: CellPosition(row: row, column: column))))
        }
        #expect(model.update(click(4, 20)).first == .focus("id-ann"))
        #expect(model.update(key(.escape)).first == .focus(nil))
        #expect(model.update(click(29, 10)).first == .copyToClipboard("http://127.0.0.1:7880/demo"))
        #expect(model.dialog == .invitation)
        _ = model.update(click(0, 0))
        #expect(model.dialog == nil)
        _ = model.update(click(28, 97))
        #expect(model.dialog == .help)
    }

    @Test func recordingAndTroubleAreShown() {
        var model = call()
        _ = model.update(.recording("call.webm"))
        _ = model.update(.trouble(about: "server", "the server does not answer", retryIn: .seconds(4)))
        #expect(screen(model).has("● REC") && screen(model).has("! the server does not answer; trying again in 4 s"))
        _ = model.update(.tick(model.now + .seconds(3)))
        #expect(screen(model).has("trying again in 1 s"))
        _ = model.update(.recording(nil))
        _ = model.update(.trouble(about: "server", nil, retryIn: nil))
        #expect(!screen(model).has("● REC") && !screen(model).has("the server"))
    }

    @Test func withoutColourEverythingIsStillSaid() {
        var model = call(profile: TerminalProfile(colours: .none))
        _ = model.update(.muted(id: "id-ann", true))
        _ = model.update(.picture(id: "id-ben", VideoFrame(black: PixelSize(64, 36), captureTime: .zero)))
        let lines = screen(model)
        #expect(lines.has("muted") && lines.has("mic on") && lines.has("http://127.0.0.1:7880/demo"))
    }

    /// Every size, panel and dialog, with nasty names: nothing traps, and nothing but printable text is drawn.
    @Test func nothingTrapsAtAnySize() {
        let names = [
            "\u{1b}]0;pwned\u{7}", "小林 さくら", String(repeating: "x", count: 300), "", "👨‍👩‍👧‍👦 \u{202e}x",
            "z\u{336}\u{336}\u{336}",
        ]
        let frame = VideoFrame(black: PixelSize(32, 24), captureTime: .zero)
        for count in [0, 1, 2, 6] {
            for (columns, rows) in [
                (0, 0), (1, 1), (2, 9), (5, 2), (9, 3), (20, 5), (21, 12), (39, 13), (70, 20), (110, 9),
            ] {
                var model = call(Array(names.prefix(count)), columns: columns, rows: rows)
                for index in 0..<min(count, 2) { _ = model.update(.picture(id: "id-\(names[index])", frame)) }
                _ = model.update(.chat(ChatLine(name: names[count % 6], text: "\u{1b}[2J" + names[2], time: "12:00")))
                for message in [
                    key("c"), key("小"), key(.escape), key("p"), key("s"), key("?"), key("q"), key("i"), key(.escape),
                    key("w"),
                    key("1"), key("c"),
                ] {
                    _ = model.update(message)
                    let view = UIView()
                    let grid = view.draw(model)
                    #expect(grid.size == CellSize(columns: columns, rows: rows))
                    for row in 0..<rows {
                        #expect(
                            grid.text(row: row).unicodeScalars.allSatisfy {
                                $0.value >= 0x20 && $0.value != 0x7f && $0 != "\u{202e}"
                            })
                    }
                    for column in stride(from: -1, to: columns + 1, by: 3) {
                        let position = CellPosition(row: column % max(1, rows), column: column)
                        var clicked = model
                        _ = clicked.update(.input(.mouse(MouseEvent(.left, .press, at: position))))
                        _ = clicked.update(.input(.mouse(MouseEvent(.wheelUp, .press, at: position))))
                    }
                }
            }
        }
    }
}

@Suite struct TextFieldTests {
    private func edited(_ keys: [KeyEvent], _ text: String = "one two") -> TextField {
        var field = TextField()
        field.insert(text)
        for key in keys { _ = field.handle(key) }
        return field
    }

    @Test func shellKeysEdit() {
        #expect(edited([KeyEvent(.backspace)]).text == "one tw")
        #expect(edited([KeyEvent(.character("w"), .control)]).text == "one ")
        #expect(edited([KeyEvent(.character("a"), .control), KeyEvent(.character("k"), .control)]).text == "")
        #expect(edited([KeyEvent(.left, .control), KeyEvent(.character("u"), .control)]).text == "two")
        #expect(edited([KeyEvent(.home), KeyEvent(.delete), KeyEvent(.character("X"))]).text == "Xne two")
        #expect(
            edited([KeyEvent(.left), KeyEvent(.left), KeyEvent(.left), KeyEvent(.left), KeyEvent(.left)]).cursor == 2)
        #expect(edited([KeyEvent(.backspace)], "e\u{301}").text == "")
    }

    @Test func theCursorStaysInSight() {
        let field = edited([], "0123456789")
        #expect(field.window(columns: 5) == ("6789", 4))
        #expect(edited([KeyEvent(.home)], "0123456789").window(columns: 5) == ("0123456789", 0))
        #expect(edited([], "小林さ").window(columns: 4) == ("さ", 2))
    }
}
