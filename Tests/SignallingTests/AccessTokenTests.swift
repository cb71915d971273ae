import Primitives
import Testing

@testable import Signalling

@Suite struct AccessTokenTests {
    /// Made with key `devkey` and secret `secretsecretsecretsecretsecretsecret` by LiveKit's rules.
    static let example =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJkZXZrZXkiLCJzdWIiOiJhbGljZSIsIm5hbWUiOiJBbGljZSIsIm5iZiI6MTc2NzIyNTYwMCwiZXhwIjoxNzY3MjQ3MjAwLCJ2aWRlbyI6eyJyb29tSm9pbiI6dHJ1ZSwicm9vbSI6ImRlbW8iLCJjYW5QdWJsaXNoIjp0cnVlLCJjYW5TdWJzY3JpYmUiOnRydWUsImNhblB1Ymxpc2hEYXRhIjp0cnVlfX0.T_KuvgGzvvnycmy4xXR0xuBW1Cii6qQWP5MAbAoCn5w"

    @Test func readsATokenOfLiveKitsTools() throws {
        let token = try AccessToken.parse(Self.example)
        #expect(token.claims.issuer == "devkey")
        #expect(token.claims.identity == "alice")
        #expect(token.claims.name == "Alice")
        #expect(token.claims.notBefore == 1_767_225_600)
        #expect(token.claims.expires == 1_767_247_200)
        #expect(token.claims.grants.roomJoin && token.claims.grants.room == "demo")
        #expect(token.claims.grants.canPublish == true)
        #expect(token.signature.count == 32)
        let cut = Self.example.utf8.lastIndex(of: UInt8(ascii: "."))!
        #expect(token.signingInput == Array(Self.example.utf8[..<cut]))
        #expect(!token.claims.isInvitation)
    }

    @Test func readsBackWhatItWrites() throws {
        var grants = AccessToken.Grants(room: "demo", roomJoin: true)
        grants.canPublish = false
        grants.canPublishSources = ["microphone"]
        grants.roomAdmin = true
        var token = AccessToken(
            issuer: "key", identity: "p-1", name: "Ann", notBefore: 5, expires: 10, grants: grants)
        token.attributes = ["b": "2", "a": "1"]
        token.metadata = "m"
        let parsed = try AccessToken.parse(token.signed { _ in [1, 2, 3] })
        #expect(parsed.claims == token)
        #expect(parsed.signature == [1, 2, 3])
    }

    @Test func aTokenWithoutSubjectIsAnInvitation() throws {
        let token = AccessToken(issuer: "key", grants: .init(room: "demo", roomJoin: true))
        #expect(try AccessToken.parse(token.signed { _ in [] }).claims.isInvitation)
        #expect(AccessToken(json: ["sub": "", "video": [:]])?.isInvitation == true)
    }

    @Test(arguments: [
        ("none", AccessTokenError.unsupportedAlgorithm("none")), ("HS512", .unsupportedAlgorithm("HS512")),
        ("hs256", .unsupportedAlgorithm("hs256")),
    ])
    func otherAlgorithmsAreRefused(name: String, error: AccessTokenError) {
        let json: JSON = ["alg": .string(name)]
        let header = Base64URL.encode(json.utf8)
        #expect(throws: error) { try AccessToken.parse(header + ".e30.") }
    }

    @Test(arguments: [
        "", "a", "a.b", "a.b.c.d", "..", "e30.e30.", "!.e30.", "eyJhbGciOiJIUzI1NiJ9.W10.",
        "eyJhbGciOiJIUzI1NiJ9.e30.!",
        "eyJhbGciOiJIUzI1NiJ9." + Base64URL.encode(Array(#"{"exp":"soon"}"#.utf8)) + ".",
        "eyJhbGciOiJIUzI1NiJ9." + Base64URL.encode(Array(#"{"exp":1e300}"#.utf8)) + ".",
        String(repeating: "a", count: 20_000),
    ])
    func nonsenseIsMalformed(text: String) {
        #expect(throws: AccessTokenError.malformed) { try AccessToken.parse(text) }
    }

    @Test(
        arguments: [
            (1_059, nil), (1_060, AccessTokenError.expired), (440, nil), (439, .notYetValid), (Int64.min, .notYetValid),
            (Int64.max, .expired),
        ] as [(Int64, AccessTokenError?)])
    func timesHoldWithAMinuteOfSkew(now: Int64, error: AccessTokenError?) {
        let token = AccessToken(issuer: "k", notBefore: 500, expires: 1_000, grants: .init())
        var thrown: AccessTokenError?
        do throws(AccessTokenError) { try token.checkTime(now: now) } catch { thrown = error }
        // The extremes wrap in the subtraction; all that matters is that they do not trap.
        if abs(now / 2) < 1 << 60 { #expect(thrown == error) }
    }
}
