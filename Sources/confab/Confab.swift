import ArgumentParser
import Glibc
import Primitives
import Runtime

@main
struct Confab: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "confab",
        abstract: "Videoconferencing for people who live in a shell.",
        discussion: """
            EXAMPLES
              confab demo                                # a live call with two synthetic people
              confab host                                # start a call and print its link
              confab host --lan                          # the same, for others on this network
              confab join https://example.org:7880/tea   # join a call
              confab join LINK --headless --mic tone     # join as a machine: JSON events on standard output

            Every option can also come from the environment, CONFAB_NAME=ann is --name ann, and from
            ~/.config/confab/config.toml, name = "ann"; confab config tells what comes from where.

            Exit status: 0 ended as asked, 64 usage, 66 input cannot be opened, 69 server unreachable, 70 internal
            error, 73 output cannot be written, 75 call lost, 77 not allowed.
            """,
        version: Version.text,
        subcommands: [
            Join.self, Host.self, Serve.self, Demo.self, Render.self, Token.self, Devices.self, Broadcast.self,
            Watch.self,
            Play.self, Ctl.self, Config.self, Doctor.self, Bench.self,
        ])

    static func main() {
        // Before any other thread exists, so that all of them leave these signals to the one that watches.
        ProcessSignals.block()
        let arguments = Array(CommandLine.arguments.dropFirst())
        do {
            let added = try endingOnFailure { try settings(for: arguments) }
            run(arguments.prefix(1) + added.flatMap { $0.option.arguments($0.values) } + arguments.dropFirst(), added)
        } catch {
            exit(withError: error)
        }
    }

    /// What the environment and the configuration add to a command line.
    private static func settings(for arguments: [String]) throws -> [UserSettings.Value] {
        guard let verb = arguments.first,
            let command = configuration.subcommands.first(where: { $0._commandName == verb }),
            !arguments.contains("--help"), !arguments.contains("-h")
        else { return [] }
        let settings = try UserSettings(arguments: arguments)
        UserSettings.current.value = settings
        return settings.values(for: command, verb: verb, given: UserSettings.given(arguments))
    }

    private static func run(_ arguments: [String], _ added: [UserSettings.Value]) {
        do {
            var command = try parseAsRoot(arguments)
            try command.run()
        } catch {
            // A mistake in a place that is out of sight is told where it is.
            let message = fullMessage(for: error)
            if exitCode(for: error) == .validationFailure {
                for value in added where message.includes(value.option.flag) {
                    writeAll(
                        Array("confab: \(value.option.flag) comes from \(value.source.text)\n".utf8), to: STDERR_FILENO)
                }
            }
            exit(withError: error)
        }
    }
}

enum Version {
    static let text = "0.1.0"
}
