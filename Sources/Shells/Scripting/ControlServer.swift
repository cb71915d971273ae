import Glibc
import Primitives
import Runtime

/// Listens for controllers of one call. Each has a thread of its own, so that a slow one holds up nobody; the call
/// never waits for any of them.
package final class ControlServer: Sendable {
    package let path: String
    private let socket: UnixSocket
    private let callers = Protected(0)

    /// Answers one request line with one reply line, in whatever time it takes.
    package typealias Service = @Sendable (_ line: [UInt8]) -> [UInt8]

    private static let maximumCallers = 32
    private static let maximumLine = 64 << 10

    /// Listens at `path`; a socket there whose call has ended is replaced, one that is alive is left alone.
    package init(path: String, service: @escaping Service) throws(ControlSocketError) {
        Self.removeIfStale(path)
        self.path = path
        socket = try UnixSocket.listen(at: path)
        let listener = JoinableThread(name: "control") { [self] in accept(service) }
        _ = Unmanaged.passRetained(listener)  // lives as long as the socket is open
    }

    /// Listens in the user's folder, under `name` or, where that is taken, `name-2` and so on.
    package static func start(named name: String, service: @escaping Service) throws(ControlSocketError)
        -> ControlServer
    {
        try ControlFolder.prepare()
        var problem = ControlSocketError.cannotMake("no name is free")
        for number in 1...100 {
            let path = ControlFolder.socket(named: number == 1 ? name : "\(name)-\(number)")
            do throws(ControlSocketError) {
                return try ControlServer(path: path, service: service)
            } catch {
                problem = error
                var status = stat()
                guard lstat(path, &status) == 0 else { break }
            }
        }
        throw problem
    }

    /// Nobody is answered any more, and the file is gone.
    package func stop() {
        unlink(path)
        socket.shutDown()
    }

    package static func removeIfStale(_ path: String) {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == getuid() else { return }
        if (try? UnixSocket.connect(to: path)) == nil { unlink(path) }
    }

    private func accept(_ service: @escaping Service) {
        while let caller = socket.accept() {
            guard
                callers.withLock({
                    $0 += 1
                    return $0
                }) <= Self.maximumCallers
            else {
                callers.withLock { $0 -= 1 }
                continue
            }
            let thread = JoinableThread(name: "controller") { [callers] in
                var lines = LineReader(caller.descriptor, maximum: Self.maximumLine)
                while let line = lines.next() {
                    if line.allSatisfy({ $0 == 32 || $0 == 13 }) { continue }
                    guard writeAll(service(line) + [10], to: caller.descriptor) else { break }
                }
                callers.withLock { $0 -= 1 }
            }
            _ = thread  // let go of: it ends with its caller
        }
    }
}
