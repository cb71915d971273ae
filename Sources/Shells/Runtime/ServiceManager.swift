import Glibc
import Primitives

/// Tells systemd how a service of ours is, as `Type=notify` wants it (sd_notify(3)): one datagram, no library.
package enum ServiceManager {
    package enum State: Sendable {
        case ready(status: String)
        case reloading
        case stopping
        /// One line for `systemctl status`.
        case status(String)
    }

    /// Does nothing where no service manager asked for it.
    package static func notify(_ state: State) {
        guard let path = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }), path.count > 1 else { return }
        switch state {
        case .ready(let status): send("READY=1\nSTATUS=\(oneLine(status))", to: path)
        case .reloading:
            send("RELOADING=1\nMONOTONIC_USEC=\(Clock.now().nanoseconds / 1_000)", to: path)
        case .stopping: send("STOPPING=1", to: path)
        case .status(let status): send("STATUS=\(oneLine(status))", to: path)
        }
    }

    private static func oneLine(_ text: String) -> String { text.controlCharactersVisible }

    private static func send(_ text: String, to path: String) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        guard descriptor >= 0 else { return }
        defer { close(descriptor) }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return }
        // A leading @ stands for the zero byte of an abstract name.
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)
        let message = Array(text.utf8)
        withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = sendto(descriptor, message, message.count, 0, $0, length)
            }
        }
    }

    /// Whether standard error goes to the journal, which keeps time and priority itself.
    package static let logsToJournal: Bool = {
        guard let stream = getenv("JOURNAL_STREAM").map({ String(cString: $0) }) else { return false }
        var status = stat()
        return fstat(STDERR_FILENO, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
    }()
}
