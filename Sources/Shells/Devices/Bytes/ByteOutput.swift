import Glibc
import Media
import Primitives

/// Writes blocks of bytes to a file, FIFO or standard output without stalling its thread.
///
/// A reader that stops reading loses whole blocks, as a listener who goes away does: a block that has begun is always
/// completed first, so samples stay aligned.
final class ByteOutput {
    let name: String
    /// Blocks lost because nobody took them in time.
    private(set) var dropped = 0
    private let path: String?
    private var descriptor: Descriptor?
    private var pending: ArraySlice<UInt8> = []

    /// A pipe has room for at least this much once it says that it can be written (POSIX `PIPE_BUF`).
    private static let pieceSize = 4_096
    private static let patience = Duration.milliseconds(100)

    private init(path: String?, descriptor: Descriptor?, name: String) {
        // A reader's end must be an error of `write`, not the end of the process.
        signal(SIGPIPE, SIG_IGN)
        self.path = path
        self.descriptor = descriptor
        self.name = name
    }

    convenience init(path: String) throws(DeviceError) {
        self.init(path: path, descriptor: try Descriptor.writing(path), name: path.lastPathComponent.shown)
    }

    static var standardOutput: ByteOutput {
        ByteOutput(path: nil, descriptor: .standardOutput, name: "standard output")
    }

    var isRegular: Bool { descriptor?.kind == .regular }

    func write(_ bytes: [UInt8]) throws(DeviceError) {
        guard try flush() else {
            dropped += 1
            return
        }
        pending = bytes[...]
        _ = try flush()
    }

    /// Replaces bytes of a regular file that were written before.
    func patch(_ bytes: [UInt8], at offset: Int) throws(DeviceError) {
        guard let descriptor, descriptor.kind == .regular else { return }
        guard
            bytes.withUnsafeBytes({ pwrite(descriptor.number, $0.baseAddress, $0.count, off_t(offset)) }) == bytes.count
        else { throw failure(errno) }
    }

    /// Waits up to `timeout` until all is written, then closes.
    func finish(timeout: Duration = .seconds(1)) throws(DeviceError) {
        var rounds = timeout.milliseconds / Self.patience.milliseconds
        while rounds > 0, try !flush() { rounds -= 1 }
        descriptor = nil
    }

    /// Whether everything that had begun is out.
    private func flush() throws(DeviceError) -> Bool {
        if descriptor == nil, let path { descriptor = try Descriptor.writing(path) }
        guard let descriptor else { return false }
        while !pending.isEmpty {
            guard descriptor.kind == .regular || descriptor.wait(for: POLLOUT, timeout: Self.patience) else {
                return false
            }
            let size = descriptor.kind == .regular ? pending.count : min(pending.count, Self.pieceSize)
            let written = pending.withUnsafeBytes { Glibc.write(descriptor.number, $0.baseAddress, size) }
            if written >= 0 {
                pending = pending.dropFirst(written)
            } else if errno == EAGAIN {
                return false
            } else if errno != EINTR {
                throw failure(errno)
            }
        }
        return true
    }

    private func failure(_ code: Int32) -> DeviceError {
        if code == EPIPE { return .cannotWrite("cannot write to \(name): nobody reads it any more") }
        return .cannotWrite("cannot write to \(name): \(SystemError.text(code))")
    }
}
