import Call
import Signalling
import Testing

struct ControlTests {
    @Test(arguments: [
        ("mute", ControlCommand.mute), ("  unmute ", .unmute), ("chat hello  you", .chat("hello  you")),
        ("volume 50", .volume(percent: 50, of: nil)), ("volume 50 Ann Smith", .volume(percent: 50, of: "Ann Smith")),
        ("layout speaker", .layout(.speaker)),
        ("layout picture-in-picture", .layout(.pictureInPicture)), ("focus", .focus(nil)), ("focus bob", .focus("bob")),
        ("play a b.wav", .play(file: "a b.wav", waits: false)), ("wait 2 30", .wait(others: 2, seconds: 30)),
        ("mute-other ann", .muteOther("ann")), ("end", .end),
    ])
    func linesAreCommands(line: String, command: ControlCommand) throws {
        #expect(try ControlCommand(line: line) == command)
    }

    @Test(arguments: [
        "", "nonsense", "mute now", "chat", "volume loud", "volume 900", "layout circle", "wait", "wait -1", "wait 2 x",
        "play", "remove",
    ])
    func otherLinesAreNot(line: String) {
        #expect(throws: ControlError.self) { try ControlCommand(line: line) }
    }

    @Test(arguments: ControlCommand.forms.map(\.name))
    func everyCommandGoesThroughARequestUnchanged(name: String) throws {
        let arguments = ["volume": "50 ann", "layout": "grid", "wait": "2 1.5"]
        let form = try #require(ControlCommand.form(of: name))
        let line = "\(name) \(arguments[name] ?? (form.members.isEmpty ? "" : "some words"))"
        let command = try ControlCommand(line: line)
        let request = ControlRequest(line: try ControlCommand.request(line: line, id: 4).utf8)
        #expect(request.id == 4)
        #expect(try request.command.get() == command)
    }

    @Test func fileNamesAreMadeToMeanTheSameElsewhere() throws {
        let request = try ControlCommand.request(line: "play a.wav", id: 1, waits: true, path: { "/there/" + $0 })
        #expect(request.text == #"{"id":1,"do":"play","file":"/there/a.wav","wait":true}"#)
    }

    @Test(arguments: [
        "", "[]", "{}", "{\"do\":1}", "{\"do\":\"nix\"}", "{\"do\":\"chat\"}", "{\"do\":\"chat\",\"text\":[]}", "\u{0}",
    ])
    func otherRequestsAreRefused(line: String) {
        #expect(throws: ControlError.self) { try ControlRequest(line: Array(line.utf8)).command.get() }
    }

    @Test func answersCarryTheRequestsID() {
        #expect(ControlReply.done.json(id: 1).text == #"{"id":1,"ok":true}"#)
        #expect(
            ControlReply.refused(.noDevice, message: "none").json(id: nil).text
                == #"{"ok":false,"error":"no-device","message":"none"}"#)
    }
}
