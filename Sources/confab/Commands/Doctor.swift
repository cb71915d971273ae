import ArgumentParser
import Call
import Primitives
import Signalling

struct Doctor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check terminal, devices, network and server, and say what to do.",
        discussion: """
            Ends with status 69 when something fails that a call would need.

            EXAMPLES
              confab doctor
              confab doctor https://example.org:7880/tea
              confab doctor --json
            """)

    @Argument(help: ArgumentHelp("A link whose server is asked.", valueName: "link"))
    var link: String?

    @Option(help: ArgumentHelp("The server that is asked where no link is given.", valueName: "url"))
    var server: String?

    @Option(help: ArgumentHelp("A STUN or TURN server that is asked. Repeatable.", valueName: "url"))
    var iceServer: [String] = []

    @Option(help: ArgumentHelp("Trust the certificates in this PEM file too.", valueName: "file"))
    var cacert: String?

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var settings: SettingsOptions

    func run() throws {
        let areas: [(String, () throws -> [Finding])] = [
            ("Terminal", LocalChecks.terminal), ("Devices", LocalChecks.devices), ("Machine", LocalChecks.machine),
            ("Network", { NetworkChecks.addresses() + NetworkChecks.iceServers(iceServer) }),
            ("Server", { NetworkChecks.server(try target(), certificateFile: cacert) }),
        ]
        var all: [Finding] = []
        for (title, check) in areas {
            let findings = try check()
            all += findings
            if !json { print(([title] + findings.map { "  " + $0.line }).joined(separator: "\n")) }
        }
        if json { print(JSON.array(all.map(\.json)).text) }
        if all.contains(where: { $0.state == .failure }) { throw ExitCode(ExitStatus.unavailable) }
    }

    private func target() throws -> JoinLink? {
        guard let text = link ?? server.map({ $0.hasSuffix("/") ? $0 + "doctor" : $0 + "/doctor" }) else { return nil }
        do {
            let parsed = try JoinLink(parsing: text)
            guard case .room(let room) = parsed.target, let server else { return parsed }
            return try JoinLink(parsing: server + "/" + room.text)
        } catch {
            throw ValidationError(error.message)
        }
    }
}
