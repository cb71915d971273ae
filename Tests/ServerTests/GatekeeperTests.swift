import SignalTransport
import Signalling
import Testing

@testable import Server

@Suite struct GatekeeperTests {
    @Test(
        arguments: [
            ("localhost:7880", nil, true), ("127.0.0.1", nil, true), ("[::1]:7880", nil, true),
            ("LOCALHOST", nil, true),
            ("localhost:7880", "http://localhost:7880", true), ("localhost:9000", "http://localhost:9000", true),
            ("localhost", "http://localhost", true), ("localhost", "https://localhost", true),
            ("localhost:443", "https://localhost", true), ("localhost:7880", "https://app.example", true),
            ("localhost:7880", "https://APP.example/", true), ("app.example", nil, true),
            ("app.example", "https://app.example", true),
            ("evil.example", nil, false), ("localhost.evil.example", nil, false), ("127.0.0.1.nip.io", nil, false),
            ("", nil, false), ("a b", nil, false), ("user@localhost", nil, false),
            ("localhost:7880", "http://evil.example", false), ("localhost:7880", "http://localhost:3000", false),
            ("localhost:7880", "null", false), ("localhost:7880", "", false),
            ("localhost:7880", "http://app.example", false),
            ("localhost:7880", "https://app.example.evil", false), ("localhost:7880", "file://localhost:7880", false),
        ] as [(String, String?, Bool)])
    func withoutKeysHostAndOriginAreChecked(host: String, origin: String?, isAllowed: Bool) {
        let keeper = Gatekeeper(
            hosts: ["localhost", "127.0.0.1", "::1"], allowedOrigins: ["https://app.example"], hasKeys: false)
        var headers = [(name: "Host", value: host)]
        if let origin { headers.append((name: "Origin", value: origin)) }
        #expect((keeper.objection(to: request(headers)) == nil) == isAllowed)
    }

    @Test func withKeysTheyAreNot() {
        let keeper = Gatekeeper(hosts: ["localhost"], allowedOrigins: [], hasKeys: true)
        let request = request([("Host", "anything.example"), ("Origin", "https://other.example")])
        #expect(keeper.objection(to: request) == nil)
        #expect(keeper.allowedOrigin(of: request) == "https://other.example")
    }

    @Test func withoutHostOrWithTwoOriginsNothingIsAllowed() {
        let keeper = Gatekeeper(hosts: ["localhost"], allowedOrigins: [], hasKeys: false)
        #expect(keeper.objection(to: request([])) != nil)
        let twice = request([("Host", "localhost"), ("Origin", "http://localhost"), ("Origin", "http://evil.example")])
        #expect(keeper.objection(to: twice) != nil)
    }

    private func request(_ headers: [(name: String, value: String)]) -> HTTPRequest {
        HTTPRequest(
            method: "GET", path: "/", query: [:], headers: headers, body: [], isSecure: false,
            remoteAddress: "127.0.0.1")
    }

    @Test func foreignSitesAreRefusedEverywhere() async throws {
        let server = try TestServer { $0.allowedOrigins = ["https://app.example"] }
        defer { server.stop() }
        for path in ["/", "/demo", "/-/main.js", "/api/rooms/demo", "/healthz"] {
            #expect(try await server.get(path, headers: [("Origin", "https://evil.example")]).status == 403)
        }
        let join = "/api/rooms/demo/join"
        #expect(try await server.post(join, [:], headers: [("Origin", "https://evil.example")]).status == 403)
        let allowed = try await server.post(join, [:], headers: [("Origin", "https://app.example")])
        #expect(allowed.status == 200 && allowed.header("access-control-allow-origin") == "https://app.example")
        let preflight = try await server.client.send(
            "OPTIONS", server.url(join), headers: [("Origin", "https://app.example")])
        #expect(
            preflight.status == 204
                && preflight.header("access-control-allow-headers")?.contains("Authorization") == true)
        let page = try await server.get("/")
        #expect(page.header("content-security-policy")?.contains("frame-ancestors 'self' https://app.example") == true)
    }

    @Test func aForeignSiteGetsNoWebSocket() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let token = server.server.mintToken(for: demo, name: "ann")
        let url = server.url("/mesh", [("access_token", token)])
        let evil = TestClient(server.client, url, headers: [("Origin", "https://evil.example")])
        guard case .refused(let status, _)? = await evil.failure() else {
            Issue.record("not refused")
            return
        }
        #expect(status == 403)
        let rebound = RawConnection(port: server.address.port)
        rebound.send(webSocketRequest(token: token).replacing("localhost", with: "evil.example"))
        #expect(rebound.receiveAll().hasPrefix("HTTP/1.1 403 "))
    }
}
