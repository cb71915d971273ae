import Media
import Primitives

/// Reads what a terminal sends: keys in the old and in kitty's coding, UTF-8 text, mouse, paste, focus, and answers.
///
/// Bytes may come in any pieces. A lone Escape is told from the beginning of a sequence by time: `handleTimeout` has to
/// be called at `nextDeadline`. What makes no sense is dropped.
package struct InputParser: Sendable {
    private enum State: Sendable {
        case ground
        /// In the middle of a UTF-8 character.
        case text(bytes: Int, value: UInt32)
        case escape
        /// After `ESC O`.
        case singleShift
        /// After `ESC [`; the bytes since then are in `sequence`.
        case control
        /// The three bytes of an old mouse report.
        case oldMouse
        /// OSC, DCS, APC, PM or SOS; the bytes since then are in `sequence`.
        case string(kind: UInt8)
        /// An Escape within a string: its end begins.
        case stringEscape(kind: UInt8)
        case paste
    }

    /// How long after an Escape more of a sequence may come; over slow lines sequences are torn apart.
    private static let escapeTime = Duration.milliseconds(40)
    /// How long a sequence may stay unfinished.
    private static let sequenceTime = Duration.milliseconds(1_000)
    private static let longestSequence = 4_096
    private static let longestPaste = 262_144
    private static let pasteEnd = [UInt8]("\u{1b}[201~".utf8)

    private var state = State.ground
    private var sequence: [UInt8] = []
    private var events: [InputEvent] = []
    package private(set) var nextDeadline: Instant?

    package init() {}

    /// What the bytes complete, in order.
    package mutating func receive(_ bytes: some Sequence<UInt8>, now: Instant) -> [InputEvent] {
        for byte in bytes { take(byte) }
        switch state {
        case .ground: nextDeadline = nil
        case .escape: nextDeadline = now + Self.escapeTime
        case .control where sequence.isEmpty, .singleShift: nextDeadline = now + Self.escapeTime
        default: nextDeadline = now + Self.sequenceTime
        }
        return takeEvents()
    }

    /// Gives up waiting for the rest of a sequence.
    package mutating func handleTimeout(now: Instant) -> [InputEvent] {
        guard let deadline = nextDeadline, deadline <= now else { return [] }
        nextDeadline = nil
        switch state {
        case .escape: key(.escape)
        case .control where sequence.isEmpty: key(.character("["), .alt)
        case .singleShift: key(.character("O"), .alt)
        case .text: text(0xfffd)
        case .paste: finishPaste()
        default: break
        }
        state = .ground
        sequence = []
        return takeEvents()
    }

    private mutating func takeEvents() -> [InputEvent] {
        defer { events = [] }
        return events
    }

    private mutating func take(_ byte: UInt8) {
        switch state {
        case .ground: takeGround(byte)
        case .text(let bytes, let value): takeText(byte, bytes: bytes, value: value)
        case .escape: takeEscape(byte)
        case .singleShift: takeSingleShift(byte)
        case .control: takeControl(byte)
        case .oldMouse: takeOldMouse(byte)
        case .string(let kind): takeString(byte, kind: kind)
        case .stringEscape(let kind): takeStringEscape(byte, kind: kind)
        case .paste: takePaste(byte)
        }
    }

    // MARK: Text and single keys

    private mutating func takeGround(_ byte: UInt8) {
        switch byte {
        case 0x1b: state = .escape
        case 0..<0x20, 0x7f: controlKey(byte, [])
        case 0x20..<0x7f: key(.character(Unicode.Scalar(byte)))
        case 0xc2...0xdf: state = .text(bytes: 1, value: UInt32(byte & 0x1f))
        case 0xe0...0xef: state = .text(bytes: 2, value: UInt32(byte & 0x0f))
        case 0xf0...0xf4: state = .text(bytes: 3, value: UInt32(byte & 0x07))
        default: text(0xfffd)
        }
    }

    private mutating func takeText(_ byte: UInt8, bytes: Int, value: UInt32) {
        guard 0x80...0xbf ~= byte else {
            state = .ground
            text(0xfffd)
            takeGround(byte)
            return
        }
        let value = value << 6 | UInt32(byte & 0x3f)
        if bytes > 1 {
            state = .text(bytes: bytes - 1, value: value)
        } else {
            state = .ground
            text(value < 0xa0 ? 0xfffd : value)  // overlong forms and C1 controls
        }
    }

    private mutating func text(_ value: UInt32, _ modifiers: Modifiers = []) {
        key(.character(Unicode.Scalar(value) ?? "\u{fffd}"), modifiers)
    }

    private mutating func controlKey(_ byte: UInt8, _ modifiers: Modifiers) {
        switch byte {
        case 0x0d, 0x0a: key(.enter, modifiers)
        case 0x09: key(.tab, modifiers)
        case 0x08, 0x7f: key(.backspace, modifiers)
        case 0x00: key(.character(" "), modifiers.union(.control))
        case 0x01...0x1a: key(.character(Unicode.Scalar(byte + 0x60)), modifiers.union(.control))
        default: key(.character(Unicode.Scalar(byte + 0x40)), modifiers.union(.control))  // C-\ C-] C-^ C-_
        }
    }

    private mutating func key(_ code: KeyEvent.Code, _ modifiers: Modifiers = [], _ kind: KeyEvent.Kind = .press) {
        events.append(.key(KeyEvent(code, modifiers, kind)))
    }

    private mutating func takeEscape(_ byte: UInt8) {
        state = .ground
        sequence = []
        switch byte {
        case UInt8(ascii: "["): state = .control
        case UInt8(ascii: "O"): state = .singleShift
        case UInt8(ascii: "]"), UInt8(ascii: "P"), UInt8(ascii: "_"), UInt8(ascii: "^"), UInt8(ascii: "X"):
            state = .string(kind: byte)
        case 0x1b:
            key(.escape)
            state = .escape
        case 0..<0x20, 0x7f: controlKey(byte, .alt)
        case 0x20..<0x7f: key(.character(Unicode.Scalar(byte)), .alt)
        default: takeGround(byte)
        }
    }

    private mutating func takeSingleShift(_ byte: UInt8) {
        state = .ground
        switch byte {
        case 0x1b:
            key(.character("O"), .alt)
            state = .escape
        case UInt8(ascii: "M"): key(.enter)
        case UInt8(ascii: "j")...UInt8(ascii: "y"): key(.character(Unicode.Scalar(byte - 0x40)))  // keypad
        default: if let code = ControlSequence.letterKey(byte) { key(code) }
        }
    }

    // MARK: Sequences

    private mutating func takeControl(_ byte: UInt8) {
        switch byte {
        case 0x1b:
            state = .escape
        case UInt8(ascii: "M") where sequence.isEmpty:
            state = .oldMouse
        case UInt8(ascii: "[") where sequence.isEmpty:  // the Linux console's F1 to F5: ESC [ [ A
            sequence.append(byte)
        case 0x40...0x7e:
            state = .ground
            finishControl(final: byte)
        case 0x20...0x3f where sequence.count < Self.longestSequence:
            sequence.append(byte)
        default:
            state = .ground
        }
    }

    private mutating func finishControl(final: UInt8) {
        let parsed = ControlSequence(sequence, final: final)
        sequence = []
        if parsed.isPasteStart {
            state = .paste
        } else if let event = parsed.event {
            events.append(event)
        }
    }

    private mutating func takeOldMouse(_ byte: UInt8) {
        sequence.append(byte)
        guard sequence.count == 3 else { return }
        let report = sequence.map { Int($0) - 32 }
        state = .ground
        sequence = []
        guard report[0] >= 0 else { return }
        let isRelease = report[0] & 3 == 3 && report[0] & 64 == 0
        let event = ControlSequence.mouse(
            code: report[0], column: report[1] - 1, row: report[2] - 1, isRelease: isRelease && report[0] & 32 == 0)
        events.append(.mouse(event))
    }

    private mutating func takeString(_ byte: UInt8, kind: UInt8) {
        switch byte {
        case 0x1b: state = .stringEscape(kind: kind)
        case 0x07: finishString(kind: kind)
        case 0x18, 0x1a: state = .ground
        default:
            if sequence.count < Self.longestSequence { sequence.append(byte) }
        }
    }

    private mutating func takeStringEscape(_ byte: UInt8, kind: UInt8) {
        finishString(kind: kind)
        guard byte != UInt8(ascii: "\\") else { return }
        takeEscape(byte)
    }

    private mutating func finishString(kind: UInt8) {
        state = .ground
        let reply: TerminalReply? =
            switch kind {
            case UInt8(ascii: "]"): ControlSequence.operatingSystemReply(sequence)
            case UInt8(ascii: "P"): ControlSequence.deviceControlReply(sequence)
            case UInt8(ascii: "_"): ControlSequence.applicationReply(sequence)
            default: nil
            }
        if let reply { events.append(.reply(reply)) }
        sequence = []
    }

    // MARK: Paste

    private mutating func takePaste(_ byte: UInt8) {
        sequence.append(byte)
        if byte == UInt8(ascii: "~"), sequence.suffix(Self.pasteEnd.count).elementsEqual(Self.pasteEnd) {
            sequence.removeLast(Self.pasteEnd.count)
            finishPaste()
        } else if sequence.count > Self.longestPaste {
            sequence.removeFirst(Self.longestPaste / 2)  // what does not fit is dropped, so that its end is still seen
        }
    }

    private mutating func finishPaste() {
        events.append(.paste(String(decoding: sequence, as: UTF8.self)))
        sequence = []
        state = .ground
    }
}
