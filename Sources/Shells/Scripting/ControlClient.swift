import Glibc
import Runtime

/// A connection to a running call, as `confab ctl` has it.
package final class ControlClient {
    private let socket: UnixSocket
    private var lines: LineReader

    package init(path: String) throws(ControlSocketError) {
        socket = try UnixSocket.connect(to: path)
        lines = LineReader(socket.descriptor, maximum: 16 << 20)
    }

    /// Sends a line and waits for its answer.
    package func ask(_ line: [UInt8]) throws(ControlSocketError) -> [UInt8] {
        guard writeAll(line + [10], to: socket.descriptor), let answer = lines.next() else {
            throw .broken("the call ended without an answer")
        }
        return answer
    }
}
