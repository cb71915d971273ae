import Call
import Engine
import Glibc
import Primitives
import Runtime
import Scripting
import Signalling

/// Where commands come from besides the keyboard: the control socket and, headless, standard input.
enum CommandSource {
    /// Opens the control socket: at `path`, or under `name` in the user's folder.
    static func listen(_ desk: CommandDesk, path: String?, name: String) throws(ControlSocketError) -> ControlServer {
        let service: ControlServer.Service = { line in
            let request = ControlRequest(line: line)
            let reply =
                switch request.command {
                case .success(let command): perform(command, desk)
                case .failure(let error): ControlReply.refused(.badRequest, message: error.message)
                }
            return reply.json(id: request.id).utf8
        }
        if let path { return try ControlServer(path: path, service: service) }
        return try ControlServer.start(named: ControlFolder.fileName(name), service: service)
    }

    /// Reads lines of standard input until its end, which means nothing, on a thread that lives as long as the process.
    /// A line that begins with a brace is a request as the control socket takes it.
    static func readStandardInput(_ desk: CommandDesk, refused: @escaping @Sendable (String) -> Void) {
        let thread = JoinableThread(name: "commands") {
            while let line = readLine() {
                if line.allSatisfy(\.isWhitespace) { continue }
                do throws(ControlError) {
                    let command = try parse(line)
                    CallLoop.post {
                        desk.carryOut(command) { if case .refused(_, let message) = $0 { refused(message) } }
                    }
                } catch {
                    refused(error.message)
                }
            }
        }
        _ = Unmanaged.passRetained(thread)
    }

    private static func parse(_ line: String) throws(ControlError) -> ControlCommand {
        guard line.hasPrefix("{") else { return try ControlCommand(line: line) }
        return try ControlRequest(line: Array(line.utf8)).command.get()
    }

    /// Waits for the answer of the call's loop.
    private static func perform(_ command: ControlCommand, _ desk: CommandDesk) -> ControlReply {
        let answer = Mailbox<ControlReply>(capacity: 1, overflow: .dropNewest)
        CallLoop.post { desk.carryOut(command) { answer.put($0) } }
        return answer.take() ?? .refused(.ended, message: "the call has ended")
    }
}
