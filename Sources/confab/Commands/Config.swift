import ArgumentParser
import Primitives
import Signalling

struct Config: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show where each setting comes from.",
        discussion: """
            Prints every option of a verb that is not at its default: name, value, and where it was said. The order is
            command line, environment (CONFAB_<OPTION>), configuration file, default.

            EXAMPLES
              confab config
              confab config serve
              confab config --profile work --json join
              confab config --path
            """)

    @Flag(help: "Print the path of the configuration file.")
    var path = false

    @Flag(help: "Print as JSON.")
    var json = false

    @OptionGroup var settings: SettingsOptions

    @Argument(
        help: ArgumentHelp("The verb whose settings are wanted; join if none is given.", valueName: "verb"),
        completion: .list(["join", "host", "serve", "demo"]))
    var verb = "join"

    func validate() throws {
        guard Self.command(verb) != nil else { throw ValidationError("\(verb): there is no such verb.") }
    }

    private static func command(_ verb: String) -> (any ParsableCommand.Type)? {
        Confab.configuration.subcommands.first { $0._commandName == verb }
    }

    func run() throws {
        guard let settings = UserSettings.current.value, let command = Self.command(verb) else { return }
        if path { return print(settings.path ?? "") }
        let values = settings.values(for: command, verb: verb, given: [])
        if json { return print(JSON.array(values.map(\.json)).text) }
        if values.isEmpty {
            print("Everything is at its default; the file would be \(settings.path ?? "nowhere: there is no HOME")")
        }
        for value in values.sorted(by: { $0.option.name < $1.option.name }) {
            print(
                "\(value.option.name) = \(value.shown.joined(separator: " "))  (\(value.source.text))"
                    .controlCharactersVisible)
        }
    }
}

extension UserSettings.Value {
    /// Secrets are not shown to whoever looks over the shoulder.
    fileprivate var shown: [String] { ["secret", "token"].contains(option.name) ? ["…"] : values }

    fileprivate var json: JSON {
        ["option": .string(option.name), "values": JSON(shown), "source": .string(source.text)]
    }
}
