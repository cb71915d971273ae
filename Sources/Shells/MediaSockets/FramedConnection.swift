import CSockets
import Glibc
import Primitives
import Runtime
import STUN

/// A TCP connection that carries datagrams, each behind its length in two bytes (RFC 4571), as ICE-TCP does.
@MediaLoop
package final class FramedConnection {
    package let peer: TransportAddress
    /// Datagrams that were dropped because the peer does not read.
    package private(set) var dropped = 0
    private let descriptor: Int32
    private var watch: MediaWatch?
    private var incoming: [UInt8] = []
    private var outgoing: [UInt8] = []
    private var isBlocked = false
    private let handler: @MediaLoop (FramedConnection, Event) -> Void

    package enum Event {
        case datagram(UnsafeMutableRawBufferPointer)
        case closed
    }

    /// What may wait for a peer that reads slowly; half a second of video. Beyond it the newest is dropped.
    private static let outgoingLimit = 256 << 10
    private static let readSize = 16 << 10

    init(descriptor: Int32, peer: TransportAddress, handler: @escaping @MediaLoop (FramedConnection, Event) -> Void) {
        self.descriptor = descriptor
        self.peer = peer
        self.handler = handler
        watch = MediaWatch(descriptor) { [weak self] readable, writable in
            if readable { self?.read() }
            if writable { self?.write() }
        }
    }

    isolated deinit { close() }

    private func read() {
        guard watch != nil else { return }
        let before = incoming.count
        incoming.append(contentsOf: repeatElement(0, count: Self.readSize))
        let count = incoming.withUnsafeMutableBytes {
            confab_tcp_read(descriptor, $0.baseAddress! + before, Self.readSize)  // never empty
        }
        incoming.removeLast(Self.readSize - Int(max(0, count)))
        if count == 0 || (count < 0 && count != -EAGAIN && count != -EINTR) { return end() }
        takeFrames()
    }

    private func takeFrames() {
        var offset = 0
        while watch != nil, incoming.count - offset >= 2 {
            let length = Int(incoming[offset]) << 8 | Int(incoming[offset + 1])
            guard length <= DatagramSocket.datagramCapacity else { return end() }
            guard incoming.count - offset - 2 >= length else { break }
            let start = offset + 2
            offset = start + length
            guard length > 0 else { continue }
            var frame = Array(incoming[start..<offset])
            frame.withUnsafeMutableBytes { handler(self, .datagram($0)) }
        }
        incoming.removeFirst(min(offset, incoming.count))
    }

    /// False where the peer does not read, and too much waits already.
    @discardableResult
    package func send(_ datagram: UnsafeRawBufferPointer) -> Bool {
        guard watch != nil, datagram.count <= 65_535 else { return true }
        guard outgoing.count + datagram.count + 2 <= Self.outgoingLimit else {
            dropped += 1
            return false
        }
        outgoing.appendU16(UInt16(datagram.count))
        outgoing.append(contentsOf: datagram)
        if !isBlocked { write() }
        return true
    }

    private func write() {
        guard watch != nil, !outgoing.isEmpty else { return }
        let count = outgoing.withUnsafeBytes { confab_tcp_write(descriptor, $0.baseAddress, $0.count) }
        if count < 0 && count != -EAGAIN && count != -EINTR { return end() }
        outgoing.removeFirst(Int(max(0, count)))
        let wasBlocked = isBlocked
        isBlocked = !outgoing.isEmpty
        if isBlocked != wasBlocked { watch?.wantsToWrite(isBlocked) }
    }

    private func end() {
        guard watch != nil else { return }
        close()
        handler(self, .closed)
    }

    package func close() {
        guard let watch else { return }
        watch.cancel()
        self.watch = nil
        confab_close_socket(descriptor)
    }
}

/// Takes TCP connections on one address.
@MediaLoop
package final class FramedListener {
    private let descriptor: Int32
    private var watch: MediaWatch?

    package init(
        local: TransportAddress,
        accepted: @escaping @MediaLoop (FramedListener, Int32, TransportAddress) -> Void
    ) throws(SocketError) {
        var endpoint = local.endpoint
        descriptor = confab_tcp_listen(&endpoint)
        guard descriptor >= 0 else { throw .cannotBind("\(local): \(String(cString: strerror(-descriptor)))") }
        watch = MediaWatch(descriptor) { [weak self] _, _ in
            guard let self else { return }
            var peer = confab_endpoint()
            while true {
                let connection = confab_tcp_accept(self.descriptor, &peer)
                guard connection >= 0 else { return }
                accepted(self, connection, TransportAddress(peer))
            }
        }
    }

    isolated deinit { close() }

    /// Makes a connection of an accepted descriptor.
    package func connection(
        _ descriptor: Int32, peer: TransportAddress,
        handler: @escaping @MediaLoop (FramedConnection, FramedConnection.Event) -> Void
    ) -> FramedConnection {
        FramedConnection(descriptor: descriptor, peer: peer, handler: handler)
    }

    /// Refuses an accepted descriptor.
    package func refuse(_ descriptor: Int32) { confab_close_socket(descriptor) }

    package func close() {
        guard let watch else { return }
        watch.cancel()
        self.watch = nil
        confab_close_socket(descriptor)
    }
}
