import ArgumentParser
import Call
import Engine
import Glibc
import Primitives
import Runtime
import Signalling
import SignalTransport

struct Join: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Join a call.",
        discussion: """
            The link is what `confab host` prints, and what opens the call in a browser too. What follows # in it (an
            invitation, a certificate's fingerprint) never reaches a server's log.

            EXAMPLES
              confab join http://127.0.0.1:7880/tea
              confab join 'https://192.0.2.7:7880/tea#invite=…&sha256=…' --name ann
              confab join LINK --headless --audio-only --mic - --speaker - --events none <in.raw >out.raw
              confab join LINK --headless --camera none --mic announcement.wav --duration 30s
            """)

    @Argument(
        help: ArgumentHelp(
            "https://host[:port]/ROOM[#invite=…&sha256=…], or a ROOM of the default server (--server).",
            valueName: "link"),
        completion: .shellCommand("confab ctl --list 2>/dev/null | cut -f2"))
    var link: String

    @Option(help: ArgumentHelp("An access token.", valueName: "token"))
    var token: String?

    @Option(help: ArgumentHelp("A file that holds an access token.", valueName: "file"))
    var tokenFile: String?

    @Option(help: ArgumentHelp("The server of a link that is a room's name alone.", valueName: "url"))
    var server: String?

    @OptionGroup var call: CallOptions

    func validate() throws {
        guard token == nil || tokenFile == nil else {
            throw ValidationError("--token and --token-file: give one of them.")
        }
        do {
            _ = try JoinLink(parsing: link)
        } catch {
            throw ValidationError(error.message)
        }
    }

    /// A room alone is one of the default server.
    private func completed(_ link: JoinLink) throws -> JoinLink {
        guard case .room(let room) = link.target, let server else { return link }
        do {
            var complete = try JoinLink(parsing: server.hasSuffix("/") ? server + room.text : "\(server)/\(room.text)")
            complete.invitation = link.invitation ?? complete.invitation
            complete.fingerprint = link.fingerprint ?? complete.fingerprint
            return complete
        } catch {
            throw Failure(ExitStatus.usage, "--server \(server.controlCharactersVisible): \(error.message)")
        }
    }

    func run() throws {
        try endingOnFailure {
            call.log.bootstrap()
            let link = try completed(JoinLink(parsing: link))
            let token = try token ?? tokenFile.map { try TextFile.read($0, option: "--token-file").trimmingBlanks }
            throw ExitCode(try CallSession(call).run(link: link, token: token))
        }
    }
}
