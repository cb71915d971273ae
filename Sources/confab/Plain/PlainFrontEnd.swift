import Call
import Engine
import Glibc
import Primitives
import Runtime
import Signalling

/// `--plain`: the call line by line, without cursor movement or colour, for screen readers and terminals that can do
/// nothing else. Events are sentences; what is typed is said in the chat, and after a slash is a command.
struct PlainFrontEnd {
    let runner: CallRunner

    private static let help = """
        Type something to say it in the chat. Commands:
        \(ControlCommand.forms.map { "/\($0.usage.lowercased()): \($0.about)" }.joined(separator: "\n"))
        /help: this text
        """

    /// Runs the call to its end; the exit status.
    func run(
        _ configuration: CallConfiguration, link: JoinLink, token: String?, media: LocalMedia, events: EventOutput,
        invitation: JoinLink?
    ) -> Int32 {
        Interruption.watch { [runner] in runner.leave(.signal) }
        if let invitation { Self.say("Invite others with \(invitation.text)") }
        Self.say("Joining. /help tells what you can do.")
        runner.start(configuration, link: link, token: token, media: media) { event in
            events.write(event)
            if let sentence = event.sentence { Self.say(sentence) }
        }
        readLines()
        return runner.wait()
    }

    private static func say(_ text: String) { writeAll(Array((text + "\n").utf8), to: STDOUT_FILENO) }

    private func readLines() {
        let runner = runner
        let isTerminal = isatty(STDIN_FILENO) == 1
        let thread = JoinableThread(name: "typing") {
            while let line = readLine() { Self.handle(line.trimmingBlanks, runner) }
            // Whoever types the end of input means to go; the end of a pipe means nothing.
            if isTerminal { runner.leave(.asked) }
        }
        _ = Unmanaged.passRetained(thread)
    }

    private static func handle(_ line: String, _ runner: CallRunner) {
        if line.isEmpty { return }
        if line == "/help" { return say(help) }
        do throws(ControlError) {
            let command = line.hasPrefix("/") ? try ControlCommand(line: String(line.dropFirst())) : .chat(line)
            CallLoop.post { runner.desk.carryOut(command) { answer(command, $0) } }
        } catch {
            say("\(error.message.capitalizedFirst). /help tells what you can do.")
        }
    }

    private static func answer(_ command: ControlCommand, _ reply: ControlReply) {
        switch (command, reply) {
        case (_, .refused(_, let message)): say("That cannot be done: \(message).")
        case (.mute, _): say("You are muted.")
        case (.unmute, _): say("You can be heard.")
        case (.cameraOn, _): say("Your picture is sent.")
        case (.cameraOff, _): say("Your picture is not sent.")
        case (.chat, _), (.leave, _): break
        case (_, .done(let members)) where members.isEmpty: say("Done.")
        default: say(ControlAnswerText.lines(reply.json(id: nil)).trimmingBlanks)
        }
    }
}

extension String {
    fileprivate var capitalizedFirst: String { prefix(1).uppercased() + dropFirst() }
}
