import LiveKitProtocol
import Primitives
import SecureTransport
import SignalTransport
import Signalling
import Testing

@testable import Server

/// What can be said of `/rtc` and the admin API without media.
@Suite struct LiveKitTests {
    private func server() throws -> TestServer {
        try TestServer { $0.keys = [.init(name: "devkey", secret: "secret")] }
    }

    private func token(_ change: (inout AccessToken) -> Void = { _ in }) -> String {
        var claims = AccessToken(issuer: "devkey", identity: "ann", grants: .init(room: "lab", roomJoin: true))
        change(&claims)
        return claims.signed { HMAC.sha256(key: Array("secret".utf8), message: $0) }
    }

    @Test func versionOneIsNotSpoken() async throws {
        let server = try server()
        defer { server.stop() }
        for path in ["/rtc", "/rtc/v1", "/rtc/v1/validate", "/rtc/v2"] {
            #expect(try await server.get(path).status == 404, "\(path)")
        }
    }

    @Test func validationTellsWhatIsWrong() async throws {
        let server = try server()
        defer { server.stop() }
        let rows: [(String, Int)] = [
            (token(), 200), ("nonsense", 401), (token { $0.expires = 1 }, 401), (token { $0.issuer = "other" }, 401),
            (token { $0.grants.roomJoin = false }, 401), (token { $0.identity = nil }, 400),
            (token { $0.grants.room = nil }, 400),
        ]
        for (token, status) in rows {
            let answer = try await server.client.send("GET", server.url("/rtc/validate", [("access_token", token)]))
            #expect(answer.status == status)
            #expect(answer.header("access-control-allow-origin") == "*")
        }
    }

    @Test func aClientOfTextFramesIsWelcomedInText() async throws {
        let server = try server()
        defer { server.stop() }
        let client = TestClient(server.client, server.url("/rtc", [("access_token", token()), ("encoding", "json")]))
        #expect(await client.event() == .open(subprotocol: nil))
        guard case .text(let text)? = await client.event() else {
            Issue.record("there is no text")
            return
        }
        #expect(try JSON(parsing: text)["join"]?["participant"]?["identity"] == "ann")
        #expect(try JSON(parsing: try await server.get("/api/rooms/lab").body)["mode"] == "server")
    }

    @Test func theAdminAPIAsksForGrants() async throws {
        let server = try server()
        defer { server.stop() }
        func call(_ method: String, _ body: JSON, _ token: String?) async throws -> (Int, JSON) {
            var headers: SignalClient.Headers = [("Content-Type", "application/json")]
            if let token { headers.append(("Authorization", "Bearer \(token)")) }
            let answer = try await server.post("/twirp/livekit.RoomService/\(method)", body, headers: headers)
            return (answer.status, try JSON(parsing: answer.body))
        }
        let (status, error) = try await call("ListRooms", [:], nil)
        #expect(status == 401 && error["code"] == "unauthenticated")
        #expect(try await call("ListRooms", [:], token()).0 == 403)
        let admin = token {
            $0.grants.roomCreate = true
            $0.grants.roomList = true
            $0.grants.roomAdmin = true
        }
        let (made, room) = try await call("CreateRoom", ["name": "lab", "empty_timeout": 60, "future": [1]], admin)
        #expect(made == 200 && room["name"] == "lab" && room["emptyTimeout"] == 60)
        let (_, list) = try await call("ListRooms", ["names": ["lab"]], admin)
        #expect(list["rooms"]?.array?.count == 1)
        #expect(try await call("GetParticipant", ["room": "lab", "identity": "x"], admin).1["code"] == "not_found")
        #expect(try await call("ListParticipants", ["room": "other"], admin).0 == 403)
        #expect(try await call("Dance", [:], admin).1["code"] == "bad_route")
        // Whoever administers a room may end it, and no other.
        let moderator = token { $0.grants.roomAdmin = true }
        #expect(try await call("DeleteRoom", ["room": "lab"], token()).0 == 403)
        #expect(try await call("DeleteRoom", ["room": "other"], moderator).0 == 403)
        #expect(try await call("DeleteRoom", ["room": "lab"], moderator).0 == 200)
    }
}
