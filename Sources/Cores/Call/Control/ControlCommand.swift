/// What a running client can be told to do: by `confab ctl`, over the control socket, or on standard input.
package enum ControlCommand: Hashable, Sendable {
    case mute
    case unmute
    case cameraOn
    case cameraOff
    case chat(String)
    /// Mixes a sound file into what is sent; `waits` answers when it has been played.
    case play(file: String, waits: Bool)
    case record(file: String)
    case stopRecording
    /// Loudness in percent, of one participant or of all.
    case volume(percent: Int, of: String?)
    /// Nil looks at nobody in particular.
    case focus(String?)
    case layout(Layout)
    case stats
    case participants
    case status
    case snapshot(file: String)
    /// Answers when so many others are there, or with an error when the time is up.
    case wait(others: Int, seconds: Double?)
    case leave
    case admit(String)
    case remove(String)
    case muteOther(String)
    case end

    package enum Layout: String, Sendable, CaseIterable {
        case grid, speaker, focus
        case pictureInPicture = "picture-in-picture"
    }
}

/// Why a line or a request is no command.
package enum ControlError: Error, Hashable, Sendable {
    case malformed(String)
    case unknown(String)
    case usage(String)

    package var message: String {
        switch self {
        case .malformed(let why): why
        case .unknown(let name): "unknown command \(name.controlCharactersVisible)"
        case .usage(let text): "usage: \(text)"
        }
    }
}

extension ControlCommand {
    /// A command as manual, completions and parsers know it.
    package struct Form: Sendable {
        package var name: String
        /// Names of the members of a request; in a line they stand in this order, the last one takes the rest.
        package var members: [String]
        /// How many of them have to be there.
        package var required: Int
        package var about: String

        package var usage: String {
            let words = members.enumerated().map {
                $0.offset < required ? $0.element.uppercased() : "[\($0.element.uppercased())]"
            }
            return ([name] + words).joined(separator: " ")
        }
    }

    private static func form(_ name: String, _ members: [String], required: Int? = nil, _ about: String) -> Form {
        Form(name: name, members: members, required: required ?? members.count, about: about)
    }

    package static let forms: [Form] = [
        form("mute", [], "mute the microphone"),
        form("unmute", [], "open the microphone"),
        form("camera-on", [], "send the camera's picture"),
        form("camera-off", [], "stop sending it"),
        form("chat", ["text"], "say something in the chat"),
        form("play", ["file"], "mix a sound file into what is sent"),
        form("record", ["file"], "record the call to a WebM file"),
        form("stop-recording", [], "finish the recording"),
        form("volume", ["percent", "participant"], required: 1, "loudness of everybody, or of one, in percent"),
        form("focus", ["participant"], required: 0, "look at one person; at nobody in particular without a name"),
        form("layout", ["layout"], "grid, speaker, focus or picture-in-picture"),
        form("stats", [], "numbers of every connection"),
        form("participants", [], "who is there"),
        form("status", [], "the call in a few words"),
        form("snapshot", ["file"], "write what is seen to a .png or .ansi file"),
        form("wait", ["others", "seconds"], required: 1, "wait until so many others are there, for at most so long"),
        form("leave", [], "leave the call"),
        form("admit", ["participant"], "let in somebody who waits"),
        form("remove", ["participant"], "throw somebody out"),
        form("mute-other", ["participant"], "mute somebody else"),
        form("end", [], "end the call for everybody"),
    ]

    package static func form(of name: String) -> Form? { forms.first { $0.name == name } }

    /// From a line: a name, blanks, its arguments.
    package init(line: String) throws(ControlError) {
        let trimmed = line.drop(while: \.isWhitespace)
        let name = String(trimmed.prefix { !$0.isWhitespace })
        guard let form = Self.form(of: name) else { throw .unknown(name) }
        var rest = trimmed.dropFirst(name.count).drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        guard !(form.members.isEmpty && !rest.isEmpty) else { throw .usage(form.usage) }
        let words = rest.split(maxSplits: max(0, form.members.count - 1), whereSeparator: \.isWhitespace)
        let values = Dictionary(
            zip(form.members, words.map { String($0.drop(while: \.isWhitespace)) }), uniquingKeysWith: { $1 })
        try self.init(form, waits: false) { values[$0] }
    }

    /// `value` gives the text of a member, or nil.
    init(_ form: Form, waits: Bool, _ value: (String) -> String?) throws(ControlError) {
        let usage = ControlError.usage(form.usage)
        func text(_ member: String) throws(ControlError) -> String {
            guard let text = value(member), !text.isEmpty else { throw usage }
            return text
        }
        switch form.name {
        case "mute": self = .mute
        case "unmute": self = .unmute
        case "camera-on": self = .cameraOn
        case "camera-off": self = .cameraOff
        case "chat": self = .chat(try text("text"))
        case "play": self = .play(file: try text("file"), waits: waits)
        case "record": self = .record(file: try text("file"))
        case "stop-recording": self = .stopRecording
        case "volume":
            guard let percent = Int(try text("percent")), 0...200 ~= percent else { throw usage }
            self = .volume(percent: percent, of: value("participant"))
        case "focus": self = .focus(value("participant"))
        case "layout":
            guard let layout = Layout(rawValue: try text("layout")) else { throw usage }
            self = .layout(layout)
        case "stats": self = .stats
        case "participants": self = .participants
        case "status": self = .status
        case "snapshot": self = .snapshot(file: try text("file"))
        case "wait":
            guard let others = Int(try text("others")), 0...10_000 ~= others else { throw usage }
            let seconds = value("seconds").map { Double($0) ?? -1 }
            if let seconds, !(0...1e6 ~= seconds) { throw usage }
            self = .wait(others: others, seconds: seconds)
        case "leave": self = .leave
        case "admit": self = .admit(try text("participant"))
        case "remove": self = .remove(try text("participant"))
        case "mute-other": self = .muteOther(try text("participant"))
        case "end": self = .end
        default: throw .unknown(form.name)
        }
    }
}
