import Testing

@testable import Signalling

@Suite struct JSONTests {
    @Test(
        arguments: [
            ("null", JSON.null), (" true ", true), ("false", false), ("0", 0), ("-0", 0), ("-12", -12),
            ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(9_223_372_036_854_775_808)),
            ("1.5", 1.5), ("1e3", .number(1000)), ("-2.5E-1", -0.25), ("\"\"", ""), ("[]", []), ("{}", [:]),
            ("[1, [2], {\"a\" : [ ]}]", [1, [2], ["a": []]]),
            (#"{"a":1,"b":{"c":null}}"#, ["a": 1, "b": ["c": nil]]),
            (#"{"a":1,"a":2}"#, ["a": 2]),
            (#""a\"\\\/\b\f\n\r\té€""#, "a\"\\/\u{8}\u{c}\n\r\té€"),
            (#""\ud83d\ude00""#, "😀"), (#""\ud83d""#, "\u{fffd}"), (#""\ude00x""#, "\u{fffd}x"),
            (#""\ud83d\n""#, "\u{fffd}\n"), (#""\ud83d\ud83d\ude00""#, "\u{fffd}😀"), (#""\u0000""#, "\0"),
        ] as [(String, JSON)])
    func understands(text: String, value: JSON) throws {
        #expect(try JSON(parsing: text) == value)
    }

    @Test(arguments: [
        "", " ", "nul", "nulll", "True", "[", "[1", "[1,", "[1,]", "[,]", "{", "{a:1}", "{\"a\"}", "{\"a\":}",
        "{\"a\":1,}",
        "{\"a\" 1}", "\"", "\"\\", "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\u{1}\"", "\"\n\"", "01", "-", "+1", ".5",
        "1.",
        "1e", "1e+", "0x1", "NaN", "Infinity", "1 2", "[1]]", "//\n1", "'a'", "1e999", "-1e999", "\u{feff}1", "١",
        "\"\\ud83d\\u\"", "[1;2]",
    ])
    func refuses(text: String) {
        #expect(throws: JSONError.self) { try JSON(parsing: text) }
    }

    @Test(
        arguments: [
            [0x22, 0x80, 0x22], [0x22, 0xc3, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22],
            [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22],
        ] as [[UInt8]])
    func refusesWhatIsNotUTF8(bytes: [UInt8]) {
        #expect(throws: JSONError.invalidUTF8) { try JSON(parsing: bytes) }
    }

    @Test func limitsDepthAndSize() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try JSON(parsing: nested(32))
        #expect(throws: JSONError.tooDeep) { try JSON(parsing: nested(33)) }
        #expect(throws: JSONError.tooDeep) { try JSON(parsing: String(repeating: "{\"a\":", count: 100_000)) }
        #expect(throws: JSONError.tooLarge) { try JSON(parsing: "[1,2]", limits: .init(bytes: 4)) }
        _ = try JSON(parsing: "[" + Array(repeating: "[[]]", count: 1000).joined(separator: ",") + "]")
    }

    @Test(
        arguments: [
            (JSON.null, "null"), (.bool(true), "true"), (.integer(.min), "-9223372036854775808"), (1.5, "1.5"),
            (.number(.nan), "null"), (.number(.infinity), "null"), (.number(1e300), "1e+300"),
            ([1, "a", nil], #"[1,"a",null]"#),
            (["z": 1, "a": [:]], #"{"z":1,"a":{}}"#), ("é€😀", "\"é€😀\""),
            ("\"\\\u{8}\t\n\u{c}\r\u{1f}\u{7f}\u{9b}\u{2028}", #""\"\\\b\t\n\f\r\u001f\u007f\u009b\u2028""#),
        ] as [(JSON, String)])
    func writes(value: JSON, text: String) {
        #expect(value.text == text)
    }

    @Test func readsBackWhatItWrites() throws {
        let value: JSON = ["a": [1, -2.25, "q\"\u{0}\u{85}😀", nil, true, ["b": [:]]], "c": "d"]
        #expect(try JSON(parsing: value.text) == value)
    }

    @Test func accessorsGiveNilForOtherKinds() {
        let value: JSON = ["n": 3.0, "f": 3.5, "s": "t", "big": .number(1e300)]
        #expect(value["n"]?.int == 3)
        #expect(value["f"]?.int == nil)
        #expect(value["big"]?.int == nil)
        #expect(value["s"]?.int == nil && value["s"]?.bool == nil && value["s"]?["x"] == nil)
        #expect(value["n"]?.string == nil && value["n"]?.array == nil)
    }

    @Test func aMemberSetToNilIsGone() {
        var members = JSONObject()
        members["a"] = 1
        members["b"] = 2
        members["a"] = nil
        #expect(JSON.object(members).text == #"{"b":2}"#)
    }

    /// A seeded sweep: whatever the bytes, the parser answers or throws.
    @Test func survivesDamagedText() {
        let text = Array(#"{"type":"signal","to":"p","n":[1,-2.5e3,{"a":"\ud83d\ude00\n"}],"x":null}"#.utf8)
        var state: UInt64 = 7
        for _ in 0..<5_000 {
            var bytes = text
            for _ in 0..<3 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                let index = Int(state >> 33) % bytes.count
                if state & 1 == 0 {
                    bytes[index] = UInt8(truncatingIfNeeded: state >> 20)
                } else {
                    bytes.remove(at: index)
                }
            }
            _ = try? JSON(parsing: bytes)
        }
    }
}
