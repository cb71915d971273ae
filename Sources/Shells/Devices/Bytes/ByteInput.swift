import Glibc
import Media
import Primitives

/// Bytes of a file, FIFO or standard input, gathered until enough are there, never blocking longer than asked.
final class ByteInput {
    enum Supply {
        case enough
        /// Not within the time given; what came is kept.
        case later
        /// Fewer are left, and no more will come.
        case ended
    }

    let name: String
    let descriptor: Descriptor
    private var storage: [UInt8] = []
    private var start = 0
    private var end = 0
    private var isAtEnd = false

    /// Lives as long as the input: the program that writes it.
    private let owner: AnyObject?

    init(_ descriptor: Descriptor, name: String, owner: AnyObject? = nil) {
        self.descriptor = descriptor
        self.owner = owner
        self.name = name
    }

    convenience init(path: String) throws(DeviceError) {
        self.init(try Descriptor.reading(path), name: path.lastPathComponent.shown)
    }

    var isRegular: Bool { descriptor.kind == .regular }
    /// How many bytes are here already.
    var available: Int { end - start }

    /// Waits at most `timeout` for each piece until `count` bytes are here. The caller bounds `count`.
    func gather(_ count: Int, timeout: Duration) throws(DeviceError) -> Supply {
        while available < count {
            if isAtEnd { return .ended }
            makeRoom(for: count)
            if !isRegular, !descriptor.wait(for: POLLIN, timeout: timeout) { return .later }
            let got = storage.withUnsafeMutableBytes {
                Glibc.read(descriptor.number, $0.baseAddress! + end, $0.count - end)
            }
            if got > 0 {
                end += got
            } else if got == 0 {
                isAtEnd = true
            } else if errno != EINTR && errno != EAGAIN {
                throw .unusable("cannot read \(name): \(SystemError.text(errno))")
            }
        }
        return .enough
    }

    /// The first bytes, at most `count`, without taking them.
    func peek(_ count: Int) -> ArraySlice<UInt8> { storage[start..<start + min(count, available)] }

    /// Takes `count` bytes that are known to be here.
    func take(_ count: Int) -> [UInt8] {
        defer { drop(count) }
        return [UInt8](storage[start..<start + count])
    }

    func drop(_ count: Int) {
        precondition(count <= available, "only gathered bytes can be taken")
        start += count
    }

    /// Grows with what really comes, so that a damaged size costs no memory.
    private func makeRoom(for count: Int) {
        let kept = available
        if start > 0 {
            storage.withUnsafeMutableBytes { bytes in
                if let base = bytes.baseAddress { _ = memmove(base, base + start, kept) }
            }
            start = 0
            end = kept
        }
        guard end == storage.count else { return }
        var larger = [UInt8](repeating: 0, count: max(16_384, min(count, 2 * storage.count)))
        larger.withUnsafeMutableBytes { $0.copyBytes(from: storage[..<kept]) }
        storage = larger
    }
}
