import Media

/// Something that came from the terminal.
package enum InputEvent: Equatable, Sendable {
    case key(KeyEvent)
    case mouse(MouseEvent)
    /// Text pasted as a whole; it may contain anything.
    case paste(String)
    /// Whether the terminal's window has the keyboard.
    case focus(Bool)
    case reply(TerminalReply)
}

package struct KeyEvent: Hashable, Sendable {
    package enum Code: Hashable, Sendable {
        case character(Unicode.Scalar)
        case enter, tab, backspace, escape, insert, delete
        case up, down, left, right, home, end, pageUp, pageDown
        case function(Int)
    }

    package enum Kind: Hashable, Sendable {
        case press, `repeat`, release
    }

    package var code: Code
    package var modifiers: Modifiers
    package var kind: Kind

    package init(_ code: Code, _ modifiers: Modifiers = [], _ kind: Kind = .press) {
        self.code = code
        self.modifiers = modifiers
        self.kind = kind
    }
}

/// Keys held down with another; the bits are those of xterm's modifier parameter less one.
package struct Modifiers: OptionSet, Hashable, Sendable {
    package let rawValue: UInt8
    package init(rawValue: UInt8) { self.rawValue = rawValue }

    package static let shift = Modifiers(rawValue: 1)
    package static let alt = Modifiers(rawValue: 2)
    package static let control = Modifiers(rawValue: 4)
    package static let `super` = Modifiers(rawValue: 8)
}

package struct MouseEvent: Hashable, Sendable {
    package enum Button: Hashable, Sendable {
        case left, middle, right, wheelUp, wheelDown, none
    }

    package enum Kind: Hashable, Sendable {
        case press, release, move
    }

    package var button: Button
    package var kind: Kind
    package var position: CellPosition
    package var modifiers: Modifiers

    package init(_ button: Button, _ kind: Kind, at position: CellPosition, _ modifiers: Modifiers = []) {
        self.button = button
        self.kind = kind
        self.position = position
        self.modifiers = modifiers
    }
}

/// The terminal's answer to a question of `EscapeSequences`.
package enum TerminalReply: Hashable, Sendable {
    /// DA1: answered by every terminal.
    case deviceAttributes([Int])
    /// DECRPM: 1 and 2 are settable modes, 0 is an unknown one, 3 and 4 are fixed.
    case mode(number: Int, state: Int)
    case cursor(CellPosition)
    /// DSR: everything before the question has been drawn.
    case status
    /// XTVERSION: name and version, as `kitty(0.26.5)` or `tmux 3.3a`.
    case version(String)
    /// The kitty keyboard flags in force.
    case keyboardFlags(Int)
    case textAreaPixels(PixelSize)
    case cellPixels(PixelSize)
    /// XTSMGRAPHICS: how many colours a sixel picture may have.
    case sixelColours(Int)
    /// Whether a kitty can show pictures in the way asked with this number.
    case kittyGraphics(number: Int, isPossible: Bool)
    /// OSC 11.
    case background(Colour)
}
