import Glibc
import Primitives
import Runtime
import SignalTransport
import Signalling
import Testing

@testable import Server

@Suite struct RouteTests {
    @Test(arguments: [
        ("GET", "/", 200), ("GET", "/team", 200), ("GET", "/team/", 200), ("HEAD", "/team", 200),
        ("POST", "/team", 405),
        ("GET", "/-/main.js", 200), ("GET", "/-/ui/tile.js", 200), ("GET", "/-/", 404), ("GET", "/-/../secret", 404),
        ("GET", "/-/nothing.js", 404), ("DELETE", "/-/main.js", 405), ("GET", "/a/b", 404), ("GET", "/a%20b", 404),
        ("GET", "/favicon.ico", 404), ("GET", "//", 404), ("GET", "/healthz", 200), ("POST", "/healthz", 405),
        ("GET", "/metrics", 404), ("GET", "/api", 404), ("GET", "/api/rooms", 404), ("GET", "/api/rooms/team", 200),
        ("GET", "/api/rooms/a%20b", 400), ("GET", "/api/rooms/mesh", 400), ("GET", "/api/rooms/team/join", 405),
        ("POST", "/api/rooms/team", 405), ("POST", "/api/rooms/team/join", 200), ("GET", "/mesh", 426),
        ("POST", "/mesh", 426), ("POST", "/whip/team", 415),
    ])
    func pathsAnswer(method: String, path: String, status: Int) async throws {
        let server = try TestServer()
        defer { server.stop() }
        let response = try await server.client.send(method, server.url(path))
        #expect(response.status == status)
        if method == "HEAD" { #expect(response.body.isEmpty && Int(response.header("content-length") ?? "") ?? 0 > 0) }
        if status >= 400 { #expect(try JSON(parsing: response.body)["message"]?.string != nil) }
    }

    @Test func thePageMayTalkToThisServerOnly() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let page = try await server.get("/team")
        let policy = page.header("content-security-policy") ?? ""
        #expect(policy.contains("default-src 'none'") && policy.contains("script-src 'self';"))
        #expect(policy.contains("connect-src 'self' ws: wss:") && policy.contains("frame-ancestors 'self'"))
        #expect(!policy.contains("unsafe") && !policy.contains("http"))
        #expect(page.header("x-content-type-options") == "nosniff")
        #expect(page.header("content-type") == "text/html; charset=utf-8")
        let script = try await server.get("/-/main.js")
        #expect(script.header("content-type") == "text/javascript; charset=utf-8")
        let tag = try #require(script.header("etag"))
        let again = try await server.get("/-/main.js", headers: [("If-None-Match", tag)])
        #expect(again.status == 304 && again.body.isEmpty)
    }

    @Test func everyFileOfTheWebClientIsEmbedded() throws {
        let folder = #filePath.replacing("Tests/ServerTests/HTTPTests.swift", with: "Sources/System/CWebClient/web")
        #expect(WebClient(frameAncestors: []).paths == files(below: folder).sorted())
    }

    private func files(below folder: String, prefix: String = "") -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(".") { continue }
            let isFolder = entry.pointee.d_type == UInt8(DT_DIR)
            found += isFolder ? files(below: folder + "/" + name, prefix: prefix + name + "/") : [prefix + name]
        }
        return found
    }

    @Test func aRoomTellsHowManyAreIn() async throws {
        let server = try TestServer()
        defer { server.stop() }
        #expect(
            try JSON(parsing: try await server.get("/api/rooms/demo").body) == [
                "mode": "mesh", "participants": 0, "open": true,
            ])
        let ann = server.join("ann")
        _ = await ann.welcome()
        #expect(try JSON(parsing: try await server.get("/api/rooms/demo").body)["participants"] == 1)
    }

    @Test func joiningGivesWhatTheCallNeeds() async throws {
        let server = try TestServer { $0.iceServers = [.init(urls: ["stun:s"])] }
        defer { server.stop() }
        let response = try await server.post("/api/rooms/demo/join", ["name": "Ann", "mode": "auto"])
        let json = try JSON(parsing: response.body)
        #expect(json["mode"] == "mesh" && json["mesh"]?.string == server.address.webSocketURL + "/mesh")
        #expect(json["rtc"]?.string == server.address.webSocketURL + "/rtc")
        #expect(json["iceServers"] == [["urls": ["stun:s"]]])
        let token = try #require(json["token"]?.string)
        let client = server.join("", token: token)
        let welcome = await client.welcome()
        #expect(welcome?.selfID == json["identity"]?.string)
        #expect(server.server.participants(of: demo).map(\.name) == ["Ann"])
    }

    @Test(arguments: [
        ("[]", 400), ("nonsense", 400), (#"{"mode":"dance"}"#, 400), (#"{"mode":"server"}"#, 200), ("", 200),
        ("{}", 200),
        (#"{"name":7}"#, 200),
    ])
    func joiningWithOddBodies(body: String, status: Int) async throws {
        let server = try TestServer()
        defer { server.stop() }
        let response = try await server.client.send("POST", server.url("/api/rooms/demo/join"), body: Array(body.utf8))
        #expect(response.status == status)
    }

    @Test func metricsCount() async throws {
        let server = try TestServer { $0.metrics = true }
        defer { server.stop() }
        let ann = server.join("ann")
        _ = await ann.welcome()
        let text = String(decoding: try await server.get("/metrics").body, as: UTF8.self)
        #expect(text.contains("\nconfab_participants 1\n") && text.contains("# TYPE confab_rooms gauge\n"))
    }
}

@Suite struct HTTPServerTests {
    private func exchange(_ text: String) throws -> String {
        let server = try TestServer()
        defer { server.stop() }
        let connection = RawConnection(port: server.address.port)
        connection.send(text)
        return connection.receiveAll()
    }

    @Test func aConnectionServesOneRequestAfterAnother() throws {
        let request = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"
        let last = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        let text = try exchange(request + request + last + request)
        #expect(text.ranges(of: "HTTP/1.1 200 OK").count == 3)
    }

    @Test(
        arguments: [
            ("\u{0}\u{1}\u{2}garbage\r\n\r\n", "400"), ("GET / HTTP/9.9\r\n\r\n", "400"), ("nonsense", nil),
            ("\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}", "400"), ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400"),
            ("GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n", "200"), ("GET /healthz HTTP/1.0\r\n\r\n", "403"),
            ("GET healthz HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
            ("POST /api/rooms/a/join HTTP/1.1\r\nHost: localhost\r\nContent-Length: 70000\r\n\r\n", "413"),
            ("POST /api/rooms/a/join HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9x\r\n\r\n", "400"),
            ("OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", "400"),
            ("CONNECT evil:80 HTTP/1.1\r\nHost: localhost\r\n\r\n", "400"),
            // An upgrade that is not granted is answered like any other request, and the connection ends.
            ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", "200"),
            ("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "200"),
            (
                "GET /nothing/here HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
                "404"
            ),
            ("GET /rtc HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "401"),
            (
                "POST /mesh HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\nhi",
                "426"
            ),
            ("GET /mesh HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n", "426"),
            (
                "GET /mesh HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 8\r\n\r\n",
                "426"
            ),
            (
                "GET /mesh HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\r\n",
                "400"
            ),
        ] as [(String, String?)])
    func oddRequestsAreAnsweredAndClosed(text: String, status: String?) throws {
        let server = try TestServer()
        defer { server.stop() }
        let connection = RawConnection(port: server.address.port)
        connection.send(text)
        if let status { #expect(connection.receiveAll().hasPrefix("HTTP/1.1 \(status) ")) }
    }

    @Test func endlessHeadersAreRefused() throws {
        let text = try exchange(
            "GET / HTTP/1.1\r\nHost: localhost\r\nX: " + String(repeating: "x", count: 20_000) + "\r\n\r\n")
        #expect(text.hasPrefix("HTTP/1.1 431 "))
        let many = (0..<200).map { "X\($0): y\r\n" }.joined()
        #expect(try exchange("GET / HTTP/1.1\r\nHost: localhost\r\n\(many)\r\n").hasPrefix("HTTP/1.1 431 "))
    }

    @Test func anEndlessBodyIsRefused() throws {
        let chunk = "8000\r\n" + String(repeating: "x", count: 0x8000) + "\r\n"
        let text = try exchange(
            "POST /api/rooms/a/join HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk + chunk
                + chunk)
        #expect(text.hasPrefix("HTTP/1.1 413 "))
    }

    @Test func aClientThatAsksFirstMaySendItsBody() throws {
        let server = try TestServer()
        defer { server.stop() }
        let connection = RawConnection(port: server.address.port)
        connection.send(
            "POST /api/rooms/a/join HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 2\r\n\r\n"
        )
        #expect(connection.receive(until: "\r\n\r\n").hasPrefix("HTTP/1.1 100 "))
        connection.send("{}")
        #expect(connection.receiveAll().hasPrefix("HTTP/1.1 200 "))
    }

    private final class Service: HTTPService {
        private let large = [UInt8](repeating: 0x20, count: 1 << 20)

        func respond(to request: HTTPRequest) -> HTTPAnswer {
            .response(.init(status: 200, body: request.path == "/large" ? large : Array("hello".utf8)))
        }
    }

    private func start(_ configure: (inout HTTPServer.Configuration) -> Void) throws -> (SignalLoop, HTTPServer) {
        let loop = SignalLoop()
        var configuration = HTTPServer.Configuration()
        configure(&configuration)
        let service = try loop.run { LoopConfined(Service(), on: loop) }
        return (loop, try HTTPServer.start(on: loop, configuration: configuration, service: service))
    }

    @Test func aRequestThatNeverEndsIsCutOff() throws {
        let (loop, server) = try start { $0.firstRequestTimeout = .milliseconds(300) }
        defer { loop.shutDown() }
        let connection = RawConnection(port: server.port)
        let begin = Clock.now()
        for character in "GET / HTTP/1.1\r\nX: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" {
            connection.send(String(character))
            usleep(10_000)
        }
        #expect(connection.isClosed(within: 3))
        #expect(Clock.now() - begin < .seconds(2))
        #expect(RawConnection(port: server.port).isClosed(within: 3))
    }

    @Test func anIdleConnectionIsClosed() throws {
        let (loop, server) = try start { $0.nextRequestTimeout = .milliseconds(200) }
        defer { loop.shutDown() }
        let connection = RawConnection(port: server.port)
        connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(connection.receive(until: "hello").hasSuffix("hello"))
        #expect(connection.isClosed(within: 3))
    }

    @Test func connectionsAreBounded() throws {
        let (loop, server) = try start { $0.maximumConnections = 3 }
        defer { loop.shutDown() }
        var open = (0..<3).map { _ in RawConnection(port: server.port) }
        for connection in open {
            connection.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
            _ = connection.receive(until: "hello")
        }
        #expect(RawConnection(port: server.port).isClosed(within: 3))
        open.removeFirst()
        usleep(100_000)
        let next = RawConnection(port: server.port)
        next.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n")
        #expect(next.receive(until: "hello").hasSuffix("hello"))
    }

    @Test func whoAsksWithoutReadingIsCutOff() throws {
        let (loop, server) = try start { _ in }
        defer { loop.shutDown() }
        let connection = RawConnection(port: server.port, receiveBuffer: 4_096)
        connection.send(String(repeating: "GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n", count: 40))
        usleep(1_000_000)
        // The kernel's buffers take a few of the forty answers.
        var received = 0
        while let more = connection.receive() { received += more.count }
        #expect(received < 20 << 20)
    }

    @Test func aTakenPortIsSaidSo() throws {
        let (loop, server) = try start { _ in }
        defer { loop.shutDown() }
        #expect(throws: SignalError.cannotListen("127.0.0.1:\(server.port): address already in use")) {
            _ = try start { $0.port = server.port }
        }
    }
}
