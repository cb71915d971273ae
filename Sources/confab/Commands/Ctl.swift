import ArgumentParser
import Call
import Glibc
import Primitives
import Runtime
import Scripting
import Signalling

struct Ctl: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Control a running call.",
        discussion: """
            Without --call or --ctl the one call that runs is meant. Where a person is asked for, a name or an id will do.

            COMMANDS
            \(commands)

            EXAMPLES
              confab ctl --list
              confab ctl mute
              confab ctl --call tea chat 'back in five minutes'
              confab ctl --wait play announcement.wav
              confab ctl --json participants
              echo '{"id":7,"do":"mute"}' | confab ctl -

            Exit status: 0 done, 64 usage, 66 file or device not there, 69 no such call or person, 73 cannot be written,
            75 waited too long, 77 not allowed.
            """)

    private static var commands: String {
        let width = ControlCommand.forms.map(\.usage.count).max() ?? 0
        return ControlCommand.forms.map { form in
            "  \(form.usage)\(String(repeating: " ", count: width - form.usage.count + 2))\(form.about)"
        }.joined(separator: "\n")
    }

    @Flag(help: "List the running calls.")
    var list = false

    @Option(
        help: ArgumentHelp("The call's name, as --list shows it.", valueName: "name"),
        completion: .shellCommand("confab ctl --list 2>/dev/null | cut -f1"))
    var call: String?

    @Option(help: ArgumentHelp("The call's control socket.", valueName: "path"), completion: .file())
    var ctl: String?

    @Flag(help: "Print answers as JSON.")
    var json = false

    @Flag(help: "With play: wait until the file has been played.")
    var wait = false

    @Argument(
        help: ArgumentHelp("What to do; - reads commands or JSON requests from standard input.", valueName: "command"),
        completion: .list(ControlCommand.forms.map(\.name)))
    var command: String?

    @Argument(help: ArgumentHelp("The command's arguments.", valueName: "argument"))
    var arguments: [String] = []

    func validate() throws {
        guard list || command != nil else { throw ValidationError("Give a command, or --list.") }
        guard call == nil || ctl == nil else { throw ValidationError("--call and --ctl: give one of them.") }
        if let command, command != "-" {
            do { _ = try ControlCommand(line: line) } catch { throw ValidationError(error.message) }
        }
    }

    private var line: String { ([command ?? ""] + arguments).joined(separator: " ") }

    func run() throws {
        try endingOnFailure {
            if list { return listCalls() }
            let status: Int32
            do throws(ControlSocketError) {
                let client = try ControlClient(path: try path())
                status = command == "-" ? try converse(client) : try say(line, to: client)
            } catch {
                throw Failure(ExitStatus.unavailable, error.message)
            }
            throw ExitCode(status)
        }
    }

    // MARK: Which call

    private func path() throws(ControlSocketError) -> String {
        if let ctl { return ctl }
        if let call { return ControlFolder.socket(named: call) }
        let running = RunningCall.all()
        guard let first = running.first else { throw .absent("no call is running") }
        guard running.count == 1 else {
            throw .absent(
                "several calls are running (\(running.map(\.name).joined(separator: ", "))): say which with --call")
        }
        return first.path
    }

    private func listCalls() {
        let running = RunningCall.all()
        if json { return print(JSON.array(running.map(\.json)).text) }
        for call in running { print(call.line) }
    }

    // MARK: Talking

    private func say(_ line: String, to client: ControlClient) throws(ControlSocketError) -> Int32 {
        guard let request = try? ControlCommand.request(line: line, id: 1, waits: wait, path: Self.absolute) else {
            return ExitStatus.usage
        }
        return show(try client.ask(request.utf8))
    }

    /// Lines of standard input, until its end or until one could not be done.
    private func converse(_ client: ControlClient) throws(ControlSocketError) -> Int32 {
        var status: Int32 = 0
        while let line = readLine() {
            if line.allSatisfy(\.isWhitespace) { continue }
            if line.hasPrefix("{") {
                let answer = try client.ask(Array(line.utf8))
                Self.put(answer + [10])
                status = max(status, Self.status(of: answer))
            } else {
                status = max(status, try say(line, to: client))
            }
        }
        return status
    }

    private static func status(of answer: [UInt8]) -> Int32 {
        guard let reply = try? JSON(parsing: answer) else { return ExitStatus.internalError }
        guard reply["ok"]?.bool != true else { return 0 }
        let refusal = reply["error"]?.string.flatMap(ControlReply.Refusal.init(rawValue:))
        return refusal?.exitStatus ?? ExitStatus.internalError
    }

    private func show(_ answer: [UInt8]) -> Int32 {
        let status = Self.status(of: answer)
        if json {
            Self.put(answer + [10])
        } else if let reply = try? JSON(parsing: answer) {
            if status == 0 {
                Self.put(Array(ControlAnswerText.lines(reply).utf8))
            } else {
                let message = reply["message"]?.string ?? "refused"
                writeAll(Array("confab: \(message.controlCharactersVisible)\n".utf8), to: STDERR_FILENO)
            }
        }
        return status
    }

    /// At once, as whoever reads may answer.
    private static func put(_ bytes: [UInt8]) { writeAll(bytes, to: STDOUT_FILENO) }

    /// The call may run in another folder.
    private static func absolute(_ path: String) -> String {
        guard !path.hasPrefix("/"), path != "-", let folder = getcwd(nil, 0) else { return path }
        defer { free(folder) }
        return String(cString: folder) + "/" + path
    }
}
