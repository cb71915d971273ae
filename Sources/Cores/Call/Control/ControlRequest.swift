import Signalling

/// One line of the control socket: `{"id":1,"do":"chat","text":"hello"}`. Members it does not know are ignored.
package struct ControlRequest: Sendable {
    /// Given back in the answer, whatever it is.
    package var id: JSON?
    package var command: Result<ControlCommand, ControlError>

    /// `line` may be anything.
    package init(line: [UInt8]) {
        guard let json = try? JSON(parsing: line, limits: .message), json.object != nil else {
            command = .failure(.malformed("a request is one JSON object a line"))
            return
        }
        id = json["id"]
        do throws(ControlError) {
            command = .success(try Self.command(json))
        } catch {
            command = .failure(error)
        }
    }

    private static func command(_ json: JSON) throws(ControlError) -> ControlCommand {
        guard let name = json["do"]?.string else { throw .malformed("a request has a member do: the command's name") }
        guard let form = ControlCommand.form(of: name) else { throw .unknown(name) }
        return try ControlCommand(form, waits: json["wait"]?.bool ?? false) { member in
            switch json[member] {
            case .string(let text)?: text
            case .integer(let number)?: String(number)
            case .number(let number)?: String(number)
            default: nil
            }
        }
    }
}

extension ControlCommand {
    /// The request for a line of words, to be sent to somebody else who carries it out. `path` makes file names mean
    /// the same there.
    package static func request(
        line: String, id: Int, waits: Bool = false, path: (String) -> String = { $0 }
    ) throws(ControlError) -> JSON {
        let command = try ControlCommand(line: line)
        var members = JSONObject()
        members["id"] = JSON(id)
        for (name, value) in command.members { members[name] = value }
        if let file = members["file"]?.string { members["file"] = .string(path(file)) }
        if waits, case .play = command { members["wait"] = true }
        return .object(members)
    }

    /// The members of a request that says this.
    private var members: [(String, JSON)] {
        let simple: [ControlCommand: String] = [
            .mute: "mute", .unmute: "unmute", .cameraOn: "camera-on", .cameraOff: "camera-off",
            .stopRecording: "stop-recording", .stats: "stats", .participants: "participants", .status: "status",
            .leave: "leave", .end: "end",
        ]
        if let name = simple[self] { return [("do", .string(name))] }
        return switch self {
        case .chat(let text): [("do", "chat"), ("text", .string(text))]
        case .play(let file, let waits): [("do", "play"), ("file", .string(file))] + (waits ? [("wait", true)] : [])
        case .record(let file): [("do", "record"), ("file", .string(file))]
        case .volume(let percent, let who):
            [("do", "volume"), ("percent", JSON(percent))] + (who.map { [("participant", .string($0))] } ?? [])
        case .focus(let who): [("do", "focus")] + (who.map { [("participant", .string($0))] } ?? [])
        case .layout(let layout): [("do", "layout"), ("layout", .string(layout.rawValue))]
        case .snapshot(let file): [("do", "snapshot"), ("file", .string(file))]
        case .wait(let others, let seconds):
            [("do", "wait"), ("others", JSON(others))] + (seconds.map { [("seconds", .number($0))] } ?? [])
        case .admit(let who): [("do", "admit"), ("participant", .string(who))]
        case .remove(let who): [("do", "remove"), ("participant", .string(who))]
        case .muteOther(let who): [("do", "mute-other"), ("participant", .string(who))]
        default: []
        }
    }
}
