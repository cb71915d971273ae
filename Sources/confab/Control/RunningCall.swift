import Primitives
import Scripting
import Signalling

/// A call of this user on this machine, found by its control socket.
struct RunningCall {
    var name: String
    var path: String
    var status: JSON

    /// Those that answer; sockets that nobody listens to any more are taken away.
    static func all() -> [RunningCall] {
        ControlFolder.sockets().compactMap { path in
            let request: JSON = ["do": "status"]
            guard let client = try? ControlClient(path: path), let answer = try? client.ask(request.utf8),
                let status = try? JSON(parsing: answer)
            else {
                ControlServer.removeIfStale(path)
                return nil
            }
            let file = path.split(separator: "/").last.map(String.init) ?? path
            return RunningCall(name: String(file.dropLast(".sock".count)), path: path, status: status)
        }
    }

    /// Name, room, own name, how many others.
    var line: String {
        let others = status["others"]?.int ?? 0
        let words = [
            name, status["room"]?.string ?? "(joining)", status["self"]?.string ?? "",
            "\(others) other\(others == 1 ? "" : "s")",
        ]
        return words.map(\.controlCharactersVisible).joined(separator: "\t")
    }

    var json: JSON {
        guard case .object(var members) = status else { return .null }
        members["ok"] = nil
        members["name"] = .string(name)
        members["path"] = .string(path)
        return .object(members)
    }
}

/// Answers of a call as people read them.
enum ControlAnswerText {
    static func lines(_ reply: JSON) -> String {
        if let participants = reply["participants"]?.array {
            return participants.map { entry($0) + "\n" }.joined()
        }
        var text = ""
        for (name, value) in reply.object ?? .init() where name != "id" && name != "ok" {
            text += "\(name.controlCharactersVisible): \(plain(value))\n"
        }
        return text
    }

    private static func entry(_ participant: JSON) -> String {
        var words = [plain(participant["participant"] ?? .null)]
        for (name, value) in participant.object ?? .init() where name != "participant" {
            switch value {
            case .bool(true): words.append(name)
            case .bool(false), .null: break
            default: words.append("\(name)=\(plain(value))")
            }
        }
        return words.joined(separator: "\t")
    }

    private static func plain(_ value: JSON) -> String {
        value.string?.controlCharactersVisible ?? (value.isNull ? "-" : value.text)
    }
}
