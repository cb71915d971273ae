import ArgumentParser

/// An option of a verb, as the command line, the environment and the configuration know it.
struct CommandOption {
    enum Kind {
        /// Given or not.
        case flag
        /// A flag that may be given several times, like `-vv`.
        case counted
        case single
        case repeated
    }

    var name: String
    var kind: Kind

    var flag: String { "--" + name }
    var variable: String { "CONFAB_" + name.uppercased().map { $0 == "-" ? "_" : String($0) }.joined() }

    /// Options of which one takes the place of the others: whoever says one of them has said all.
    static let rivals: [Set<String>] = [
        ["quiet", "verbose", "log-level"], ["tls", "tls-cert", "tls-key"], ["token", "token-file"], ["call", "ctl"],
    ]

    /// The arguments that say `values` on a command line.
    func arguments(_ values: [String]) -> [String] {
        switch kind {
        case .flag:
            guard let value = values.last else { return [] }
            if Self.isYes(value) { return [flag] }
            return Self.invertible.contains(name) ? ["--no-" + name] : []
        case .counted:
            return Array(repeating: flag, count: min(9, values.last.map { Int($0) ?? (Self.isYes($0) ? 1 : 0) } ?? 0))
        case .repeated: return values.map { "\(flag)=\($0)" }
        case .single:
            guard let value = values.last else { return [] }
            if Self.valueIsOptional.contains(name), ["true", "false"].contains(value) {
                return value == "true" ? [flag] : []
            }
            return ["\(flag)=\(value)"]
        }
    }

    /// Options that may be given without a value, and so with `true`.
    private static let valueIsOptional: Set<String> = ["exit-when-alone"]

    /// Flags that are set where nobody says `--no-…`.
    static let invertible: Set<String> = ["echo-cancellation", "noise-suppression", "gain-control", "high-pass"]

    private static func isYes(_ value: String) -> Bool { ["1", "true", "yes", "on"].contains(value.lowercased()) }

    /// The property wrappers of a command tell its options; their names are those that ArgumentParser derives.
    static func all(of command: any ParsableArguments.Type) -> [CommandOption] {
        Mirror(reflecting: command.init()).children.flatMap { child -> [CommandOption] in
            guard let label = child.label, label.hasPrefix("_") else { return [] }
            let name = kebab(String(label.dropFirst()))
            switch Swift.type(of: child.value) {
            case is Flag<Int>.Type: return [CommandOption(name: name, kind: .counted)]
            case let type as any OptionWrapper.Type: return [CommandOption(name: name, kind: type.optionKind)]
            case let type as any GroupWrapper.Type: return all(of: type.content)
            default: return []
            }
        }
    }

    private static func kebab(_ name: String) -> String {
        name.map { $0.isUppercase ? "-" + $0.lowercased() : String($0) }.joined()
    }
}

private protocol OptionWrapper {
    static var optionKind: CommandOption.Kind { get }
}

extension Flag: OptionWrapper {
    static var optionKind: CommandOption.Kind { .flag }
}

extension Option: OptionWrapper {
    static var optionKind: CommandOption.Kind { Value.self is any ArrayValue.Type ? .repeated : .single }
}

private protocol ArrayValue {}
extension Array: ArrayValue {}

private protocol GroupWrapper {
    static var content: any ParsableArguments.Type { get }
}

extension OptionGroup: GroupWrapper {
    static var content: any ParsableArguments.Type { Value.self }
}
