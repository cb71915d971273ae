import Primitives
import Runtime
import SecureTransport
import SignalTransport
import Signalling
import Testing

@testable import Server

@Suite struct AdmissionTests {
    let admission = Admission(keys: [.init(name: "k", secret: "s"), .init(name: "k2", secret: "s2")], ownSecret: [])

    /// The example of the LiveKit protocol's description, checkable with any HMAC tool.
    @Test func acceptsLiveKitsTokens() throws {
        let token =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJkZXZrZXkiLCJzdWIiOiJhbGljZSIsIm5hbWUiOiJBbGljZSIsIm5iZiI6MTc2NzIyNTYwMCwiZXhwIjoxNzY3MjQ3MjAwLCJ2aWRlbyI6eyJyb29tSm9pbiI6dHJ1ZSwicm9vbSI6ImRlbW8iLCJjYW5QdWJsaXNoIjp0cnVlLCJjYW5TdWJzY3JpYmUiOnRydWUsImNhblB1Ymxpc2hEYXRhIjp0cnVlfX0.T_KuvgGzvvnycmy4xXR0xuBW1Cii6qQWP5MAbAoCn5w"
        let devkey = Admission(
            keys: [.init(name: "devkey", secret: "secretsecretsecretsecretsecretsecret")], ownSecret: [])
        #expect(try devkey.verify(token, now: 1_767_230_000).identity == "alice")
        #expect(throws: AccessTokenError.expired) { try devkey.verify(token, now: 1_767_247_260) }
        #expect(throws: AccessTokenError.notYetValid) { try devkey.verify(token, now: 1_767_225_539) }
        #expect(throws: AccessTokenError.unknownIssuer("devkey")) { try admission.verify(token, now: 1_767_230_000) }
    }

    @Test func aTouchedTokenIsWrong() throws {
        let token = admission.sign(
            AccessToken(issuer: "k2", identity: "a", grants: .init(room: "demo", roomJoin: true)))
        #expect(try admission.verify(token, now: 0).issuer == "k2")
        let parts = token.split(separator: ".").map(String.init)
        let other = admission.sign(
            AccessToken(issuer: "k2", identity: "b", grants: .init(room: "demo", roomJoin: true)))
        let foreign = other.split(separator: ".").map(String.init)
        for forged in [
            [parts[0], foreign[1], parts[2]], [parts[0], parts[1], foreign[2]], [parts[0], parts[1], ""],
            [parts[0], parts[1], String(parts[2].dropLast(4))],
        ] {
            #expect(throws: AccessTokenError.wrongSignature) {
                try admission.verify(forged.joined(separator: "."), now: 0)
            }
        }
    }

    @Test func theAlgorithmNoneIsRefused() {
        let header = Base64URL.encode(Array(#"{"alg":"none"}"#.utf8))
        let claims = Base64URL.encode(
            AccessToken(issuer: "k", identity: "a", grants: .init(room: "demo", roomJoin: true)).json.utf8)
        #expect(throws: AccessTokenError.unsupportedAlgorithm("none")) {
            try admission.verify("\(header).\(claims).", now: 0)
        }
    }
}

@Suite struct TokenTests {
    private let keys = [ServerConfiguration.Key(name: "k", secret: "s")]
    private var now: Int64 { Clock.wallNanoseconds() / 1_000_000_000 }

    private func token(_ change: (inout AccessToken) -> Void) -> String {
        var claims = AccessToken(
            issuer: "k", identity: "ann", expires: now + 60, grants: .init(room: "demo", roomJoin: true))
        change(&claims)
        return Admission(keys: keys, ownSecret: []).sign(claims)
    }

    private func join(_ server: TestServer, _ token: String?) async throws -> HTTPResponse {
        try await server.post(
            "/api/rooms/demo/join", ["name": "Ann"], headers: token.map { [("Authorization", "Bearer \($0)")] } ?? [])
    }

    @Test func anInvitationBecomesAPersonalToken() async throws {
        let server = try TestServer { $0.keys = keys }
        defer { server.stop() }
        #expect(try JSON(parsing: try await server.get("/api/rooms/demo").body)["open"] == false)
        let invitation = server.server.mintInvitation(to: demo)
        var identities = Set<String>()
        for _ in 0..<2 {
            let json = try JSON(parsing: try await join(server, invitation).body)
            let client = server.join("", token: json["token"]?.string ?? "")
            #expect(await client.welcome()?.selfID == json["identity"]?.string)
            identities.insert(json["identity"]?.string ?? "")
        }
        #expect(identities.count == 2)
        #expect(server.server.participants(of: demo).map(\.name) == ["Ann", "Ann"])
        // An invitation is not a participant.
        #expect(await server.join("", token: invitation).errorCode() == .notAllowed)
    }

    @Test func aPersonalTokenKeepsItsIdentity() async throws {
        let server = try TestServer { $0.keys = keys }
        defer { server.stop() }
        let json = try JSON(parsing: try await join(server, token { $0.grants.canPublish = false }).body)
        #expect(json["identity"] == "ann")
        let minted = try AccessToken.parse(json["token"]?.string ?? "").claims
        #expect(minted.grants.canPublish == false && minted.issuer == "k" && minted.name == "Ann")
    }

    @Test func whatIsNoGoodOpensNothing() async throws {
        let server = try TestServer { $0.keys = keys }
        defer { server.stop() }
        let bad: [(String?, Int)] = [
            (nil, 401), ("", 401), ("nonsense", 401), (token { $0.expires = now - 61 }, 401),
            (token { $0.notBefore = now + 120 }, 401), (token { $0.grants.room = "other" }, 403),
            (token { $0.grants.roomJoin = false }, 403), (token { $0.grants.room = nil }, 403),
            (Admission(keys: [.init(name: "k", secret: "wrong")], ownSecret: []).invitation(to: demo, now: now), 401),
        ]
        for (token, status) in bad {
            #expect(try await join(server, token).status == status)
            guard let token, status == 401 || !token.isEmpty else { continue }
            let client = server.join("", token: token)
            if status == 401 {
                #expect(await client.errorCode() == .notAllowed)
                #expect(await client.closeCode() == 4000)
            }
        }
        #expect(try await join(server, token { $0.expires = now - 30 }).status == 200)  // clocks differ
        let none = TestClient(server.client, server.url("/mesh"))
        #expect(await none.errorCode() == .notAllowed)
    }

    @Test func withoutKeysTokensAreStillChecked() async throws {
        let server = try TestServer()
        defer { server.stop() }
        #expect(await server.join("", token: token { _ in }).errorCode() == .notAllowed)
        #expect(await server.join("", token: "").errorCode() == .notAllowed)
    }

    @Test func nobodyIsOfferedASubprotocolTheyDidNotAskFor() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let url = server.url("/mesh", [("access_token", server.server.mintToken(for: demo, name: "a"))])
        #expect(await TestClient(server.client, url).event() == .open(subprotocol: nil))
    }

    @Test func longNamesAreCut() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let long = String(repeating: "e\u{301}", count: 1_000)
        let json = try JSON(parsing: try await server.post("/api/rooms/demo/join", ["name": .string(long)]).body)
        #expect(json["name"]?.string?.unicodeScalars.count == 64)
    }
}
