import Media
import Primitives
import Testing

@testable import TerminalGraphics

private func key(_ code: KeyEvent.Code, _ modifiers: Modifiers = [], _ kind: KeyEvent.Kind = .press) -> InputEvent {
    .key(KeyEvent(code, modifiers, kind))
}

private func mouse(
    _ button: MouseEvent.Button, _ kind: MouseEvent.Kind, _ row: Int, _ column: Int, _ modifiers: Modifiers = []
) -> InputEvent {
    .mouse(MouseEvent(button, kind, at: CellPosition(row: row, column: column), modifiers))
}

private func parsed(_ text: String) -> [InputEvent] {
    var parser = InputParser()
    return parser.receive([UInt8](text.utf8), now: .zero)
}

@Suite struct InputParserTests {
    static let rows: [(String, [InputEvent])] = [
        // Text and single keys
        ("a", [key(.character("a"))]), ("é小👍", [key(.character("é")), key(.character("小")), key(.character("👍"))]),
        ("\r", [key(.enter)]), ("\t", [key(.tab)]), ("\u{7f}", [key(.backspace)]), ("\u{8}", [key(.backspace)]),
        ("\u{3}", [key(.character("c"), .control)]), ("\u{0}", [key(.character(" "), .control)]),
        ("\u{1c}", [key(.character("\\"), .control)]),
        ("\u{1b}x", [key(.character("x"), .alt)]), ("\u{1b}\u{7f}", [key(.backspace, .alt)]),
        ("\u{1b}\u{1b}[A", [key(.escape), key(.up)]),
        // Cursor and function keys
        ("\u{1b}[A\u{1b}OB", [key(.up), key(.down)]), ("\u{1b}[1;5C", [key(.right, .control)]),
        ("\u{1b}[H\u{1b}[4~\u{1b}[7~", [key(.home), key(.end), key(.home)]),
        ("\u{1b}[5~\u{1b}[6;2~", [key(.pageUp), key(.pageDown, .shift)]), ("\u{1b}[3~", [key(.delete)]),
        ("\u{1b}OP\u{1b}[15~\u{1b}[24~", [key(.function(1)), key(.function(5)), key(.function(12))]),
        ("\u{1b}[[B", [key(.function(2))]), ("\u{1b}[Z", [key(.tab, .shift)]),
        ("\u{1b}[1;2R", [key(.function(3), .shift)]),
        ("\u{1b}OM\u{1b}Oj", [key(.enter), key(.character("*"))]),
        ("\u{1b}[27;5;9~", [key(.tab, .control)]),
        // Kitty's protocol
        ("\u{1b}[97u", [key(.character("a"))]), ("\u{1b}[97;1:3u", [key(.character("a"), [], .release)]),
        ("\u{1b}[32;1:2u", [key(.character(" "), [], .repeat)]), ("\u{1b}[97:65;2;65u", [key(.character("A"))]),
        ("\u{1b}[97;2u", [key(.character("A"))]), ("\u{1b}[49:33;2u", [key(.character("!"))]),
        ("\u{1b}[99;5u", [key(.character("c"), .control)]), ("\u{1b}[13;1:1u", [key(.enter)]),
        ("\u{1b}[27u", [key(.escape)]),
        ("\u{1b}[127;3u", [key(.backspace, .alt)]), ("\u{1b}[57441;2u", []), ("\u{1b}[57400u", [key(.character("1"))]),
        ("\u{1b}[57417;1:3u", [key(.left, [], .release)]), ("\u{1b}[1;1:3A", [key(.up, [], .release)]),
        ("\u{1b}[97;129u", [key(.character("a"))]),  // Num Lock is on
        // Mouse
        ("\u{1b}[<0;10;5M", [mouse(.left, .press, 4, 9)]), ("\u{1b}[<0;10;5m", [mouse(.left, .release, 4, 9)]),
        ("\u{1b}[<64;300;200M", [mouse(.wheelUp, .press, 199, 299)]),
        ("\u{1b}[<65;1;1M", [mouse(.wheelDown, .press, 0, 0)]),
        ("\u{1b}[<34;2;3M", [mouse(.right, .move, 2, 1)]),
        ("\u{1b}[<20;1;1M", [mouse(.left, .press, 0, 0, [.shift, .control])]),
        ("\u{1b}[M !!", [mouse(.left, .press, 0, 0)]), ("\u{1b}[M#*%", [mouse(.none, .release, 4, 9)]),
        ("\u{1b}[32;10;5M", [mouse(.left, .press, 4, 9)]),
        // Paste and focus
        ("\u{1b}[200~a\u{1b}[31m\rb\u{1b}[201~c", [.paste("a\u{1b}[31m\rb"), key(.character("c"))]),
        ("\u{1b}[I\u{1b}[O", [.focus(true), .focus(false)]),
        // Answers
        ("\u{1b}[?62;4;22c", [.reply(.deviceAttributes([62, 4, 22]))]),
        ("\u{1b}[?2026;2$y", [.reply(.mode(number: 2026, state: 2))]), ("\u{1b}[?11u", [.reply(.keyboardFlags(11))]),
        ("\u{1b}[4;600;800t", [.reply(.textAreaPixels(PixelSize(800, 600)))]),
        ("\u{1b}[6;20;10t", [.reply(.cellPixels(PixelSize(10, 20)))]),
        ("\u{1b}[12;40R", [.reply(.cursor(CellPosition(row: 11, column: 39)))]),
        ("\u{1b}]11;rgb:ffff/8080/0000\u{1b}\\", [.reply(.background(Colour(0xff8000)))]),
        ("\u{1b}]11;rgb:ff/80/00\u{7}x", [.reply(.background(Colour(0xff8000))), key(.character("x"))]),
        ("\u{1b}P>|XTerm(379)\u{1b}\\y", [.reply(.version("XTerm(379)")), key(.character("y"))]),
        ("\u{1b}[>0;276;0c", []),
        // Nonsense
        ("\u{1b}[?12$;x\u{1b}[<1;M\u{1b}[4;0;0tz", [key(.character("z"))]),
        (
            "\u{1b}[99999999999999999999;99999999999999999999Hk",
            [key(.home, [.alt, .control, .super]), key(.character("k"))]
        ),
    ]

    @Test(arguments: rows.indices)
    func understands(row: Int) {
        #expect(parsed(Self.rows[row].0) == Self.rows[row].1)
    }

    /// However the bytes are torn apart, the same events come.
    @Test func piecesDoNotMatter() {
        let all = Self.rows.map(\.0).joined()
        let whole = parsed(all)
        var parser = InputParser()
        #expect([UInt8](all.utf8).flatMap { parser.receive([$0], now: .zero) } == whole)
    }

    @Test func loneEscapeIsAKeyAfterAWhile() {
        var parser = InputParser()
        #expect(parser.receive([0x1b], now: .zero) == [])
        #expect(parser.nextDeadline == .milliseconds(40))
        #expect(parser.handleTimeout(now: .milliseconds(39)) == [])
        #expect(parser.handleTimeout(now: .milliseconds(40)) == [key(.escape)])
        #expect(parser.nextDeadline == nil)
        #expect(parser.receive([0x1b, UInt8(ascii: "[")], now: .zero) == [])
        #expect(parser.handleTimeout(now: .milliseconds(50)) == [key(.character("["), .alt)])
    }

    @Test func slowSequencesAreWaitedFor() {
        var parser = InputParser()
        #expect(parser.receive([UInt8]("\u{1b}[1;".utf8), now: .zero) == [])
        #expect(parser.handleTimeout(now: .milliseconds(500)) == [])
        #expect(parser.receive([UInt8]("5A".utf8), now: .milliseconds(600)) == [key(.up, .control)])
    }

    @Test(
        arguments: [
            [0xff], [0xc3, 0x28], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xc2, 0x9b],
            [0x80],
        ] as [[UInt8]])
    func badTextBecomesAReplacement(bytes: [UInt8]) {
        var parser = InputParser()
        let events = parser.receive(bytes, now: .zero)
        #expect(events.first == key(.character("\u{fffd}")))
    }

    @Test func garbageNeverTraps() {
        var random = SeededGenerator(seed: 3)
        let pieces = Self.rows.map { [UInt8]($0.0.utf8) }
        var parser = InputParser()
        for round in 0..<6_000 {
            var bytes = pieces.randomElement(using: &random)!
            for _ in 0..<Int.random(in: 0...6, using: &random) {
                let at = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[at] = .random(in: 0...255, using: &random)
                case 1: bytes.insert(UInt8(ascii: "9"), at: at)
                default: bytes.remove(at: at)
                }
                if bytes.isEmpty { break }
            }
            _ = parser.receive(bytes, now: .milliseconds(Int64(round)))
            if round % 7 == 0 { _ = parser.handleTimeout(now: .milliseconds(Int64(round) + 2_000)) }
        }
        _ = parser.handleTimeout(now: .milliseconds(1_000_000))
        #expect(parser.receive([UInt8(ascii: "a")], now: .zero) == [key(.character("a"))])
    }

    @Test func endlessPastesAndStringsStayBounded() {
        var parser = InputParser()
        _ = parser.receive([UInt8]("\u{1b}[200~".utf8), now: .zero)
        _ = parser.receive([UInt8](repeating: 0x61, count: 600_000), now: .zero)
        guard case .paste(let text) = parser.receive([UInt8]("\u{1b}[201~".utf8), now: .zero).first else {
            Issue.record("no paste")
            return
        }
        #expect(text.utf8.count <= 262_144)
        _ = parser.receive([UInt8]("\u{1b}]52;".utf8) + [UInt8](repeating: 0x61, count: 100_000), now: .zero)
        #expect(parser.receive([7, 0x62], now: .zero) == [key(.character("b"))])
    }
}
