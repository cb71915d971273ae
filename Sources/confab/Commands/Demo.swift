import ArgumentParser
import Call
import Engine
import Glibc
import Primitives
import Runtime
import Server
import SignalTransport
import Signalling

struct Demo: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "A complete call on this machine, with two synthetic people.",
        discussion: """
            Uses your camera and microphone if there are any. With --headless it is a self-test: it ends with a status
            other than 0 if sound and picture did not flow both ways between every pair.

            EXAMPLES
              confab demo
              confab demo --headless --duration 10s
            """)

    @OptionGroup var call: CallOptions

    func run() throws {
        try endingOnFailure {
            call.log.bootstrap()
            var configuration = ServerConfiguration()
            configuration.port = 0
            let server = try ConfabServer.start(configuration)
            let link = server.localLink(to: RoomName("demo")!)  // a valid name
            let cast = try DemoCast(link: link)
            let status =
                try call.runsHeadless ? selfTest(link, cast, rtcPort: server.listening.rtcPort) : show(link, cast)
            server.stop()
            // What lives on the server's loop cannot be let go of once the loop has ended.
            withExtendedLifetime(server) { Glibc.exit(status) }
        }
    }

    private func show(_ link: JoinLink, _ cast: DemoCast) throws -> Int32 {
        var session = CallSession(call)
        session.configuration.usesSyntheticDevices = true
        cast.start()
        let status = try session.run(link: link, token: nil)
        cast.leave()
        cast.wait()
        return status
    }

    /// Holds the own summary back until those of the others are there, and judges every pair.
    private func selfTest(_ link: JoinLink, _ cast: DemoCast, rtcPort: Int?) throws -> Int32 {
        let events = try EventOutput(call.effectiveEvents, exec: call.exec)
        defer { events.finish() }
        var configuration = call.configuration()
        configuration.usesSyntheticDevices = true
        let media = try LocalMedia(configuration)
        let runner = CallRunner(signalLoop: SignalLoop())
        let own = Protected<CallEvent?>(nil)
        Interruption.watch { runner.leave(.signal) }
        events.write(.listening(url: link.text, link: link.text, rtcPort: rtcPort))
        cast.start()
        runner.start(configuration, link: link, token: nil, media: media) { event in
            if case .summary = event { own.value = event } else { events.write(event) }
            // The others leave with us, so that nobody's last second counts against them.
            if case .left = event { cast.leave() }
        }
        let status = runner.wait()
        cast.wait()
        guard case .summary(let duration, _, let participants)? = own.value else { return ExitStatus.internalError }
        let received = cast.summaries.merging([configuration.name: participants]) { $1 }
        let pairs = DemoPair.all(received, silentFilm: call.audioOnly ? configuration.name : nil)
        for pair in pairs where !pair.flowed {
            events.write(.error(code: "no-media", message: pair.complaint, fatal: true))
        }
        // Three people make six directions.
        let flowed = pairs.count == 6 && pairs.allSatisfy(\.flowed)
        let verdict = status != 0 ? status : flowed ? 0 : ExitStatus.internalError
        events.write(
            .summary(duration: duration, exitStatus: verdict, participants),
            adding: ("pairs", .array(pairs.map(\.json))))
        return verdict
    }
}
