import Primitives
import Runtime
import SignalTransport
import Signalling
import Testing

@testable import Server

@Suite struct SignalClientTests {
    private func failure(_ port: Int, host: String = "127.0.0.1", path: String = "/mesh") async -> SignalError? {
        let loop = SignalLoop()
        defer { loop.shutDown() }
        var configuration = SignalClient.Configuration()
        configuration.answerTimeout = .milliseconds(300)
        let client = SignalClient(loop: loop, configuration: configuration)
        let url = SignalURL(server: .init(isSecure: false, host: host, port: port), path: path)
        let webSocket = await TestClient(client, url).failure()
        do {
            _ = try await client.send("GET", url)
        } catch {
            // A request fails of the same reason, unless the server just does not speak WebSocket.
            return error as? SignalError
        }
        return webSocket
    }

    @Test func aClosedPortIsUnreachable() async {
        var listener: RawListener? = RawListener(answering: nil)
        let port = listener?.port ?? 0
        listener = nil
        #expect(await failure(port) == .unreachable("127.0.0.1:\(port): connection refused"))
    }

    @Test func aNameWithoutAddressIsUnreachable() async {
        guard case .unreachable(let message)? = await failure(80, host: "nothing.invalid") else {
            Issue.record("it was found")
            return
        }
        #expect(message.hasPrefix("nothing.invalid"))
    }

    @Test func aServerThatSaysNothingTimesOut() async {
        let listener = RawListener(answering: nil)
        #expect(await failure(listener.port) == .timedOut("127.0.0.1:\(listener.port) does not answer"))
    }

    @Test(arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "\u{0}\u{0}\u{0}\u{0}", "HTTP/7.0 200 OK\r\n\r\n"])
    func aServerOfAnotherKindIsNamed(answer: String) async {
        let listener = RawListener(answering: Array(answer.utf8))
        #expect(await failure(listener.port) == .protocolViolation("127.0.0.1:\(listener.port) does not speak HTTP"))
    }

    @Test func aServerThatHangsUpIsUnreachable() async {
        let listener = RawListener(answering: [])
        #expect(await failure(listener.port) == .unreachable("127.0.0.1:\(listener.port) closed the connection"))
    }

    @Test(arguments: [
        "", "Sec-WebSocket-Accept: AAAA\r\n", "Upgrade: h2c\r\n", "Sec-WebSocket-Protocol: other\r\n",
    ])
    func anAnswerThatIsNoHandshakeIsRefused(headers: String) async {
        let listener = RawListener(
            answering: Array("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n\(headers)\r\n".utf8))
        let loop = SignalLoop()
        defer { loop.shutDown() }
        let url = SignalURL(server: .init(isSecure: false, host: "127.0.0.1", port: listener.port), path: "/")
        let failure = await TestClient(SignalClient(loop: loop, configuration: .init()), url).failure()
        #expect(failure != nil)
    }

    @Test func aRefusalTellsStatusAndReason() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let failure = await TestClient(server.client, server.url("/rtc")).failure()
        guard case .refused(401, let message)? = failure else {
            Issue.record("\(String(describing: failure))")
            return
        }
        #expect(message.contains("no access token"))
    }

    @Test func closingBeforeItIsOpenIsTold() async {
        let listener = RawListener(answering: nil)
        let loop = SignalLoop()
        defer { loop.shutDown() }
        let url = SignalURL(server: .init(isSecure: false, host: "127.0.0.1", port: listener.port), path: "/")
        let client = SignalClient(loop: loop, configuration: .init())
        let early = TestClient(client, url)
        early.socket.close()
        #expect(await early.event() == .closed(code: nil, reason: "closed before it was open"))
        let late = TestClient(client, url)
        try? await Task.sleep(nanoseconds: 100_000_000)
        late.socket.close()
        #expect(await late.event() == .closed(code: nil, reason: "closed before it was open"))
    }

    @Test func aDeadConnectionIsNoticed() async throws {
        let server = try TestServer()
        var configuration = SignalClient.Configuration()
        configuration.webSocket.pingInterval = .milliseconds(100)
        configuration.webSocket.deadAfter = .milliseconds(600)
        let client = SignalClient(loop: server.loop, configuration: configuration)
        let url = server.url("/mesh", [("access_token", server.server.mintToken(for: demo, name: "a"))])
        let socket = TestClient(client, url)
        #expect(await socket.welcome() != nil)
        // The server answers pings, so the connection stays.
        #expect(await socket.isQuiet(milliseconds: 900))
        server.stop()
        #expect(await socket.closeCode() != nil)
    }

    @Test(arguments: [
        ("https://h/a?b=c#d", "https://h/a"), ("ws://h:80", "http://h/"),
        ("wss://[::1]:8443?x=1", "https://[::1]:8443/"),
    ])
    func urls(text: String, shown: String) throws {
        #expect(try SignalURL(parsing: text).description == shown)
    }

    @Test(arguments: ["h/a", "ftp://h", "https://", "https://h/a b", "http://h/\r\nX: y"])
    func noURLs(text: String) {
        #expect(throws: JoinLinkError.self) { try SignalURL(parsing: text) }
    }

    @Test func percentEncoding() {
        #expect(PercentEncoding.encode("a b&c=é/~") == "a%20b%26c%3D%C3%A9%2F~")
        #expect(PercentEncoding.query("a=1&b&a=%32+%zz%&=x") == ["a": "2 %zz%", "b": "", "": "x"])
        var url = SignalURL(server: .init(isSecure: true, host: "h", port: 443), path: "/p")
        url.add("a b", "c&d")
        url.add("e", "")
        #expect(url.target == "/p?a%20b=c%26d&e=")
    }
}
