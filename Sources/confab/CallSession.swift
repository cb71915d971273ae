import Call
import Engine
import Glibc
import Logging
import Primitives
import Runtime
import Scripting
import Signalling
import SignalTransport

extension ServiceManager {
    /// A headless client that is a service is ready once it has joined.
    fileprivate static func notify(_ event: CallEvent) {
        switch event {
        case .joined(let room, _, _, _, _): notify(.ready(status: "in \(room)"))
        case .left: notify(.stopping)
        default: break
        }
    }
}

/// What `join`, `host` and `demo` do once there is a link: open the devices, choose the front end, run the call.
struct CallSession {
    let options: CallOptions
    var configuration: CallConfiguration
    /// The link that invites others, shown and copied; nil where it is the one joined by.
    var invitation: JoinLink?
    /// Whether leaving ends the room for everybody.
    var isHost = false
    /// Where events go, if something was told already.
    var events: EventOutput?

    init(_ options: CallOptions) {
        self.options = options
        configuration = options.configuration()
    }

    /// Runs the call to its end; the exit status.
    func run(link: JoinLink, token: String?) throws -> Int32 {
        let events = try self.events ?? EventOutput(options.effectiveEvents, exec: options.exec)
        defer { events.finish() }
        let media = try LocalMedia(configuration)
        let runner = CallRunner(signalLoop: SignalLoop())
        let control = try openControl(runner, link: link)
        defer { control?.stop() }
        events.setControlPath(control?.path)
        if options.plain {
            return PlainFrontEnd(runner: runner).run(
                configuration, link: link, token: token, media: media, events: events, invitation: invitation)
        }
        guard options.runsHeadless else {
            return try TerminalFrontEnd(runner, media, options, invitation: invitation ?? link, isHost: isHost)
                .run(configuration, link: link, token: token, events: events)
        }
        Interruption.watch { runner.leave(.signal) }
        runner.start(configuration, link: link, token: token, media: media) {
            events.write($0)
            ServiceManager.notify($0)
        }
        defer { runner.complain() }
        if options.mic != "-", isatty(STDIN_FILENO) == 0 {
            CommandSource.readStandardInput(runner.desk) {
                events.write(.error(code: "bad-command", message: $0, fatal: false))
            }
        }
        return runner.wait()
    }

    /// A call that nobody can control is still a call, unless somebody has named the socket.
    private func openControl(_ runner: CallRunner, link: JoinLink) throws -> ControlServer? {
        do throws(ControlSocketError) {
            return try CommandSource.listen(runner.desk, path: options.ctl, name: link.room?.text ?? "call")
        } catch {
            guard options.ctl == nil else { throw Failure(ExitStatus.cannotCreate, "--ctl \(error.message)") }
            Logger(label: "control").info("no control socket", metadata: ["why": "\(error.message)"])
            return nil
        }
    }
}
