import Testing

@testable import TerminalGraphics

@Suite struct TextTests {
    @Test(arguments: [
        ("abc", 3), ("小林", 4), ("e\u{301}", 1), ("👍🏽", 2), ("👨‍👩‍👧‍👦", 2), ("🇩🇪", 2), ("❤️", 2), ("한국", 4),
        ("\u{200b}a", 1), ("a\u{1b}b", 3), ("ﬀ", 1), ("", 0), ("①", 1), ("Ａ", 2),
    ])
    func widthIsThatOfTheTerminal(text: String, width: Int) {
        #expect(TextWidth.of(text) == width)
        var grid = CellGrid(CellSize(columns: 20, rows: 1))
        #expect(grid.write(text, row: 0, column: 0) == width)
    }

    @Test(arguments: [
        ("hello", 5, "hello"), ("hello", 4, "hel…"), ("hello", 1, "…"), ("hello", 0, ""), ("小林さ", 4, "小…"),
    ])
    func cutTextEndsInAnEllipsis(text: String, columns: Int, expected: String) {
        #expect(TextWidth.truncated(text, columns: columns) == expected)
    }

    @Test(arguments: [
        ("https://host/room", 17, "https://host/room"), ("https://host/room", 9, "http…room"), ("abcdef", 2, "ab"),
    ])
    func linksAreCutInTheMiddle(text: String, columns: Int, expected: String) {
        #expect(TextWidth.truncatedInMiddle(text, columns: columns) == expected)
    }

    @Test(arguments: [
        ("one two three", 7, ["one two", "three"]), ("abcdefgh", 3, ["abc", "def", "gh"]), ("a\nb", 9, ["a", "b"]),
        ("小林さくら", 4, ["小林", "さく", "ら"]), ("", 5, [""]), ("小", 1, ["小"]),
    ])
    func textIsBrokenAtSpaces(text: String, columns: Int, expected: [String]) {
        #expect(TextWidth.wrapped(text, columns: columns) == expected)
    }

    @Test func strangersCannotSendControlCharacters() {
        var grid = CellGrid(CellSize(columns: 60, rows: 1))
        grid.write("a\u{1b}]0;x\u{7}\u{9b}31m\u{202e}\u{0}\r\nb", row: 0, column: 0)
        for column in 0..<60 {
            #expect(grid[0, column].text.unicodeScalars.allSatisfy { $0.value >= 0x20 && !(0x7f..<0xa0 ~= $0.value) })
        }
        #expect(grid.text(row: 0).contains("␛]0;x␇"))
    }

    @Test func manyMarksOnOneLetterTakeOneCell() {
        var grid = CellGrid(CellSize(columns: 5, rows: 1))
        grid.write("z" + String(repeating: "\u{336}", count: 40) + "x", row: 0, column: 0)
        #expect(grid.text(row: 0) == "zx")
    }

    @Test func textIsCutAtTheEdges() {
        var grid = CellGrid(CellSize(columns: 4, rows: 2))
        grid.write("abcdef", row: 0, column: 2)
        grid.write("小小小", row: 1, column: 1)
        grid.write("xyz", row: 1, column: -2)
        grid.write("no", row: 2, column: 0)
        grid.write("no", row: -1, column: 0)
        #expect(grid.text(row: 0) == "  ab")
        #expect(grid.text(row: 1) == "z小")
    }
}
