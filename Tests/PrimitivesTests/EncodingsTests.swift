import Primitives
import Testing

struct EncodingsTests {
    /// RFC 4648 §10, without padding.
    @Test(arguments: [
        ("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("foobar", "Zm9vYmFy"),
    ])
    func base64FollowsTheVectors(plain: String, encoded: String) {
        #expect(Base64URL.encode(Array(plain.utf8)) == encoded)
        #expect(Base64URL.decode(encoded) == Array(plain.utf8))
        #expect(Base64URL.decode(encoded + "==") == Array(plain.utf8))
    }

    @Test func base64UnderstandsBothAlphabetsAndRefusesOthers() {
        #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
        #expect(Base64URL.decode("+/8") == [0xfb, 0xff])
        #expect(Base64URL.decode("a b") == nil)
    }

    @Test func hexadecimalReadsBackAndRefusesHalfBytes() {
        #expect(Hex.encode([0x0a, 0xff], separator: ":") == "0a:ff")
        #expect(Hex.decode("0A:ff") == [0x0a, 0xff])
        #expect(Hex.decode("0af") == nil)
        #expect(Hex.decode("0g") == nil)
    }

    @Test(arguments: [
        ("ann", "ann"), ("\u{1b}[2J", "␛[2J"), ("a\nb\u{7f}", "a␊b␡"), ("\u{9b}31m", "\\u{9b}31m"),
        ("\u{202e}txt", "\\u{202e}txt"), ("zoë 🙂", "zoë 🙂"),
    ])
    func whatAStrangerWroteIsShownWithoutEffect(text: String, shown: String) {
        #expect(text.controlCharactersVisible == shown)
    }

    @Test func readingPastTheEndGivesNothing() {
        var reader = ByteReader([1, 2, 3])
        let read = (reader.u16(), reader.u16(), reader.array(-1), reader.u8(), reader.skip(1))
        #expect(read.0 == 0x0102 && read.1 == nil && read.2 == nil && read.3 == 3 && !read.4)
    }
}
