import Glibc
import Media
import Primitives

/// An open file, FIFO or standard stream, closed when it goes, unless it is a standard stream.
final class Descriptor {
    enum Kind {
        /// Never blocks for long, knows positions.
        case regular
        /// A pipe, FIFO, terminal or device: bytes come and go at their own pace.
        case stream
    }

    let number: Int32
    let kind: Kind
    private let isOwned: Bool

    private init(number: Int32, isOwned: Bool) {
        self.number = number
        self.isOwned = isOwned
        var status = stat()
        let isRegular = fstat(number, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
        kind = isRegular ? .regular : .stream
    }

    deinit {
        if isOwned { close(number) }
    }

    /// For a descriptor that this object closes in the end.
    static func owning(_ number: Int32) -> Descriptor { Descriptor(number: number, isOwned: true) }
    static var standardInput: Descriptor { Descriptor(number: STDIN_FILENO, isOwned: false) }
    static var standardOutput: Descriptor { Descriptor(number: STDOUT_FILENO, isOwned: false) }

    /// Opens for reading without waiting for the other end of a FIFO.
    static func reading(_ path: String) throws(DeviceError) -> Descriptor {
        let number = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        guard number >= 0 else { throw .cannotOpen("cannot open \(path.shown): \(SystemError.text(errno))") }
        let descriptor = owning(number)
        var status = stat()
        guard fstat(number, &status) == 0, status.st_mode & S_IFMT != S_IFDIR else {
            throw .cannotOpen("cannot open \(path.shown): it is a directory")
        }
        return descriptor
    }

    /// Makes or empties a file. Nil for a FIFO that nobody reads yet.
    static func writing(_ path: String) throws(DeviceError) -> Descriptor? {
        let number = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NONBLOCK | O_CLOEXEC, 0o666)
        if number >= 0 { return owning(number) }
        if errno == ENXIO, FileKind.of(path) == .stream { return nil }
        throw .cannotWrite("cannot write \(path.shown): \(SystemError.text(errno))")
    }

    /// For a library that reads by itself.
    func makeBlocking() {
        let flags = fcntl(number, F_GETFL)
        if flags >= 0 { _ = fcntl(number, F_SETFL, flags & ~O_NONBLOCK) }
    }

    /// Whether bytes can be read (`POLLIN`) or written (`POLLOUT`) within `timeout`. An end or error counts as yes, so
    /// that the following call tells it.
    func wait(for events: Int32, timeout: Duration) -> Bool {
        var request = pollfd(fd: number, events: Int16(events), revents: 0)
        let milliseconds = Int32(clamping: timeout.milliseconds)
        while true {
            let result = poll(&request, 1, milliseconds)
            if result < 0 && errno == EINTR { continue }
            return result != 0
        }
    }
}

/// What the command line's word is in the file system.
enum FileKind {
    case missing, directory, regular, stream

    static func of(_ path: String) -> FileKind {
        var status = stat()
        guard stat(path, &status) == 0 else { return .missing }
        return switch status.st_mode & S_IFMT {
        case S_IFREG: .regular
        case S_IFDIR: .directory
        default: .stream
        }
    }
}

enum SystemError {
    static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}

extension String {
    /// A name from outside, fit for a one-line message.
    var shown: String { controlCharactersVisible }

    /// `mic.wav` of `/tmp/mic.wav`.
    var lastPathComponent: String { split(separator: "/").last.map(String.init) ?? self }

    /// `wav` of `/tmp/MIC.WAV`; empty where there is none.
    var pathExtension: String {
        let parts = lastPathComponent.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count > 1 ? parts[parts.count - 1].lowercased() : ""
    }
}
