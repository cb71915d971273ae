import ArgumentParser
import Call
import Scripting
import Settings

/// `--exec EVENT=COMMAND`.
struct ExecOption: ExpressibleByArgument {
    let hook: EventHooks.Hook

    init?(argument: String) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else { return nil }
        let command = String(argument[argument.index(after: equals)...])
        guard !command.isEmpty else { return nil }
        hook = EventHooks.Hook(event: String(argument[..<equals]), command: command)
    }

    static func validate(_ options: [ExecOption]) throws {
        let names = CallEvent.names + ["any"]
        guard let wrong = options.first(where: { !names.contains($0.hook.event) })?.hook.event else { return }
        let hint = NearestName.of(wrong, among: names).map { "; did you mean \($0)?" } ?? "."
        throw ValidationError("--exec \(wrong): there is no such event\(hint)")
    }
}
