import TerminalGraphics
import Testing

@testable import TerminalIO

@Suite struct TerminalDescriptionTests {
    @Test(
        arguments: [
            (["TERM": "xterm-256color"], 256, ColourMode.palette256),
            (["TERM": "xterm-256color", "COLORTERM": "truecolor"], 256, .truecolor),
            (["TERM": "xterm-256color", "COLORTERM": "24bit", "NO_COLOR": "1"], 256, .none),
            (["TERM": "xterm", "NO_COLOR": ""], 8, .palette16),
            (["TERM": "vt100"], -1, .none), (["TERM": "xterm-kitty"], 256, .truecolor),
            (["TERM": "xterm-direct"], 16_777_216, .truecolor),
        ] as [([String: String], Int, ColourMode)])
    func coloursComeFromEnvironmentAndTerminfo(environment: [String: String], colours: Int, expected: ColourMode) {
        let terminfo = TerminalDescription.Terminfo(colours: colours, isDirect: false)
        #expect(TerminalDescription.profile(terminfo: terminfo) { environment[$0] }.colours == expected)
    }

    @Test(
        arguments: [
            (["LANG": "C.UTF-8"], true), (["LANG": "de_DE.utf8"], true), (["LANG": "C"], false),
            (["LANG": "en_US.ISO-8859-1"], false),
            (["LC_ALL": "POSIX", "LANG": "C.UTF-8"], false), ([:], true), (["TERM": "vt220"], false),
            (["LC_ALL": "", "LANG": "C.UTF-8"], true),
        ] as [([String: String], Bool)])
    func unicodeComesFromTheLocale(environment: [String: String], expected: Bool) {
        let terminfo = TerminalDescription.Terminfo(colours: 8, isDirect: false)
        #expect(TerminalDescription.profile(terminfo: terminfo) { environment[$0] }.isUnicode == expected)
    }
}
