import Media
import Primitives

/// What a terminal tells of itself at the start, and what follows from it.
///
/// The questions end with one that every terminal answers (primary device attributes), so that the others' silence is
/// known soon; one that answers nothing at all is waited for only for `patience`.
package struct TerminalProbe: Sendable {
    /// How long the first frame waits for answers.
    package static let patience = Duration.milliseconds(150)

    /// `kitty` are questions about pictures for a kitty, to terminals that take no harm from them.
    package static func questions(kitty: [UInt8]) -> [UInt8] {
        EscapeSequences.askVersion + EscapeSequences.askKeyboardReports + EscapeSequences.askSynchronisedOutput
            + EscapeSequences.askTextAreaPixels + EscapeSequences.askCellPixels + PixelSequences.askSixelColours + kitty
            + EscapeSequences.askDeviceAttributes
    }

    /// Whether a terminal of this type passes over sequences for applications (APC) that it does not know. Old consoles
    /// print them; tmux and screen take them for a title.
    package static func mayAskKitty(term: String) -> Bool {
        !["linux", "vt", "tmux", "screen", "cons", "sun", "wsvt", "dumb"].contains(where: term.hasPrefix)
    }

    /// Name and version, in lower case.
    package private(set) var version: String?
    package private(set) var isFinished = false
    private var sixelColours = 256
    private var kittyCan: Set<Int> = []
    private var hasSixels = false

    package init() {}

    /// Takes an answer; what it says about the profile goes into it. `cell` is the size of a cell in pixels, as far as it
    /// is known.
    package mutating func take(
        _ reply: TerminalReply, _ profile: inout TerminalProfile, asked options: Wishes, cell: PixelSize?
    ) {
        switch reply {
        case .version(let text):
            version = text.lowercased()
            if options.glyphs == nil, let glyphs = TerminalTable.glyphs(ofVersion: version ?? "") {
                profile.glyphs = glyphs
            }
            if options.colours == nil, TerminalTable.hasTruecolor(version: version ?? "") {
                profile.colours = .truecolor
            }
            profile.hasRepeat = profile.hasRepeat || TerminalTable.hasRepeat(version: version ?? "")
        case .mode(number: 2026, let state): profile.hasSynchronisedOutput = state == 1 || state == 2
        case .sixelColours(let count): sixelColours = count.clamped(to: 2...256)
        case .kittyGraphics(let number, isPossible: true): kittyCan.insert(number)
        case .deviceAttributes(let attributes):
            hasSixels = attributes.dropFirst().contains(4)
            isFinished = true
        default: break
        }
        if isFinished { choosePixels(&profile, options, cell: cell) }
    }

    /// Pixels where the terminal has them, unless something else was asked for.
    private func choosePixels(_ profile: inout TerminalProfile, _ options: Wishes, cell: PixelSize?) {
        guard let format = options.pixels ?? (options.glyphs == nil ? offered(profile, cell) : nil) else { return }
        var screen = PixelScreen(
            format, cell: cell ?? PixelScreen.usualCell, colours: sixelColours, isAsked: options.pixels != nil)
        if kittyCan.contains(PixelSequences.KittyQuestion.sharedMemory.rawValue) {
            screen.transfer = .sharedMemory
        } else if kittyCan.contains(PixelSequences.KittyQuestion.temporaryFile.rawValue) {
            screen.transfer = .temporaryFile
        }
        profile.pixels = screen
    }

    private func offered(_ profile: TerminalProfile, _ cell: PixelSize?) -> PixelScreen.Format? {
        guard profile.colours != .none else { return nil }
        if kittyCan.contains(PixelSequences.KittyQuestion.inline.rawValue) { return .kitty }
        if let version, TerminalTable.hasITermImages(version: version) { return .iterm }
        return hasSixels && cell != nil ? .sixel : nil
    }

    /// What the user asked for, which no answer changes.
    package struct Wishes: Sendable {
        package var glyphs: GlyphSet?
        package var pixels: PixelScreen.Format?
        package var colours: ColourMode?

        package init(glyphs: GlyphSet?, pixels: PixelScreen.Format? = nil, colours: ColourMode?) {
            self.glyphs = glyphs
            self.pixels = pixels
            self.colours = colours
        }
    }
}

/// What is known of terminals by name.
package enum TerminalTable {
    /// Which glyphs terminals draw themselves or have in any usual font, by what they call themselves (XTVERSION).
    private static let byVersion: [(name: String, from: [Int], glyphs: GlyphSet)] = [
        ("kitty", [0, 40], .best), ("kitty", [0, 20], .sextant),
        ("ghostty", [1, 2], .best), ("ghostty", [0], .sextant),
        ("foot", [1, 21], .best), ("foot", [1, 8], .sextant),
        ("wezterm", [20_250_000], .best), ("wezterm", [0], .sextant),
        ("contour", [0, 3], .sextant),
        ("vte", [7_800], .best), ("vte", [5_800], .sextant),
        ("alacritty", [0], .sextant),
        ("rio", [0], .sextant),
        ("konsole", [22], .quadrant),
        ("iterm2", [0], .quadrant),
        ("xterm", [0], .quadrant),
        ("mintty", [0], .quadrant),
        ("tmux", [0], .quadrant),
    ]

    package static func glyphs(ofVersion version: String) -> GlyphSet? {
        let numbers = self.numbers(in: version)
        return byVersion.first { version.hasPrefix($0.name) && !numbers.lexicographicallyPrecedes($0.from) }?.glyphs
    }

    /// By `TERM` and `TERM_PROGRAM`, before the terminal was asked.
    package static func glyphs(term: String, program: String) -> GlyphSet {
        let known: [(String, GlyphSet)] = [
            ("xterm-kitty", .sextant), ("xterm-ghostty", .sextant), ("foot", .sextant), ("wezterm", .sextant),
            ("alacritty", .sextant), ("contour", .sextant), ("tmux", .quadrant), ("screen", .quadrant),
            ("xterm", .quadrant), ("linux", .half),
        ]
        if program == "Apple_Terminal" { return .quadrant }
        return known.first { term.hasPrefix($0.0) }?.1 ?? .half
    }

    package static func hasTruecolor(version: String) -> Bool {
        [
            "kitty", "ghostty", "foot", "wezterm", "contour", "vte", "alacritty", "rio", "konsole", "iterm2", "mintty",
            "xterm",
        ].contains(where: version.hasPrefix)
    }

    package static func hasITermImages(version: String) -> Bool {
        ["iterm2", "wezterm", "mintty"].contains(where: version.hasPrefix)
    }

    package static func hasRepeat(version: String) -> Bool {
        ["xterm", "kitty", "ghostty", "foot", "wezterm", "vte", "konsole", "contour", "tmux"]
            .contains(where: version.hasPrefix)
    }

    /// `kitty(0.26.5)` is 0, 26, 5.
    private static func numbers(in version: String) -> [Int] {
        let digits = version.drop { !$0.isNumber }
        return digits.split { !$0.isASCII || !$0.isNumber }.prefix(3).compactMap { Int($0.prefix(9)) }
    }
}
