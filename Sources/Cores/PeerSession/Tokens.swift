import Primitives
import SDP

/// Makes what must be unguessable or unique. The generator comes from outside: a secure one in a call, a seeded one in
/// tests.
struct Tokens: Sendable {
    private var generator: any RandomNumberGenerator & Sendable

    init(_ generator: any RandomNumberGenerator & Sendable) { self.generator = generator }

    private static let letters = [UInt8]("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
    /// ICE allows these (RFC 8839 §5.4), tokens those (RFC 8866 §9).
    private static let iceAlphabet = letters + "+/".utf8
    private static let tokenAlphabet = letters + "-_".utf8

    private mutating func next() -> UInt64 { generator.next() }

    private mutating func characters(_ count: Int, of alphabet: [UInt8]) -> String {
        // Six bits choose one of 64 characters.
        String(decoding: (0..<count).map { _ in alphabet[Int(next() >> 58)] }, as: UTF8.self)
    }

    mutating func token(_ length: Int) -> String { characters(length, of: Self.tokenAlphabet) }

    /// 48 bits in the name and 144 in the password, above what RFC 8445 §5.3 asks for (24 and 128).
    mutating func credentials() -> ICECredentials {
        let ufrag = characters(8, of: Self.iceAlphabet)
        return ICECredentials(ufrag: ufrag, password: characters(24, of: Self.iceAlphabet))!  // as long as it must be
    }

    /// Never 0, which some receivers take for "none".
    mutating func ssrc() -> SSRC { SSRC(UInt32(truncatingIfNeeded: next()) | 1) }

    /// Below 2^62, as RFC 9429 §5.2.1 recommends.
    mutating func sessionID() -> UInt64 { next() >> 2 }
}
