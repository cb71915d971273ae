import Primitives

/// The byte sequences confab sends to a terminal, each by what it does (ECMA-48, xterm's ctlseqs, and the extensions
/// named at their rows).
package enum EscapeSequences {
    package static let enterAlternateScreen = bytes("\u{1b}[?1049h")
    package static let leaveAlternateScreen = bytes("\u{1b}[?1049l")
    package static let clearScreen = bytes("\u{1b}[2J")
    package static let hideCursor = bytes("\u{1b}[?25l")
    package static let showCursor = bytes("\u{1b}[?25h")
    package static let resetStyle = bytes("\u{1b}[0m")
    /// Without automatic margins the last column can be written like any other.
    package static let automaticMarginsOff = bytes("\u{1b}[?7l")
    package static let automaticMarginsOn = bytes("\u{1b}[?7h")

    /// Presses, releases and drags of buttons, with SGR coding (columns beyond 223).
    package static let mouseOn = bytes("\u{1b}[?1000h\u{1b}[?1002h\u{1b}[?1006h")
    package static let mouseOff = bytes("\u{1b}[?1006l\u{1b}[?1003l\u{1b}[?1002l\u{1b}[?1000l")
    package static let focusReportsOn = bytes("\u{1b}[?1004h")
    package static let focusReportsOff = bytes("\u{1b}[?1004l")
    package static let bracketedPasteOn = bytes("\u{1b}[?2004h")
    package static let bracketedPasteOff = bytes("\u{1b}[?2004l")

    /// Kitty's keyboard protocol: unambiguous keys (1), event types (2), all keys as sequences (8), with their text (16).
    /// Releases of text keys come only with 8.
    package static let keyboardReportsOn = bytes("\u{1b}[>27u")
    package static let keyboardReportsOff = bytes("\u{1b}[<u")

    /// Synchronised output: the terminal shows what lies between the two at once.
    package static let beginFrame = bytes("\u{1b}[?2026h")
    package static let endFrame = bytes("\u{1b}[?2026l")

    /// Questions; each answer is a `TerminalReply`. Primary device attributes are answered by every terminal, so they
    /// come last and end the waiting.
    package static let askSynchronisedOutput = bytes("\u{1b}[?2026$p")
    package static let askKeyboardReports = bytes("\u{1b}[?u")
    package static let askTextAreaPixels = bytes("\u{1b}[14t")
    package static let askCellPixels = bytes("\u{1b}[16t")
    /// Its name and version (XTVERSION).
    package static let askVersion = bytes("\u{1b}[>0q")
    /// Answered once everything before has been drawn (DSR, ECMA-48 §8.3.35).
    package static let askStatus = bytes("\u{1b}[5n")
    package static let askDeviceAttributes = bytes("\u{1b}[c")

    /// Puts text on the clipboard of the person's own machine, through any number of SSH hops (OSC 52).
    package static func copyToClipboard(_ text: String) -> [UInt8] {
        bytes("\u{1b}]52;c;") + Base64.encode([UInt8](text.utf8)) + bytes("\u{1b}\\")
    }

    /// The title of the window; control characters are made visible.
    package static func setTitle(_ title: String) -> [UInt8] {
        bytes("\u{1b}]2;") + bytes(title.controlCharactersVisible) + bytes("\u{1b}\\")
    }

    /// Brings any terminal back from everything above, from the middle of a sequence too; safe to send twice, and to
    /// send without having set up.
    package static let restoreAll =
        bytes("\u{1b}\\") + endFrame + mouseOff + focusReportsOff + bracketedPasteOff + resetStyle + automaticMarginsOn
        + showCursor
        + leaveAlternateScreen

    private static func bytes(_ text: String) -> [UInt8] { [UInt8](text.utf8) }
}

/// Base64 with padding (RFC 4648 §4), as OSC 52 wants it.
enum Base64 {
    private static let alphabet = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    static func encode(_ bytes: [UInt8]) -> [UInt8] {
        var out: [UInt8] = []
        bytes.withUnsafeBufferPointer { append($0, to: &out) }
        return out
    }

    /// Three bytes make four digits; the last group may have less, and is filled up.
    static func append(_ bytes: UnsafeBufferPointer<UInt8>, to out: inout [UInt8]) {
        out.reserveCapacity(out.count + (bytes.count + 2) / 3 * 4)
        alphabet.withUnsafeBufferPointer { digits in
            let whole = bytes.count / 3 * 3
            for start in stride(from: 0, to: whole, by: 3) {
                let bits = UInt32(bytes[start]) << 16 | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2])
                out.append(digits[Int(bits >> 18)])
                out.append(digits[Int(bits >> 12 & 63)])
                out.append(digits[Int(bits >> 6 & 63)])
                out.append(digits[Int(bits & 63)])
            }
            guard whole < bytes.count else { return }
            let second = whole + 1 < bytes.count ? UInt32(bytes[whole + 1]) : 0
            let bits = UInt32(bytes[whole]) << 16 | second << 8
            out.append(digits[Int(bits >> 18)])
            out.append(digits[Int(bits >> 12 & 63)])
            out.append(whole + 1 < bytes.count ? digits[Int(bits >> 6 & 63)] : UInt8(ascii: "="))
            out.append(UInt8(ascii: "="))
        }
    }
}
