import Glibc
import Primitives
import SignalTransport
import Signalling
import Testing

@testable import Server

@Suite struct StartTests {
    @Test func outsideLoopbackKeysOrOpenAreNeeded() throws {
        var configuration = ServerConfiguration()
        configuration.host = "0.0.0.0"
        configuration.port = 0
        configuration.folders = TemporaryFolder().folders
        do throws(ServerError) {
            try ConfabServer.start(configuration).stop()
            Issue.record("it started")
        } catch {
            guard case .usage(let message) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(message.contains("--keys") && message.contains("--open"))
        }
    }

    @Test func openOrWithKeysItStarts() async throws {
        let open = try TestServer {
            $0.host = "0.0.0.0"
            $0.isOpen = true
        }
        #expect(open.server.isOpen && open.address.host == "127.0.0.1")
        #expect(try await open.get("/healthz").status == 200)
        open.stop()
        let keyed = try TestServer {
            $0.host = "0.0.0.0"
            $0.keys = [.init(name: "k", secret: "s")]
        }
        #expect(!keyed.server.isOpen)
        keyed.stop()
    }

    @Test func lanMeansTLSAndAKeyForThisRun() async throws {
        let server = try TestServer(trust: .pinned) { $0.lan = true }
        defer { server.stop() }
        #expect(!server.server.isOpen)
        let links = server.server.links(to: demo)
        #expect(!links.isEmpty && links.allSatisfy { $0.invitation != nil && $0.fingerprint?.count == 32 })
        let link = server.server.localLink(to: demo)
        #expect(try JoinLink(parsing: link.text) == link)
        let response = try await server.post(
            "/api/rooms/demo/join", [:], headers: [("Authorization", "Bearer \(link.invitation ?? "")")])
        #expect(try JSON(parsing: response.body)["mesh"]?.string?.hasPrefix("wss://127.0.0.1:") == true)
    }

    @Test func anyFreePortIsTold() throws {
        let server = try TestServer()
        defer { server.stop() }
        #expect(server.server.listening.port > 0)
        #expect(server.server.listening.url == "http://127.0.0.1:\(server.server.listening.port)")
        #expect(server.server.localLink(to: demo).text == server.server.listening.url + "/demo")
    }

    @Test func aTakenPortAndAForeignAddressAreErrors() throws {
        let server = try TestServer()
        defer { server.stop() }
        #expect(throws: ServerError.self) { try TestServer(port: server.address.port) }
        #expect(throws: ServerError.self) {
            try TestServer {
                $0.host = "192.0.2.1"
                $0.isOpen = true
            }
        }
    }

    @Test(arguments: [
        ("127.0.0.1:80", "127.0.0.1", 80), (":9000", "0.0.0.0", 9000), ("[::1]:0", "::1", 0), ("[::]", "::", 7880),
        ("host", "host", 7880),
    ])
    func listenAddresses(text: String, host: String, port: Int) throws {
        var configuration = ServerConfiguration()
        try configuration.listen(at: text)
        #expect(configuration.host == host && configuration.port == port)
    }

    @Test(arguments: ["", "h:", "h:x", "h:70000", "[::1", "[]:1", "::1", "h:-1"])
    func noListenAddresses(text: String) {
        var configuration = ServerConfiguration()
        // An empty host is every address only where a port follows.
        if text.isEmpty { return }
        #expect(throws: ServerError.self) { try configuration.listen(at: text) }
    }

    @Test func keysComeFromAFile() throws {
        let text = "# keys\nalpha: one two\n\n  beta:three  \n"
        let keys = try ServerConfiguration.keys(in: text, file: "keys")
        #expect(keys == [.init(name: "alpha", secret: "one two"), .init(name: "beta", secret: "three")])
        for bad in ["alpha", ": x", "alpha:"] {
            #expect(throws: ServerError.usage("keys:1: NAME: SECRET is expected")) {
                try ServerConfiguration.keys(in: bad, file: "keys")
            }
        }
    }
}

@Suite struct MemoryTests {
    @Test func theSecretStaysAndTheCountRises() throws {
        let folder = TemporaryFolder()
        let path = folder.path + "/deep/er"
        let memories = try (0..<3).map { _ in try ServerMemory.recall(in: path) }
        #expect(memories.map(\.generation) == [0, 1, 2])
        #expect(Set(memories.map(\.secret)).count == 1)
        #expect(memories[0].key(for: "a") != memories[0].key(for: "b"))
        var status = stat()
        #expect(stat(path + "/server", &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test(arguments: ["", "x", "zz 1\n", "00 0000000001\n", String(repeating: "ab", count: 32) + " -1\n"])
    func aDamagedFileIsBegunAnew(text: String) throws {
        let folder = TemporaryFolder()
        try PrivateFile.write(text, to: folder.path + "/server")
        let memory = try ServerMemory.recall(in: folder.path)
        #expect(memory.secret.count == 32 && memory.generation == 0)
        #expect(try ServerMemory.recall(in: folder.path).secret == memory.secret)
    }

    @Test func aServerThatCanKeepNothingStillRuns() async throws {
        let server = try TestServer { $0.folders.state = "/proc/none" }
        defer { server.stop() }
        #expect(await server.join("ann").welcome() != nil)
        #expect(throws: ServerError.self) { try ServerMemory.recall(in: "/proc/none") }
    }
}
