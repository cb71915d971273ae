import Glibc
import Media
import Primitives

/// Where a recording's bytes go: a file that can be patched, or a stream (standard output, a FIFO) that cannot.
///
/// A stream's reader may be slow: writing waits for it, as the recorder has a thread and a queue of its own, until
/// `isHurried` says that the call is over.
package final class RecordingOutput {
    /// What a user would call it.
    package let name: String
    /// Whether bytes that were written can be written over.
    package let isSeekable: Bool
    private let descriptor: Descriptor
    private var length = 0

    private static let slice = Duration.milliseconds(100)
    /// How long a reader may take nothing once the call is over.
    private static let patience = Duration.seconds(2)

    private init(_ descriptor: Descriptor, name: String) {
        // A reader's end must be an error of `write`, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        self.descriptor = descriptor
        self.name = name
        isSeekable = descriptor.kind == .regular
    }

    /// `-` is standard output. A FIFO is waited for until somebody reads it.
    package convenience init(path: String) throws(DeviceError) {
        if path == "-" {
            self.init(.standardOutput, name: "standard output")
        } else {
            self.init(try Self.open(path), name: path)
        }
    }

    private static func open(_ path: String) throws(DeviceError) -> Descriptor {
        if let descriptor = try Descriptor.writing(path) { return descriptor }
        throw .cannotWrite("cannot write \(path.shown): nobody reads this FIFO yet")
    }

    /// Makes the folder where it is missing.
    package static func makeFolder(_ path: String) throws(DeviceError) {
        guard mkdir(path, 0o777) == 0 || (errno == EEXIST && FileKind.of(path) == .directory) else {
            throw .cannotWrite("cannot make the folder \(path.shown): \(SystemError.text(errno))")
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw .cannotWrite("cannot write into \(path.shown): \(SystemError.text(errno))")
        }
    }

    package static func exists(_ path: String) -> Bool { FileKind.of(path) != .missing }

    package func append(_ bytes: [UInt8], isHurried: () -> Bool) throws(DeviceError) {
        var rest = bytes[...]
        var waited = Duration.zero
        while !rest.isEmpty {
            guard isSeekable || descriptor.wait(for: POLLOUT, timeout: Self.slice) else {
                waited += Self.slice
                guard !isHurried() || waited < Self.patience else {
                    throw .cannotWrite("cannot write to \(name.shown): nobody reads it any more")
                }
                continue
            }
            // A pipe that can be written takes at least this much without blocking (POSIX PIPE_BUF).
            let size = isSeekable ? rest.count : min(rest.count, 4_096)
            let written = rest.withUnsafeBytes { Glibc.write(descriptor.number, $0.baseAddress, size) }
            if written >= 0 {
                rest = rest.dropFirst(written)
                waited = .zero
            } else if errno != EINTR && errno != EAGAIN {
                let code = errno
                if isSeekable { cutPartial() }
                throw failure(code)
            }
        }
        length += bytes.count
    }

    /// A full disk takes half a piece; without it the file ends where a reader expects.
    private func cutPartial() { _ = ftruncate(descriptor.number, off_t(length)) }

    package func patch(_ bytes: [UInt8], at offset: Int) throws(DeviceError) {
        guard isSeekable else { return }
        let written = bytes.withUnsafeBytes { pwrite(descriptor.number, $0.baseAddress, $0.count, off_t(offset)) }
        guard written == bytes.count else { throw failure(errno) }
    }

    private func failure(_ code: Int32) -> DeviceError {
        if code == EPIPE { return .cannotWrite("cannot write to \(name.shown): nobody reads it any more") }
        return .cannotWrite("cannot write to \(name.shown): \(SystemError.text(code))")
    }
}
