import TerminalGraphics

/// What a key can do; the names are those of the configuration.
package enum UIAction: String, Sendable, CaseIterable {
    case mute, camera, chat, people, invite, layout, statistics, record, talk, next, leave, help
    case volumeUp = "volume-up"
    case volumeDown = "volume-down"
    case focus1 = "focus-1", focus2 = "focus-2", focus3 = "focus-3", focus4 = "focus-4", focus5 = "focus-5"
    case focus6 = "focus-6", focus7 = "focus-7", focus8 = "focus-8", focus9 = "focus-9"

    /// Which participant a focus action means, from zero.
    var focusIndex: Int? {
        guard rawValue.hasPrefix("focus-") else { return nil }
        return Int(rawValue.dropFirst(6)).map { $0 - 1 }
    }

    /// For the key help.
    var explanation: String {
        switch self {
        case .mute: "mute or unmute yourself"
        case .camera: "camera on or off"
        case .chat: "chat"
        case .people: "people"
        case .invite: "invitation link and QR code"
        case .layout: "grid or speaker, or one person alone"
        case .statistics: "statistics"
        case .record: "record, or stop recording"
        case .talk: "talk while held, where the terminal can tell"
        case .next: "look at the next person"
        case .leave: "leave"
        case .help: "this help"
        case .volumeUp: "louder"
        case .volumeDown: "quieter"
        default: "look at one person"
        }
    }
}

/// Which key does what.
package struct KeyBindings: Sendable {
    private struct Key: Hashable {
        var code: KeyEvent.Code
        var modifiers: Modifiers
    }

    private var actions: [Key: UIAction] = [:]

    /// The keys of the manual.
    package init() {
        let defaults: [(String, UIAction)] = [
            ("m", .mute), ("v", .camera), ("c", .chat), ("enter", .chat), ("p", .people), ("i", .invite),
            ("w", .layout),
            ("s", .statistics), ("r", .record), ("t", .talk), ("space", .talk), ("+", .volumeUp), ("=", .volumeUp),
            ("-", .volumeDown), ("tab", .next), ("q", .leave), ("ctrl-c", .leave), ("?", .help), ("f1", .help),
        ]
        for (name, action) in defaults { _ = bind(name, to: action) }
        for index in 1...9 {
            if let action = UIAction(rawValue: "focus-\(index)") { _ = bind("\(index)", to: action) }
        }
    }

    /// Gives a key another meaning, or with nil none. False where there is no key of that name.
    ///
    /// Names are a character, or one of `space enter tab backspace escape insert delete up down left right home end
    /// page-up page-down f1`…`f12`, after any of `ctrl-`, `alt-` and `shift-`.
    package mutating func bind(_ name: String, to action: UIAction?) -> Bool {
        guard let key = Self.parse(name) else { return false }
        actions[key] = action
        return true
    }

    /// Whether `bind` would take that name.
    package static func isKey(_ name: String) -> Bool { parse(name) != nil }

    func action(for key: KeyEvent) -> UIAction? {
        var modifiers = key.modifiers
        // Shift is part of the character it makes.
        if case .character = key.code { modifiers.remove(.shift) }
        return actions[Key(code: key.code, modifiers: modifiers)]
    }

    /// The names of the keys for an action, shortest first.
    func names(of action: UIAction) -> [String] {
        actions.filter { $0.value == action }.map { Self.name(of: $0.key) }
            .sorted { ($0.count, $0) < ($1.count, $1) }
    }

    private static let named: [(String, KeyEvent.Code)] = [
        ("space", .character(" ")), ("enter", .enter), ("tab", .tab), ("backspace", .backspace), ("escape", .escape),
        ("insert", .insert), ("delete", .delete), ("up", .up), ("down", .down), ("left", .left), ("right", .right),
        ("home", .home), ("end", .end), ("page-up", .pageUp), ("page-down", .pageDown),
    ]

    private static func parse(_ name: String) -> Key? {
        var rest = Substring(name)
        var modifiers: Modifiers = []
        for (prefix, modifier) in [("ctrl-", Modifiers.control), ("alt-", .alt), ("shift-", .shift)]
        where rest.hasPrefix(prefix) {
            rest = rest.dropFirst(prefix.count)
            modifiers.insert(modifier)
        }
        if let code = named.first(where: { $0.0 == rest })?.1 { return Key(code: code, modifiers: modifiers) }
        if rest.count > 1, rest.first == "f", let number = Int(rest.dropFirst()), 1...12 ~= number {
            return Key(code: .function(number), modifiers: modifiers)
        }
        guard let scalar = rest.unicodeScalars.first, rest.unicodeScalars.count == 1, scalar.value >= 0x20 else {
            return nil
        }
        return Key(code: .character(scalar), modifiers: modifiers)
    }

    private static func name(of key: Key) -> String {
        let prefix =
            (key.modifiers.contains(.control) ? "ctrl-" : "") + (key.modifiers.contains(.alt) ? "alt-" : "")
            + (key.modifiers.contains(.shift) ? "shift-" : "")
        if let name = named.first(where: { $0.1 == key.code })?.0 { return prefix + name }
        return switch key.code {
        case .function(let number): prefix + "f\(number)"
        case .character(let scalar): prefix + String(Character(scalar))
        default: prefix
        }
    }
}
