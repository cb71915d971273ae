import Primitives
import Runtime
import SecureTransport
import Signalling

/// Checks and makes access tokens: HS256 with the configured keys, or with one of the server's own where anyone may
/// join.
struct Admission: Sendable {
    /// Shared by all copies, so that new keys count everywhere at once.
    private let ring: Protected<[ServerConfiguration.Key]>
    private var keys: [ServerConfiguration.Key] { ring.value }
    /// Whether a token is needed to get a personal one.
    let isOpen: Bool

    /// How long a personal token holds, in seconds: longer than any call, as signalling may have to be resumed with it.
    static let personalLifetime: Int64 = 86_400
    /// How long an invitation holds where nobody says.
    static let invitationLifetime: Int64 = 7 * 86_400

    init(keys: [ServerConfiguration.Key], ownSecret: [UInt8]) {
        isOpen = keys.isEmpty
        ring = Protected(isOpen ? [.init(name: "confab", secret: Hex.encode(ownSecret))] : keys)
    }

    /// Tokens of the new keys count from now on, and of those only. A server without keys stays without.
    func replaceKeys(_ keys: [ServerConfiguration.Key]) {
        guard !isOpen, !keys.isEmpty else { return }
        ring.value = keys
    }

    /// The claims of a token that is signed by one of our keys and holds at `now` (seconds since 1970).
    func verify(_ token: String, now: Int64) throws(AccessTokenError) -> AccessToken {
        let parsed = try AccessToken.parse(token)
        guard let key = keys.first(where: { $0.name == parsed.claims.issuer }) else {
            throw .unknownIssuer(String(parsed.claims.issuer.prefix(64)))
        }
        let expected = HMAC.sha256(key: Array(key.secret.utf8), message: parsed.signingInput)
        guard constantTimeEqual(expected, parsed.signature) else { throw .wrongSignature }
        try parsed.claims.checkTime(now: now)
        return parsed.claims
    }

    /// Signs with the key that the claims name as issuer, or with the first where they name none of ours.
    func sign(_ claims: AccessToken) -> String {
        let keys = keys
        let key = keys.first { $0.name == claims.issuer } ?? keys[0]
        var claims = claims
        claims.issuer = key.name
        return claims.signed { HMAC.sha256(key: Array(key.secret.utf8), message: $0) }
    }

    func invitation(to room: RoomName, now: Int64, lifetime: Int64 = invitationLifetime) -> String {
        sign(
            AccessToken(
                issuer: "", notBefore: now, expires: now + lifetime, grants: .init(room: room.text, roomJoin: true)))
    }

    /// An identity that nobody has: 72 random bits.
    static func freshIdentity() -> String { "p-" + Base64URL.encode(secureRandom(9)) }
}
