import Primitives
import Testing

@testable import SecureTransport

struct HashingTests {
    @Test(arguments: [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ]) func sha256HasTheStandardsVectors(text: String, digest: String) {
        #expect(Hex.encode(SHA256.hash([UInt8](text.utf8))) == digest)
    }

    /// RFC 4231 §4.2, §4.3, §4.7, and the empty key and message.
    @Test(arguments: [
        (
            [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            [UInt8]("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            [UInt8](repeating: 0xaa, count: 131), "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        ([], "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"),
    ]) func hmacHasTheStandardsVectors(key: [UInt8], message: String, code: String) {
        #expect(Hex.encode(HMAC.sha256(key: key, message: [UInt8](message.utf8))) == code)
    }

    @Test func comparisonLooksAtEveryByte() {
        #expect(constantTimeEqual([], []) && constantTimeEqual([1, 2], [1, 2]))
        #expect(!constantTimeEqual([1, 2], [1, 3]) && !constantTimeEqual([1], [1, 2]))
    }

    @Test func randomBytesDiffer() {
        #expect(secureRandom(0).isEmpty && secureRandom(32).count == 32)
        #expect(secureRandom(32) != secureRandom(32))
    }
}
