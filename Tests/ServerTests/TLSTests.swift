import Glibc
import Primitives
import SecureTransport
import SignalTransport
import Signalling
import Testing

@testable import Server

@Suite struct TLSTests {
    @Test func thePinnedCertificateIsTrusted() async throws {
        let server = try TestServer(trust: .pinned) { $0.tls = .automatic }
        defer { server.stop() }
        #expect(try await server.get("/healthz").status == 200)
        #expect(await server.join("ann").welcome() != nil)
        #expect(server.server.listening.url.hasPrefix("https://"))
    }

    @Test func anotherCertificateThanThePinnedOneIsRefused() async throws {
        let wrong = [UInt8](repeating: 7, count: 32)
        let server = try TestServer(trust: .other(.fingerprint(wrong))) { $0.tls = .automatic }
        defer { server.stop() }
        let found = try #require(server.server.listening.fingerprint)
        guard case .untrustedCertificate(let fingerprint, let message)? = await server.join("ann").failure() else {
            Issue.record("not refused")
            return
        }
        #expect(fingerprint == found)
        #expect(message.contains(Hex.encode(wrong)) && message.contains(Hex.encode(found)))
    }

    @Test func withoutAPinTheMessageShowsTheFingerprintAndTheWayOut() async throws {
        let server = try TestServer { $0.tls = .automatic }
        defer { server.stop() }
        let found = Hex.encode(try #require(server.server.listening.fingerprint))
        do {
            _ = try await server.get("/healthz")
            Issue.record("it was trusted")
        } catch let error as SignalError {
            #expect(error.message.contains("#sha256=" + found) && error.message.contains("--cacert"))
        }
    }

    @Test func aNamedAuthorityIsTrustedForItsNames() async throws {
        let folder = TemporaryFolder()
        // What a small company would do: an authority of its own, and a certificate by it.
        let script = """
            cd \(folder.path) && exec 2>/dev/null
            openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca.pem -days 2 \
              -subj /CN=authority && \
            openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -out request.pem -subj /CN=x && \
            echo subjectAltName=DNS:localhost > names && \
            openssl x509 -req -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names -days 2 -out cert.pem
            """
        #expect(system(script) == 0)
        let other = try Certificate.selfSigned(names: ["127.0.0.1"])
        try PrivateFile.write(other.pem, to: folder.path + "/other.pem")
        let tls = ServerConfiguration.TLS.files(certificate: folder.path + "/cert.pem", key: folder.path + "/key.pem")
        let server = try TestServer(trust: .other(.authorities(file: folder.path + "/ca.pem"))) { $0.tls = tls }
        defer { server.stop() }
        #expect(server.server.listening.fingerprint == nil)
        var named = server.url("/healthz")
        named.server.host = "localhost"
        #expect(try await server.client.send("GET", named).status == 200)
        await #expect(throws: SignalError.self, "the certificate does not name the address") {
            try await server.get("/healthz")
        }
        for file in ["/other.pem", "/key.pem", "/nothing.pem"] {
            let client = SignalClient(
                loop: server.loop, configuration: .init(trust: .authorities(file: folder.path + file)))
            await #expect(throws: SignalError.self) { try await client.send("GET", named) }
        }
    }

    @Test func theCertificateIsKept() throws {
        let folder = TemporaryFolder()
        let prints = try (0..<2).map { _ in
            let server = try TestServer(folder: folder) { $0.tls = .automatic }
            defer { server.stop() }
            return server.server.listening.fingerprint
        }
        #expect(prints[0] != nil && prints[0] == prints[1])
        var status = stat()
        #expect(stat(folder.path + "/data/server.pem", &status) == 0 && status.st_mode & 0o777 == 0o600)
        try PrivateFile.write("nonsense", to: folder.path + "/data/server.pem")
        let server = try TestServer(folder: folder) { $0.tls = .automatic }
        defer { server.stop() }
        #expect(server.server.listening.fingerprint != prints[0])
    }

    @Test func filesThatAreNoCertificateAreErrors() throws {
        let folder = TemporaryFolder()
        let one = try Certificate.selfSigned(names: ["h"]), two = try Certificate.selfSigned(names: ["h"])
        try PrivateFile.write(one.pem, to: folder.path + "/one.pem")
        try PrivateFile.write(two.privateKeyPEM, to: folder.path + "/two.key")
        try PrivateFile.write("nonsense", to: folder.path + "/bad")
        for (certificate, key) in [("one.pem", "two.key"), ("bad", "two.key"), ("one.pem", "bad"), ("none", "two.key")]
        {
            #expect(throws: ServerError.self) {
                try TestServer {
                    $0.tls = .files(certificate: folder.path + "/" + certificate, key: folder.path + "/" + key)
                }
            }
        }
    }

    @Test func plainTextOnTheSecurePortAndTheOtherWayRound() async throws {
        let secure = try TestServer { $0.tls = .automatic }
        defer { secure.stop() }
        let plain = RawConnection(port: secure.address.port)
        plain.send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(plain.isClosed(within: 5))
        let open = try TestServer()
        defer { open.stop() }
        let url = SignalURL(server: .init(isSecure: true, host: "127.0.0.1", port: open.address.port), path: "/")
        do {
            _ = try await open.client.send("GET", url)
            Issue.record("it spoke TLS")
        } catch let error as SignalError {
            guard case .tls = error else {
                Issue.record("\(error)")
                return
            }
        }
    }
}
