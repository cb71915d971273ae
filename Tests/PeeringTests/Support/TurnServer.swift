import Foundation
import ICE
import Primitives
import Runtime

/// A coturn of our own on the loopback interface, with one user.
final class TurnServer: Sendable {
    struct Silent: Error, CustomStringConvertible {
        let description: String
    }

    private static let program = "/usr/bin/turnserver"
    static var isInstalled: Bool { FileManager.default.isExecutableFile(atPath: program) }

    private let port: UInt16
    private let process: Handover<Process>
    private let log = Protected("")
    private let lines: AsyncStream<String>

    init() throws {
        port = try Self.freePort()
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(fileURLWithPath: Self.program)
        process.arguments = [
            "-n", "--no-cli", "--no-tls", "--no-dtls", "--listening-ip", "127.0.0.1", "--relay-ip", "127.0.0.1",
            "--listening-port", String(port), "--allow-loopback-peers", "--lt-cred-mech", "--realm", "confab",
            "--user", "ann:secret", "--log-file", "stdout", "--verbose", "--pidfile", "/dev/null",
        ]
        process.standardOutput = output
        process.standardError = output
        let (lines, continuation) = AsyncStream<String>.makeStream()
        self.lines = lines
        output.fileHandleForReading.readabilityHandler = { handle in
            let bytes = handle.availableData
            guard !bytes.isEmpty else {
                handle.readabilityHandler = nil
                return continuation.finish()
            }
            continuation.yield(String(decoding: bytes, as: UTF8.self))
        }
        try process.run()
        self.process = Handover(process)
    }

    /// It inherits a mask that blocks every signal that could be refused.
    func stop() { kill(process.value.processIdentifier, SIGKILL) }

    func address(_ kind: ICEServerAddress.Kind) -> ICEServerAddress {
        ICEServerAddress(kind: kind, address: "127.0.0.1", port: port, username: "ann", password: "secret")
    }

    /// Waits for an answer to a Binding request: the log tells of sockets long before they are read.
    func waitUntilReady() async throws {
        let isReady = await withCheckedContinuation { (continuation: CheckedContinuation<Bool, Never>) in
            _ = JoinableThread(name: "probe") { [port] in continuation.resume(returning: Self.answers(on: port)) }
        }
        guard isReady else { throw Silent(description: "the TURN server does not answer") }
    }

    private static func answers(on port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(port)
        let request: [UInt8] = [0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42] + (0..<12)
        let end = Clock.now() + .seconds(20)
        while Clock.now() < end {
            withAddress(&address) { _ = sendto(descriptor, request, request.count, 0, $0, $1) }
            var wait = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            if poll(&wait, 1, 200) == 1, wait.revents & Int16(POLLIN) != 0 { return true }
        }
        return false
    }

    /// Reads the server's log until it satisfies `condition`.
    func expect(_ what: String, _ condition: @Sendable (String) -> Bool) async throws {
        let guardian = Task { [process] in
            try await Task.sleep(for: .seconds(20))
            kill(process.value.processIdentifier, SIGKILL)
        }
        defer { guardian.cancel() }
        for await text in lines {
            let all = log.withLock { log in
                log += text
                return log
            }
            if condition(all) { return }
        }
        throw Silent(description: "\(what): it did not say so; its log:\n\(log.value)")
    }

    private static func freePort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = loopback(0)
        let status = withAddress(&address) { pointer, length in
            var length = length
            return bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
        }
        guard status == 0 else { throw Silent(description: "no free port: error \(errno)") }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = port.bigEndian
        return address
    }

    private static func withAddress<Result>(
        _ address: inout sockaddr_in, _ body: (UnsafeMutablePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
        }
    }
}
