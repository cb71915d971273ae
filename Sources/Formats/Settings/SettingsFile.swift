/// `config.toml`, checked against what the program knows. Options stand at the top for every verb that has them, below
/// `[VERB]` for one, below `[profile.NAME]` and `[profile.NAME.VERB]` for who asks for that profile. Keys of the
/// keyboard stand below `[keys]`.
package struct SettingsFile: Sendable {
    /// What may stand in the file.
    package struct Vocabulary: Sendable {
        /// Options of each verb; `true` where one may be given several times.
        package var options: [String: [String: Bool]]
        package var actions: Set<String>
        /// Whether the keyboard has such a key.
        package var isKey: @Sendable (String) -> Bool

        package init(
            options: [String: [String: Bool]], actions: Set<String>, isKey: @escaping @Sendable (String) -> Bool
        ) {
            self.options = options
            self.actions = actions
            self.isKey = isKey
        }
    }

    package struct Setting: Hashable, Sendable {
        package var values: [String]
        package var line: Int
        /// The table it stands in, as written: ``, `serve`, `profile.work`.
        package var table: String
    }

    package struct Binding: Hashable, Sendable {
        package var key: String
        /// Nil takes the key's meaning away.
        package var action: String?
    }

    package private(set) var bindings: [Binding] = []
    package private(set) var profiles: [String] = []
    private var settings: [[String]: Setting] = [:]

    package init() {}

    package init(parsing bytes: [UInt8], _ vocabulary: Vocabulary) throws(TOMLError) {
        let document = try TOMLDocument(parsing: bytes)
        for table in document.tables {
            try Self.check(table: table.path, line: table.line, vocabulary)
            note(profileIn: table.path)
        }
        for entry in document.entries {
            if entry.path.first == "keys", entry.path.count == 2 {
                try bind(entry, vocabulary)
            } else {
                try set(entry, vocabulary)
            }
        }
    }

    /// What the file says of an option, the most particular table first.
    package func setting(_ option: String, verb: String, profile: String?) -> Setting? {
        let tables: [[String]] = (profile.map { [["profile", $0, verb], ["profile", $0]] } ?? []) + [[verb], []]
        return tables.lazy.compactMap { settings[$0 + [option]] }.first
    }

    // MARK: Reading

    private mutating func note(profileIn table: [String]) {
        if table.count >= 2, table[0] == "profile", !profiles.contains(table[1]) { profiles.append(table[1]) }
    }

    private static func check(table: [String], line: Int, _ vocabulary: Vocabulary) throws(TOMLError) {
        guard let first = table.first else { return }
        var names = Set(vocabulary.options.keys).union(["keys", "profile"])
        switch (first, table.count) {
        case ("keys", 1), ("profile", 2): return
        case ("profile", 3):
            names = Set(vocabulary.options.keys)
            if names.contains(table[2]) { return }
        case (_, 1) where names.contains(first): return
        default: break
        }
        let last = table.count == 3 ? table[2] : first
        throw TOMLError(
            line: line,
            message: "there is no table [\(table.joined(separator: "."))]" + hint(last, among: names))
    }

    private mutating func set(_ entry: TOMLDocument.Entry, _ vocabulary: Vocabulary) throws(TOMLError) {
        let table = Array(entry.path.dropLast())
        let name = entry.path.last ?? ""
        try Self.check(table: table, line: entry.line, vocabulary)
        note(profileIn: table)
        let verb = table.last.flatMap { vocabulary.options[$0] == nil || table.count == 2 ? nil : $0 }
        let known: [String: Bool] =
            verb.flatMap { vocabulary.options[$0] }
            ?? vocabulary.options.values.reduce(into: [:]) { $0.merge($1) { $0 || $1 } }
        guard let isRepeated = known[name] else {
            let place = verb.map { " of confab \($0)" } ?? ""
            throw TOMLError(
                line: entry.line, message: "there is no option \(name)\(place)" + Self.hint(name, among: known.keys))
        }
        let values = entry.value.elements.compactMap(\.text)
        guard values.count == entry.value.elements.count, isRepeated || entry.value.text != nil else {
            throw TOMLError(line: entry.line, message: "\(name) takes one value, not an array")
        }
        settings[entry.path] = Setting(values: values, line: entry.line, table: table.joined(separator: "."))
    }

    /// `mute = "ctrl-m"` or, for several keys, `mute = ["m", "ctrl-m"]`; `none` and a list of keys take meanings away.
    private mutating func bind(_ entry: TOMLDocument.Entry, _ vocabulary: Vocabulary) throws(TOMLError) {
        let action = entry.path[1]
        guard action == "none" || vocabulary.actions.contains(action) else {
            throw TOMLError(
                line: entry.line,
                message: "keys can do nothing called \(action)" + Self.hint(action, among: vocabulary.actions))
        }
        for element in entry.value.elements {
            guard let key = element.text, vocabulary.isKey(key) else {
                throw TOMLError(line: entry.line, message: "there is no key \(element.text ?? "of that kind")")
            }
            bindings.append(Binding(key: key, action: action == "none" ? nil : action))
        }
    }

    private static func hint(_ name: String, among names: some Sequence<String>) -> String {
        NearestName.of(name, among: names).map { "; did you mean \($0)?" } ?? ""
    }
}
