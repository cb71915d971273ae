import TerminalGraphics

@testable import TerminalGraphics

/// A terminal that understands what `ScreenWriter` sends and nothing else; anything else is remembered as a fault.
struct TinyTerminal {
    /// What a person sees in a cell.
    enum Look: Hashable {
        /// Two pixels, one above the other.
        case pixels(String, String)
        case glyph(String, foreground: String, background: String, attributes: UInt8)
        case rightHalf
    }

    private(set) var size: CellSize
    private(set) var looks: [Look]
    private(set) var cursorIsShown = true
    private(set) var position = CellPosition(row: 0, column: 0)
    private(set) var faults: [String] = []
    private(set) var isInFrame = false
    private var last: Unicode.Scalar = " "
    private var foreground = "default"
    private var background = "none"
    private var attributes: UInt8 = 0

    init(_ size: CellSize) {
        self.size = size
        looks = Array(repeating: .pixels("none", "none"), count: size.columns * size.rows)
    }

    static func look(_ text: String, _ foreground: String, _ background: String, _ attributes: UInt8) -> Look {
        guard attributes == 0 else {
            return .glyph(text, foreground: foreground, background: background, attributes: attributes)
        }
        return switch text {
        case " ": .pixels(background, background)
        case "▀": .pixels(foreground, background)
        case "▄": .pixels(background, foreground)
        default: .glyph(text, foreground: foreground, background: background, attributes: 0)
        }
    }

    mutating func resize(_ size: CellSize) { self = TinyTerminal(size) }

    mutating func receive(_ bytes: [UInt8]) {
        var rest = String(decoding: bytes, as: UTF8.self).unicodeScalars[...]
        while let scalar = rest.popFirst() {
            switch scalar {
            case "\u{1b}": takeSequence(&rest)
            case "\r": position.column = 0
            case "\n": position.row == size.rows - 1 ? fault("scrolled") : (position.row += 1)
            case "\u{8}": position.column > 0 ? (position.column -= 1) : fault("backspace at the edge")
            default: put(scalar, &rest)
            }
        }
    }

    private mutating func fault(_ text: String) { faults.append(text) }

    private mutating func put(_ scalar: Unicode.Scalar, _ rest: inout Substring.UnicodeScalarView) {
        guard scalar.value >= 0x20, !(0x7f..<0xa0 ~= scalar.value) else { return fault("control \(scalar.value)") }
        last = scalar
        var text = String(Character(scalar))
        while let next = rest.first, next != "\u{1b}", next.value >= 0x300, (text + String(next)).count == 1 {
            text.unicodeScalars.append(next)
            rest.removeFirst()
        }
        let width = TextWidth.of(text)
        guard position.column + width <= size.columns, position.row < size.rows else { return fault("outside") }
        for column in position.column..<position.column + width { clearHalf(position.row * size.columns + column) }
        let at = position.row * size.columns + position.column
        looks[at] = Self.look(text, foreground, background, attributes)
        if width == 2 { looks[at + 1] = .rightHalf }
        position.column = min(position.column + width, size.columns - 1)
    }

    /// What overwrites one half of a wide glyph blanks the other.
    private mutating func clearHalf(_ at: Int) {
        let blank = Look.pixels("clipped", "clipped")
        if looks[at] == .rightHalf { looks[at - 1] = blank }
        if at + 1 < looks.count, at % size.columns + 1 < size.columns, looks[at + 1] == .rightHalf {
            looks[at + 1] = blank
        }
    }

    private mutating func takeSequence(_ rest: inout Substring.UnicodeScalarView) {
        guard rest.popFirst() == "[" else { return fault("not CSI") }
        var text = ""
        while let next = rest.popFirst() {
            if 0x40...0x7e ~= next.value { return finish(text, final: Character(next)) }
            text.unicodeScalars.append(next)
        }
        fault("unfinished sequence")
    }

    private mutating func finish(_ text: String, final: Character) {
        let numbers = text.split(separator: ";", omittingEmptySubsequences: false).map { Int($0) }
        let first = numbers.first.flatMap { $0 } ?? 0
        switch (final, text) {
        case ("h", "?2026"): isInFrame ? fault("frame in frame") : (isInFrame = true)
        case ("l", "?2026"): isInFrame = false
        case ("h", "?25"): cursorIsShown = true
        case ("l", "?25"): cursorIsShown = false
        case ("J", "2"): looks = Array(repeating: .pixels(background, background), count: looks.count)
        case ("H", _):
            let column = numbers.count > 1 ? numbers[1] ?? 1 : 1
            position = CellPosition(row: max(1, first) - 1, column: column - 1)
        case ("b", _):
            var none = Substring.UnicodeScalarView()
            for _ in 0..<first { put(last, &none) }
        case ("C", _): position.column += max(1, first)
        case ("D", _): position.column -= max(1, first)
        case ("m", _): style(numbers.map { $0 ?? 0 })
        default: fault("unknown \(text)\(final)")
        }
    }

    private mutating func style(_ numbers: [Int]) {
        var rest = numbers[...]
        while let number = rest.popFirst() {
            switch number {
            case 0: (foreground, background, attributes) = ("default", "none", 0)
            case 1: attributes |= 1
            case 2: attributes |= 2
            case 3: attributes |= 4
            case 4: attributes |= 8
            case 7: attributes |= 16
            case 30...37, 90...97: foreground = "\(number < 90 ? number - 30 : number - 82)"
            case 40...47, 100...107: background = "\(number < 100 ? number - 40 : number - 92)"
            case 39: foreground = "default"
            case 49: background = "none"
            case 38: foreground = colour(&rest)
            case 48: background = colour(&rest)
            default: fault("style \(number)")
            }
        }
    }

    private mutating func colour(_ rest: inout ArraySlice<Int>) -> String {
        switch rest.popFirst() {
        case 5: return "\(rest.popFirst() ?? -1)"
        case 2: return "\(rest.popFirst() ?? -1),\(rest.popFirst() ?? -1),\(rest.popFirst() ?? -1)"
        default:
            fault("colour")
            return ""
        }
    }
}

extension CellGrid {
    /// What a person shall see on a terminal with these colours.
    func looks(_ mode: ColourMode) -> [TinyTerminal.Look] {
        func name(_ colour: Colour, _ standard: String) -> String {
            guard !colour.isStandard else { return standard }
            switch mode {
            case .truecolor: return "\(colour.red),\(colour.green),\(colour.blue)"
            case .palette256: return "\(Palette.xterm256.index(of: colour))"
            case .palette16: return "\(Palette.ansi16.index(of: colour))"
            case .none: return standard
            }
        }
        var looks: [TinyTerminal.Look] = []
        for index in cells.indices {
            let cell = cells[index]
            let column = index % size.columns
            let isCoveredRightHalf = cell.isContinuation && column > 0 && cells[index - 1].isWide
            let isWhole = !cell.isWide || column + 1 < size.columns && cells[index + 1].isContinuation
            let style = cell.style
            if isCoveredRightHalf {
                looks.append(.rightHalf)
            } else {
                let text = isWhole && !cell.isContinuation ? cell.text : " "
                looks.append(
                    TinyTerminal.look(
                        text, name(style.foreground, "default"), name(style.background, "none"),
                        style.attributes.rawValue))
            }
        }
        return looks
    }
}
