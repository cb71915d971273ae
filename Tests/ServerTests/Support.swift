import Glibc
import Logging
import Primitives
import Runtime
import SignalTransport
import Signalling
import Testing

@testable import Server

let demo = RoomName("demo")!

/// A folder that is gone when the test is.
final class TemporaryFolder: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/confab-server-test-XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    var folders: ServerFolders { ServerFolders(data: path + "/data", state: path + "/state") }

    deinit { remove(path) }

    private func remove(_ path: String) {
        guard let directory = opendir(path) else { return }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name == "." || name == ".." { continue }
            let child = path + "/" + name
            if unlink(child) != 0 { remove(child) }
        }
        closedir(directory)
        rmdir(path)
    }
}

/// What the client of a test trusts.
enum Trust {
    case system
    /// The server's own certificate.
    case pinned
    case other(TLSTrust)

    fileprivate func of(_ server: ConfabServer) -> TLSTrust {
        switch self {
        case .system: .system
        case .pinned: .fingerprint(server.listening.fingerprint ?? [])
        case .other(let trust): trust
        }
    }
}

/// A server on a free port of loopback, with a client to talk to it.
final class TestServer: Sendable {
    let folder: TemporaryFolder
    let server: ConfabServer
    let loop = SignalLoop()
    let client: SignalClient

    init(
        folder: TemporaryFolder = .init(), port: Int = 0, trust: Trust = .system,
        _ configure: (inout ServerConfiguration) -> Void = { _ in }
    ) throws {
        self.folder = folder
        var configuration = ServerConfiguration()
        configuration.port = port
        configuration.rtcPort = 0
        configuration.folders = folder.folders
        configure(&configuration)
        var log = Logger(label: "test")
        log.logLevel = .error
        server = try ConfabServer.start(configuration, log: log)
        client = SignalClient(loop: loop, configuration: .init(trust: trust.of(server)))
    }

    func stop() {
        server.stop()
        loop.shutDown()
    }

    var address: ServerAddress { server.listening.local }

    func url(_ path: String, _ query: [(String, String)] = []) -> SignalURL {
        SignalURL(server: address, path: path, query: query)
    }

    func get(_ path: String, headers: SignalClient.Headers = []) async throws -> HTTPResponse {
        try await client.send("GET", url(path), headers: headers)
    }

    func post(_ path: String, _ json: JSON, headers: SignalClient.Headers = []) async throws -> HTTPResponse {
        try await client.send("POST", url(path), headers: headers, body: json.utf8)
    }

    /// Opens `/mesh` with a token of its own.
    func join(
        _ name: String, identity: String? = nil, room: RoomName = demo, resume: String? = nil, token: String? = nil
    ) -> TestClient {
        let token = token ?? server.mintToken(for: room, identity: identity ?? name, name: name)
        var query = [("access_token", token), ("upgrade", "1")]
        if let resume { query.append(("resume", resume)) }
        return TestClient(client, url("/mesh", query), subprotocol: MeshProtocol.subprotocol)
    }
}

/// A bare TCP port that answers every connection with the same bytes, whatever it says.
final class RawListener: Sendable {
    let port: Int
    private let descriptor: Int32

    /// Nil says nothing at all.
    init(answering bytes: [UInt8]?) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in(loopbackPort: 0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) + getsockname(descriptor, $0, &length)
            }
        }
        listen(descriptor, 16)
        port = Int(UInt16(bigEndian: address.sin_port))
        self.descriptor = descriptor
        _ = JoinableThread(name: "raw listener") {
            while true {
                let connection = accept(descriptor, nil, nil)
                guard connection >= 0 else { return }
                guard let bytes else { continue }
                var scrap = [UInt8](repeating: 0, count: 4_096)
                _ = recv(connection, &scrap, scrap.count, 0)
                Glibc.send(connection, bytes, bytes.count, Int32(MSG_NOSIGNAL))
                close(connection)
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        close(descriptor)
    }
}

extension sockaddr_in {
    init(loopbackPort port: Int) {
        self.init()
        sin_family = sa_family_t(AF_INET)
        sin_port = in_port_t(UInt16(port)).bigEndian
        sin_addr.s_addr = in_addr_t(0x7f00_0001).bigEndian
    }
}

/// A TCP connection without any protocol of ours.
final class RawConnection {
    private let descriptor: Int32

    init(port: Int, receiveBuffer: Int32? = nil) {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var timeout = timeval(tv_sec: 5, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
        if var receiveBuffer {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receiveBuffer, socklen_t(MemoryLayout<Int32>.size))
        }
        var address = sockaddr_in(loopbackPort: port)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        if result != 0 { Issue.record("cannot connect to port \(port)") }
    }

    deinit { close(descriptor) }

    func send(_ text: String) { send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress! + offset, bytes.count - offset, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            offset += count
        }
    }

    /// What comes next, or nil at the end, after a reset, or after five seconds of nothing.
    func receive() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        return count > 0 ? Array(buffer.prefix(count)) : nil
    }

    /// Everything until the other end closes.
    func receiveAll() -> String {
        var bytes: [UInt8] = []
        while let more = receive() { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// What comes until `mark` has come.
    func receive(until mark: String) -> String {
        var bytes: [UInt8] = []
        while !String(decoding: bytes, as: UTF8.self).contains(mark), let more = receive() { bytes += more }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Whether the other end closes within a time; what it sends is dropped.
    func isClosed(within seconds: Int) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let deadline = Clock.now() + .seconds(Int64(seconds))
        while Clock.now() < deadline {
            let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count == 0 || (count < 0 && errno != EAGAIN) { return true }
            usleep(5_000)
        }
        return false
    }
}

extension SignalClient {
    func send(
        _ method: String, _ url: SignalURL, headers: Headers = [], body: [UInt8] = []
    ) async throws -> HTTPResponse {
        try await withCheckedThrowingContinuation { continuation in
            request(method, url, headers: headers, body: body) { continuation.resume(with: $0) }
        }
    }
}

/// A WebSocket client that keeps what it hears until somebody asks.
final class TestClient: Sendable {
    private let events: Protected<[ClientWebSocket.Event]>
    let socket: ClientWebSocket

    init(_ client: SignalClient, _ url: SignalURL, subprotocol: String? = nil, headers: SignalClient.Headers = []) {
        let events = Protected<[ClientWebSocket.Event]>([])
        self.events = events
        socket = client.openWebSocket(url, headers: headers, subprotocol: subprotocol) { event in
            events.withLock { $0.append(event) }
        }
    }

    func say(_ message: MeshClientMessage) { socket.send(message.text) }

    /// The next event, or nil after ten seconds.
    func event() async -> ClientWebSocket.Event? {
        for _ in 0..<5_000 {
            if let event = events.withLock({ $0.isEmpty ? nil : $0.removeFirst() }) { return event }
            try? await Task.sleep(nanoseconds: 2_000_000)
        }
        return nil
    }

    /// The next message; what else happens is skipped.
    func message() async -> MeshServerMessage? {
        while let event = await event() {
            if case .text(let text) = event { return try? MeshServerMessage.parse(text) }
            if case .closed = event { return nil }
            if case .failed = event { return nil }
        }
        return nil
    }

    func welcome() async -> MeshServerMessage.Welcome? {
        guard case .welcome(let welcome)? = await message() else { return nil }
        return welcome
    }

    func errorCode() async -> MeshErrorCode? {
        while let message = await message() {
            if case .error(let code, _) = message { return code }
        }
        return nil
    }

    /// The code of the close frame, or 0 where the connection broke or was never open; nil after five seconds.
    func closeCode() async -> UInt16? {
        while let event = await event() {
            if case .closed(let code, _) = event { return code ?? 0 }
            if case .failed = event { return 0 }
        }
        return nil
    }

    func failure() async -> SignalError? {
        while let event = await event() {
            if case .failed(let error) = event { return error }
        }
        return nil
    }

    /// Whether nothing is told for a while.
    func isQuiet(milliseconds: UInt64 = 150) async -> Bool {
        try? await Task.sleep(nanoseconds: milliseconds * 1_000_000)
        return events.withLock { $0.isEmpty }
    }
}
