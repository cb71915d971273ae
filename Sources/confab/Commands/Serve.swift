import ArgumentParser
import Call
import Glibc
import Logging
import Primitives
import Runtime
import Server
import Signalling

struct Serve: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server.",
        discussion: """
            Listens on 127.0.0.1:7880 by default. On any other address it wants keys, so that nobody gets in without
            being let in, or --open. Browsers need https for camera and microphone on any address but loopback.

            EXAMPLES
              confab serve
              confab serve --lan
              confab serve --listen 0.0.0.0:443 --tls-cert cert.pem --tls-key key.pem --keys keys.yaml
              confab serve --dev --events json
            """)

    @OptionGroup var server: ServeOptions

    @Flag(help: "Loopback, key devkey, secret secret.")
    var dev = false

    @Option(help: ArgumentHelp("A STUN or TURN server for the clients. Repeatable.", valueName: "url"))
    var iceServer: [String] = []

    @Option(help: ArgumentHelp("JSON events: json, json:FD, json:FILE or none.", valueName: "where"))
    var events = EventsValue.none

    @OptionGroup var settings: SettingsOptions
    @OptionGroup var log: LogOptions

    func validate() throws { try ICEServerOption.validate(iceServer) }

    func run() throws {
        try endingOnFailure {
            log.bootstrap()
            let running = try ConfabServer.start(try configuration())
            try announce(running)
            ServiceManager.notify(.ready(status: "listening on \(running.listening.url)"))
            let stopped = Mailbox<Int32>(capacity: 16, overflow: .dropNewest)
            ProcessSignals.watch { stopped.put($0) }
            while stopped.take() == SIGHUP { reload(running) }
            ServiceManager.notify(.stopping)
            running.stop()
            // What lives on the server's loop cannot be let go of once the loop has ended.
            withExtendedLifetime(running) { Glibc.exit(0) }
        }
    }

    private func configuration() throws -> ServerConfiguration {
        var configuration = try server.configuration(iceServers: iceServer)
        if dev { configuration.keys += ServerConfiguration.development.keys }
        return configuration
    }

    /// What SIGHUP asks for: files of keys and certificates are read again. A mistake in them changes nothing.
    private func reload(_ server: ConfabServer) {
        let log = Logger(label: "server")
        ServiceManager.notify(.reloading)
        do {
            try server.reload(try configuration())
            log.notice("keys and certificate were read again")
        } catch let error as ServerError {
            log.error("the old keys and certificate stay: \(error.message)")
        } catch let error as Failure {
            log.error("the old keys and certificate stay: \(error.message)")
        } catch {
            log.error("the old keys and certificate stay: \(error)")
        }
        ServiceManager.notify(.ready(status: "listening on \(server.listening.url)"))
    }

    private func announce(_ server: ConfabServer) throws {
        // "ROOM" stands for any room: whoever opens it first makes it.
        let links = RoomName("ROOM").map { server.links(to: $0).map(\.text) } ?? []
        if let writer = try EventWriter(events) {
            let listening = server.listening
            writer.write(
                .listening(url: listening.url, link: links.first ?? listening.url, rtcPort: listening.rtcPort))
        } else {
            Announcement.serving(server, links: links)
        }
    }
}
