import Call
import Primitives
import Runtime
import Scripting
import Signalling

/// Where the events of a call go besides the screen: a stream of JSON lines, and commands to be run.
final class EventOutput: Sendable {
    private let writer: EventWriter?
    private let hooks: Protected<EventHooks?>
    private let controlPath = Protected<String?>(nil)

    init(_ target: EventsValue, exec: [ExecOption]) throws {
        writer = try EventWriter(target)
        hooks = Protected(nil)
        guard !exec.isEmpty else { return }
        hooks.value = EventHooks(exec.map(\.hook)) { [writer] message in
            writer?.write(.error(code: "exec", message: message, fatal: false))
        }
    }

    /// The control socket, for `confab ctl` inside commands.
    func setControlPath(_ path: String?) { controlPath.value = path }

    func write(_ event: CallEvent, adding extra: (name: String, value: JSON)? = nil) {
        writer?.write(event, adding: extra)
        guard let hooks = hooks.value else { return }
        let json = event.json(time: Clock.timestamp())
        hooks.run(.init(event: event.name, line: json.utf8, variables: variables(of: json)))
    }

    /// Lets commands for the last events run, for a moment.
    func finish() { hooks.value?.finish(within: .seconds(1)) }

    /// `CONFAB_EVENT_<FIELD>` for every field; lists are JSON, as long as the kernel takes them.
    private func variables(of json: JSON) -> [String: String] {
        var variables: [String: String] = [:]
        for (name, value) in json.object ?? .init() where !value.isNull {
            let text = value.string ?? value.text
            if text.utf8.count < 100_000 {
                variables["CONFAB_EVENT_" + Self.upper(name)] = text.controlCharactersVisible
            }
        }
        variables["CONFAB_CTL"] = controlPath.value
        return variables
    }

    /// `participantId` is PARTICIPANT_ID.
    private static func upper(_ name: String) -> String {
        name.map { $0.isUppercase ? "_" + String($0) : $0.uppercased() }.joined()
    }
}
