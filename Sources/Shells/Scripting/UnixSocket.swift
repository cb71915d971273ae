import CSockets
import Glibc

/// A stream socket in the file system, closed with its object.
final class UnixSocket: Sendable {
    let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    static func connect(to path: String) throws(ControlSocketError) -> UnixSocket {
        let socket = try make()
        let code = try withAddress(path) { Glibc.connect(socket.descriptor, $0, $1) }
        guard code == 0 else {
            throw .absent("\(path): \(errno == ENOENT || errno == ECONNREFUSED ? "no call is there" : lastError())")
        }
        return socket
    }

    /// Fails where something is at that path already.
    static func listen(at path: String) throws(ControlSocketError) -> UnixSocket {
        let socket = try make()
        // The file gets the socket's own mode: nobody else can ever open it, whatever the umask.
        fchmod(socket.descriptor, 0o600)
        guard try withAddress(path, { bind(socket.descriptor, $0, $1) }) == 0,
            Glibc.listen(socket.descriptor, 16) == 0
        else { throw .cannotMake("\(path): \(lastError())") }
        return socket
    }

    /// Waits for a caller of the same user (or root); nil when the socket was shut down.
    func accept() -> UnixSocket? {
        while true {
            let caller = confab_accept(descriptor)
            guard caller >= 0 else {
                if errno == EINTR || errno == ECONNABORTED { continue }
                return nil
            }
            let socket = UnixSocket(descriptor: caller)
            let user = confab_peer_user(caller)
            if user == getuid() || user == 0 { return socket }
        }
    }

    /// Wakes whoever waits in it, for ever.
    func shutDown() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    private static func make() throws(ControlSocketError) -> UnixSocket {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw .broken("no socket: \(lastError())") }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        return UnixSocket(descriptor: descriptor)
    }

    private static func withAddress<Result>(
        _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) throws(ControlSocketError) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard !bytes.isEmpty, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw .cannotMake("\(path): a socket's path has at most 107 bytes")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }

    private static func lastError() -> String { String(cString: strerror(errno)) }
}

/// Reads lines of at most so many bytes; a longer one is cut, its rest skipped.
struct LineReader {
    private let descriptor: Int32
    private let maximum: Int
    private var buffer: [UInt8] = []
    private var skipping = false

    init(_ descriptor: Int32, maximum: Int) {
        self.descriptor = descriptor
        self.maximum = maximum
    }

    /// The next line without its line feed, waiting for it; nil at the end.
    mutating func next() -> [UInt8]? {
        var part = [UInt8](repeating: 0, count: 4_096)
        while true {
            if let end = buffer.firstIndex(of: 10) {
                let line = Array(buffer[..<end])
                buffer.removeFirst(end + 1)
                if !skipping { return line }
                skipping = false
                continue
            }
            if buffer.count > maximum {
                let line = skipping ? nil : buffer
                buffer.removeAll()
                skipping = true
                if let line { return line }
            }
            let count = read(descriptor, &part, part.count)
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { return nil }
            buffer += part[..<count]
        }
    }
}
