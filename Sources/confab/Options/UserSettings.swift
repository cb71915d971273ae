import ArgumentParser
import Call
import Glibc
import Primitives
import Runtime
import Settings
import UI

/// What the environment and the configuration file say, for one run of the program.
///
/// The order is flag, environment, file, default. What they add is put in front of the command line, so that
/// ArgumentParser checks it like anything else.
struct UserSettings: Sendable {
    enum Source: Hashable, Sendable {
        case environment(String)
        case file(String, line: Int, table: String)

        var text: String {
            switch self {
            case .environment(let name): name
            case .file(let path, let line, let table): "\(path):\(line)" + (table.isEmpty ? "" : " [\(table)]")
            }
        }
    }

    struct Value {
        var option: CommandOption
        var values: [String]
        var source: Source
    }

    /// The file that was read, or would have been.
    let path: String?
    let file: SettingsFile
    let profile: String?

    /// What `main` has loaded.
    static let current = Protected<UserSettings?>(nil)

    /// Reads the file that `--config`, `CONFAB_CONFIG` or the user's folder name. One that is not there is empty, unless
    /// somebody has named it.
    init(arguments: [String]) throws {
        let named = Self.option("config", in: arguments) ?? Self.variable("CONFAB_CONFIG")
        path = named ?? Self.standardPath
        file = try Self.read(path, isNamed: named != nil)
        profile =
            Self.option("profile", in: arguments) ?? Self.variable("CONFAB_PROFILE")
            ?? file.setting("profile", verb: "", profile: nil)?.values.last
        if let profile, !file.profiles.contains(profile) {
            let hint = NearestName.of(profile, among: file.profiles).map { "; did you mean \($0)?" } ?? ""
            throw Failure(
                ExitStatus.usage,
                "--profile \(profile): there is no [profile.\(profile)] in \(path ?? "the configuration")\(hint)")
        }
    }

    private static func read(_ path: String?, isNamed: Bool) throws -> SettingsFile {
        guard let path else { return SettingsFile() }
        let bytes: [UInt8]
        do {
            bytes = try TextFile.bytes(path, maximum: 1 << 20)
        } catch {
            if !isNamed { return SettingsFile() }
            throw Failure(ExitStatus.noInput, "\(path): \(error.message)")
        }
        do {
            return try SettingsFile(parsing: bytes, vocabulary)
        } catch {
            throw Failure(ExitStatus.usage, "\(path):\(error.line): \(error.message)")
        }
    }

    private static var vocabulary: SettingsFile.Vocabulary {
        var options: [String: [String: Bool]] = [:]
        for command in Confab.configuration.subcommands {
            options[command._commandName] = CommandOption.all(of: command).reduce(into: [:]) {
                $0[$1.name] = $1.kind == .repeated
            }
        }
        return SettingsFile.Vocabulary(options: options, actions: Set(UIAction.allCases.map(\.rawValue))) {
            KeyBindings.isKey($0)
        }
    }

    static var standardPath: String? {
        if let folder = variable("XDG_CONFIG_HOME"), folder.hasPrefix("/") { return folder + "/confab/config.toml" }
        return variable("HOME").map { $0 + "/.config/confab/config.toml" }
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    /// The value of an option of the command line, before that is understood as a whole.
    private static func option(_ name: String, in arguments: [String]) -> String? {
        var value: String?
        let options = Array(arguments.prefix { $0 != "--" })
        for (index, argument) in options.enumerated() {
            if argument == "--\(name)", index + 1 < options.count { value = options[index + 1] }
            if argument.hasPrefix("--\(name)=") { value = String(argument.dropFirst(name.count + 3)) }
        }
        return value
    }

    // MARK: What they say

    /// The values that count for a verb, but for what the command line says itself.
    func values(for command: any ParsableArguments.Type, verb: String, given: Set<String>) -> [Value] {
        let options = CommandOption.all(of: command).filter { !["config", "profile"].contains($0.name) }
        let fromEnvironment = options.compactMap { option -> Value? in
            guard let text = getenv(option.variable).map({ String(cString: $0) }) else { return nil }
            let values = option.kind == .repeated ? text.split(separator: " ").map(String.init) : [text]
            return Value(option: option, values: values, source: .environment(option.variable))
        }
        let fromFile = options.compactMap { option -> Value? in
            guard let setting = file.setting(option.name, verb: verb, profile: profile) else { return nil }
            let source = Source.file(path ?? "", line: setting.line, table: setting.table)
            return Value(option: option, values: setting.values, source: source)
        }
        let names = Set(fromEnvironment.map(\.option.name)).union(given)
        return Self.without(given, fromEnvironment) + Self.without(names, fromFile)
    }

    /// Leaves out what somebody above has said, or has said something else instead of.
    private static func without(_ names: Set<String>, _ values: [Value]) -> [Value] {
        let spoken = CommandOption.rivals.filter { !$0.isDisjoint(with: names) }.reduce(names) { $0.union($1) }
        return values.filter { !spoken.contains($0.option.name) }
    }

    /// The names of the options that a command line gives.
    static func given(_ arguments: [String]) -> Set<String> {
        let short = ["v": "verbose", "q": "quiet"]
        return Set(
            arguments.prefix { $0 != "--" }.flatMap { argument -> [String] in
                if argument.hasPrefix("--no-"), CommandOption.invertible.contains(String(argument.dropFirst(5))) {
                    return [String(argument.dropFirst(5))]
                }
                if argument.hasPrefix("--") { return [String(argument.dropFirst(2).prefix { $0 != "=" })] }
                if argument.hasPrefix("-") { return argument.dropFirst().compactMap { short[String($0)] } }
                return []
            })
    }
}
