import Media
import Primitives

/// A finished control sequence (`ESC [` parameters, intermediates, final byte) and what it means as input.
struct ControlSequence {
    /// `<`, `=`, `>` or `?` in front of the parameters.
    private var prefix: UInt8?
    /// Parameters, each with its sub-parameters; absent ones are nil.
    private var parameters: [[Int?]] = []
    private var intermediates: [UInt8] = []
    private let final: UInt8

    /// The largest number understood; larger ones stay at it.
    private static let largestNumber = 9_999_999

    init(_ bytes: [UInt8], final: UInt8) {
        self.final = final
        var rest = bytes[...]
        if let first = rest.first, 0x3c...0x3f ~= first || first == UInt8(ascii: "[") {
            prefix = first
            rest = rest.dropFirst()
        }
        intermediates = rest.filter { 0x20...0x2f ~= $0 }
        rest = rest.prefix { !(0x20...0x2f ~= $0) }
        guard !rest.isEmpty else { return }
        parameters = rest.split(separator: UInt8(ascii: ";"), omittingEmptySubsequences: false).map { parameter in
            parameter.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false).map(Self.number)
        }
    }

    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        guard !digits.isEmpty else { return nil }
        return digits.reduce(0) { value, digit in
            0x30...0x39 ~= digit ? min(value * 10 + Int(digit - 0x30), largestNumber) : value
        }
    }

    private func parameter(_ index: Int, _ sub: Int = 0) -> Int? {
        guard index < parameters.count, sub < parameters[index].count else { return nil }
        return parameters[index][sub]
    }

    var isPasteStart: Bool { prefix == nil && final == UInt8(ascii: "~") && parameter(0) == 200 }

    /// Nil for what is unknown or means nothing to us.
    var event: InputEvent? {
        switch prefix {
        case nil: plainEvent
        case UInt8(ascii: "<"): sgrMouse
        case UInt8(ascii: "?"): reply.map(InputEvent.reply)
        case UInt8(ascii: "["): 0x41...0x45 ~= final ? .key(KeyEvent(.function(Int(final) - 0x40))) : nil
        default: nil
        }
    }

    private var plainEvent: InputEvent? {
        switch final {
        case UInt8(ascii: "u"): unicodeKey
        case UInt8(ascii: "~"): tildeKey
        case UInt8(ascii: "I"): .focus(true)
        case UInt8(ascii: "O"): .focus(false)
        case UInt8(ascii: "t"): windowReply
        case UInt8(ascii: "n"): parameter(0) == 0 || parameter(0) == 3 ? .reply(.status) : nil
        case UInt8(ascii: "M"): urxvtMouse
        case UInt8(ascii: "Z"): .key(KeyEvent(.tab, modifiers.union(.shift), kind))
        case UInt8(ascii: "R") where (parameter(0) ?? 1) > 1:  // with row 1 it is F3
            .reply(.cursor(CellPosition(row: (parameter(0) ?? 1) - 1, column: max(1, parameter(1) ?? 1) - 1)))
        default: Self.letterKey(final).map { .key(KeyEvent($0, modifiers, kind)) }
        }
    }

    // MARK: Keys

    private var modifiers: Modifiers {
        // Caps Lock (64) and Num Lock (128) are not held down with a key.
        Modifiers(rawValue: UInt8(truncatingIfNeeded: max(0, (parameter(1) ?? 1) - 1) & 0x0f))
    }

    private var kind: KeyEvent.Kind {
        switch parameter(1, 1) {
        case 2: .repeat
        case 3: .release
        default: .press
        }
    }

    /// The keys that are a letter after `ESC [` or `ESC O`.
    static func letterKey(_ letter: UInt8) -> KeyEvent.Code? {
        switch letter {
        case UInt8(ascii: "A"): .up
        case UInt8(ascii: "B"): .down
        case UInt8(ascii: "C"): .right
        case UInt8(ascii: "D"): .left
        case UInt8(ascii: "F"): .end
        case UInt8(ascii: "H"): .home
        case UInt8(ascii: "P")...UInt8(ascii: "S"): .function(Int(letter) - 0x4f)
        default: nil
        }
    }

    private var tildeKey: InputEvent? {
        let code: KeyEvent.Code? =
            switch parameter(0) {
            case 1, 7: .home
            case 2: .insert
            case 3: .delete
            case 4, 8: .end
            case 5: .pageUp
            case 6: .pageDown
            case .some(let number) where 11...15 ~= number: .function(number - 10)
            case .some(let number) where 17...21 ~= number: .function(number - 11)
            case .some(let number) where 23...26 ~= number: .function(number - 12)
            case .some(let number) where 28...29 ~= number: .function(number - 13)
            case .some(let number) where 31...34 ~= number: .function(number - 14)
            case 27: parameter(2).flatMap(Self.key(unicode:))  // xterm's modifyOtherKeys
            default: nil
            }
        return code.map { .key(KeyEvent($0, modifiers, kind)) }
    }

    /// Kitty's `CSI code:shifted:base ; modifiers:event ; text u`.
    private var unicodeKey: InputEvent? {
        guard let number = parameter(0), var code = Self.key(unicode: number) else { return nil }
        var modifiers = modifiers
        if case .character(let scalar) = code, modifiers.isSubset(of: .shift) {
            // The text the key makes counts, not the key.
            if let text = parameter(2), let typed = Self.scalar(text) {
                code = .character(typed)
                modifiers = []
            } else if modifiers.contains(.shift) {
                let shifted = parameter(0, 1).flatMap(Self.scalar)
                code = .character(shifted ?? scalar.properties.uppercaseMapping.unicodeScalars.first ?? scalar)
                modifiers = []
            }
        }
        return .key(KeyEvent(code, modifiers, kind))
    }

    private static func scalar(_ number: Int) -> Unicode.Scalar? {
        guard number >= 0x20, number != 0x7f, !(0x80..<0xa0 ~= number), number <= 0x10ffff else { return nil }
        return Unicode.Scalar(UInt32(number))
    }

    private static func key(unicode number: Int) -> KeyEvent.Code? {
        switch number {
        case 9: .tab
        case 13, 57_414: .enter
        case 27: .escape
        case 8, 127: .backspace
        case 57_399...57_408: scalar(number - 57_399 + 0x30).map(KeyEvent.Code.character)
        case 57_409...57_413: .character([".", "/", "*", "-", "+"][number - 57_409])
        case 57_417...57_426:
            [.left, .right, .up, .down, .pageUp, .pageDown, .home, .end, .insert, .delete][number - 57_417]
        case 57_344...63_743: nil  // modifier, lock and media keys
        default: scalar(number).map(KeyEvent.Code.character)
        }
    }

    // MARK: Mouse

    private var sgrMouse: InputEvent? {
        guard final == UInt8(ascii: "M") || final == UInt8(ascii: "m"), let code = parameter(0),
            let column = parameter(1), let row = parameter(2)
        else { return nil }
        return .mouse(Self.mouse(code: code, column: column - 1, row: row - 1, isRelease: final == UInt8(ascii: "m")))
    }

    private var urxvtMouse: InputEvent? {
        guard parameters.count == 3, let code = parameter(0), code >= 32, let column = parameter(1),
            let row = parameter(2)
        else { return nil }
        let isRelease = (code - 32) & 0x63 == 3
        return .mouse(Self.mouse(code: code - 32, column: column - 1, row: row - 1, isRelease: isRelease))
    }

    /// `code` as xterm has it: two bits of button, shift 4, alt 8, control 16, motion 32, wheel 64.
    static func mouse(code: Int, column: Int, row: Int, isRelease: Bool) -> MouseEvent {
        let isWheel = code & 64 != 0
        let button: MouseEvent.Button =
            switch (isWheel, code & 3) {
            case (false, 0): .left
            case (false, 1): .middle
            case (false, 2): .right
            case (true, 0): .wheelUp
            case (true, 1): .wheelDown
            default: .none
            }
        return MouseEvent(
            button, isRelease ? .release : code & 32 != 0 ? .move : .press,
            at: CellPosition(row: max(0, row), column: max(0, column)),
            Modifiers(rawValue: UInt8(code >> 2 & 7)))
    }

    // MARK: Answers

    private var reply: TerminalReply? {
        switch (final, intermediates) {
        case (UInt8(ascii: "c"), []): return .deviceAttributes(parameters.compactMap { $0.first ?? nil })
        case (UInt8(ascii: "u"), []): return .keyboardFlags(parameter(0) ?? 0)
        case (UInt8(ascii: "R"), []):
            guard let row = parameter(0), let column = parameter(1) else { return nil }
            return .cursor(CellPosition(row: max(0, row - 1), column: max(0, column - 1)))
        case (UInt8(ascii: "y"), [UInt8(ascii: "$")]):
            guard let number = parameter(0), let state = parameter(1) else { return nil }
            return .mode(number: number, state: state)
        case (UInt8(ascii: "S"), []):
            guard parameter(0) == 1, parameter(1) == 0, let count = parameter(2) else { return nil }
            return .sixelColours(count)
        default: return nil
        }
    }

    private var windowReply: InputEvent? {
        guard let height = parameter(1), let width = parameter(2), height > 0, width > 0 else { return nil }
        switch parameter(0) {
        case 4: return .reply(.textAreaPixels(PixelSize(width, height)))
        case 6: return .reply(.cellPixels(PixelSize(width, height)))
        default: return nil
        }
    }

    /// `11;rgb:RRRR/GGGG/BBBB`, with one to four digits a channel.
    static func operatingSystemReply(_ bytes: [UInt8]) -> TerminalReply? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("11;rgb:") else { return nil }
        let channels = text.dropFirst(7).split(separator: "/", omittingEmptySubsequences: false).map { digits in
            UInt32(digits, radix: 16).flatMap { 1...4 ~= digits.utf8.count ? ($0, digits.utf8.count) : nil }
        }
        guard channels.count == 3 else { return nil }
        var bytes: [UInt8] = []
        for channel in channels {
            guard let (value, digits) = channel else { return nil }
            bytes.append(UInt8(value * 255 / (UInt32(1) << (4 * UInt32(digits)) - 1)))
        }
        return .background(Colour(red: bytes[0], green: bytes[1], blue: bytes[2]))
    }

    /// `Gi=NUMBER;OK`, or why not instead of OK; further keys may stand beside the number.
    static func applicationReply(_ bytes: [UInt8]) -> TerminalReply? {
        let text = String(decoding: bytes, as: UTF8.self)
        guard text.hasPrefix("G"), let end = text.firstIndex(of: ";") else { return nil }
        let keys = text[..<end].dropFirst().split(separator: ",")
        let number = keys.first { $0.hasPrefix("i=") }.flatMap { Int($0.dropFirst(2)) }
        guard let number else { return nil }
        return .kittyGraphics(number: number, isPossible: text[end...] == ";OK")
    }

    /// `>|NAME VERSION`, the answer to XTVERSION.
    static func deviceControlReply(_ bytes: [UInt8]) -> TerminalReply? {
        guard bytes.starts(with: Array(">|".utf8)), bytes.count <= 200 else { return nil }
        return .version(String(decoding: bytes.dropFirst(2), as: UTF8.self))
    }
}
