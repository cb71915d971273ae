import COpenSSL

/// The two ends of a DTLS connection inside memory: datagrams in, datagrams out.
///
/// OpenSSL's own memory BIO joins datagrams to one stream, which loses the packet boundaries DTLS depends on; this one
/// keeps them: one write is one datagram.
final class DatagramBIO {
    /// Datagrams beyond this are dropped like a network would; a handshake flight has a handful.
    private static let capacity = 512

    private let mtu: Int
    private var incoming: [UInt8]?
    private var outgoing = Queue<[UInt8]>()

    init(mtu: Int) { self.mtu = mtu }

    /// What OpenSSL reads next. An unread datagram is replaced.
    func offer(_ datagram: [UInt8]) { incoming = datagram }

    func pollOutgoing() -> [UInt8]? { outgoing.popFirst() }

    /// A BIO over this object, which must outlive it. The caller owns it until a connection takes it.
    func makeBIO() -> OpaquePointer? {
        guard let bio = BIO_new(Self.method.pointer) else { return nil }
        BIO_set_data(bio, Unmanaged.passUnretained(self).toOpaque())
        BIO_set_init(bio, 1)
        return bio
    }

    fileprivate func write(_ bytes: UnsafeRawBufferPointer) {
        guard outgoing.count < Self.capacity else { return }
        outgoing.append([UInt8](bytes))
    }

    /// Copies the datagram; what does not fit is lost, as with a socket. Nil where there is none.
    fileprivate func read(into buffer: UnsafeMutableRawBufferPointer) -> Int? {
        guard let datagram = incoming else { return nil }
        incoming = nil
        let count = min(datagram.count, buffer.count)
        datagram.withUnsafeBytes { buffer.copyMemory(from: .init(rebasing: $0[..<count])) }
        return count
    }

    fileprivate func control(_ command: Int32) -> Int {
        switch command {
        case BIO_CTRL_FLUSH: 1
        case BIO_CTRL_DGRAM_QUERY_MTU, BIO_CTRL_DGRAM_GET_MTU, BIO_CTRL_DGRAM_GET_FALLBACK_MTU: mtu
        default: 0
        }
    }

    /// The table of functions; made once and never freed or changed, so any thread may use it.
    private struct Method: @unchecked Sendable {
        let pointer: OpaquePointer?
    }

    private static let method = Method(pointer: makeMethod())
}

private func makeMethod() -> OpaquePointer? {
    guard let method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "confab datagrams") else { return nil }
    BIO_meth_set_write(method) { bio, bytes, count in
        guard let link = datagrams(of: bio), let bytes, count > 0 else { return -1 }
        link.write(UnsafeRawBufferPointer(start: bytes, count: Int(count)))
        return count
    }
    BIO_meth_set_read(method) { bio, buffer, count in
        guard let link = datagrams(of: bio), let buffer, count > 0 else { return -1 }
        let all = BIO_FLAGS_READ | BIO_FLAGS_WRITE | BIO_FLAGS_IO_SPECIAL | BIO_FLAGS_SHOULD_RETRY
        BIO_clear_flags(bio, all)
        guard let read = link.read(into: UnsafeMutableRawBufferPointer(start: buffer, count: Int(count))) else {
            BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY)
            return -1
        }
        return Int32(read)
    }
    BIO_meth_set_ctrl(method) { bio, command, _, _ in datagrams(of: bio)?.control(command) ?? 0 }
    BIO_meth_set_create(method) { _ in 1 }
    BIO_meth_set_destroy(method) { _ in 1 }
    return method
}

private func datagrams(of bio: OpaquePointer?) -> DatagramBIO? {
    BIO_get_data(bio).map { Unmanaged<DatagramBIO>.fromOpaque($0).takeUnretainedValue() }
}
