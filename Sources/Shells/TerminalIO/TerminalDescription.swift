import TerminalGraphics

/// What the environment and terminfo say about a terminal, before it was asked.
package enum TerminalDescription {
    /// The facts that terminfo holds.
    package struct Terminfo: Sendable {
        package var colours: Int
        package var isDirect: Bool
        /// Whether it says how to repeat a character.
        package var hasRepeat: Bool

        package init(colours: Int, isDirect: Bool, hasRepeat: Bool = false) {
            self.colours = colours
            self.isDirect = isDirect
            self.hasRepeat = hasRepeat
        }
    }

    package static func profile(terminfo: Terminfo, environment: (String) -> String?) -> TerminalProfile {
        let colours = colours(terminfo: terminfo, environment: environment)
        let isUnicode = isUnicode(environment: environment)
        let term = environment("TERM") ?? ""
        let glyphs = TerminalTable.glyphs(term: term, program: environment("TERM_PROGRAM") ?? "")
        return TerminalProfile(
            colours: colours, isUnicode: isUnicode,
            // Much calls itself xterm and is not.
            hasRepeat: terminfo.hasRepeat && !term.hasPrefix("xterm"),
            glyphs: colours == .none ? .ascii : isUnicode ? glyphs : .space)
    }

    /// https://no-color.org; `COLORTERM` as terminals with 24-bit colour set it, since few terminfo entries say so.
    private static func colours(terminfo: Terminfo, environment: (String) -> String?) -> ColourMode {
        if let no = environment("NO_COLOR"), !no.isEmpty { return .none }
        let term = environment("TERM") ?? ""
        if ["truecolor", "24bit"].contains(environment("COLORTERM")) || terminfo.isDirect || term.hasSuffix("-direct") {
            return .truecolor
        }
        let direct = ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm", "contour"]
        if direct.contains(where: term.hasPrefix) { return .truecolor }
        return switch terminfo.colours {
        case 256...: .palette256
        case 8...: .palette16
        default: .none
        }
    }

    /// UTF-8 unless the locale says otherwise; where no locale is set, as over many SSH connections, everything but an
    /// old console shows it.
    private static func isUnicode(environment: (String) -> String?) -> Bool {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(environment).first { !$0.isEmpty }
        guard let locale = locale?.lowercased() else {
            let term = environment("TERM") ?? ""
            return !term.hasPrefix("vt") && term != "dumb"
        }
        if locale.contains("utf-8") || locale.contains("utf8") { return true }
        return !(locale == "c" || locale == "posix" || locale.contains("."))
    }
}
