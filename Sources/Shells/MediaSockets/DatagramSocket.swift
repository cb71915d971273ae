import CSockets
import Glibc
import Primitives
import Runtime
import STUN

/// Why a socket could not be had.
package enum SocketError: Error, Hashable, Sendable {
    /// The address is none of this machine's, or the port is taken, in the system's words.
    case cannotBind(String)

    package var message: String {
        switch self {
        case .cannotBind(let text): text
        }
    }
}

/// A UDP socket that takes and gives datagrams in batches: one system call for many.
@MediaLoop
package final class DatagramSocket {
    /// The longest datagram that is taken or sent, in bytes. Peers keep below 1,500.
    package static let datagramCapacity = 2_048

    package struct Counters: Sendable, Hashable {
        package var received = 0
        package var sent = 0
        package var bytesReceived = 0
        package var bytesSent = 0
        /// Datagrams that the system did not take: the peer cannot be reached, or its queue is full.
        package var unsent = 0
        package var sendCalls = 0
        package var receiveCalls = 0

        package init() {}
    }

    package typealias Handler = @MediaLoop (UnsafeMutableRawBufferPointer, TransportAddress) -> Void

    package let local: TransportAddress
    package private(set) var counters = Counters()
    private let descriptor: Int32
    private let batch: OpaquePointer
    private let outbox: SendQueue
    private var watch: MediaWatch?

    /// A reading of the socket goes on for so many batches before others get their turn.
    private static let readsPerTurn = 4
    private static let receiveBatch: Int32 = 64

    /// Port 0 takes any free one.
    package init(local: TransportAddress, handler: @escaping Handler) throws(SocketError) {
        var wanted = local.endpoint
        var bound = confab_endpoint()
        // The default of 200 KB loses packets whenever the scheduler is late.
        descriptor = confab_udp_open(&wanted, 4 << 20, 4 << 20, &bound)
        guard descriptor >= 0 else { throw .cannotBind("\(local): \(String(cString: strerror(-descriptor)))") }
        self.local = TransportAddress(bound)
        batch = confab_receive_batch_new(Self.receiveBatch, Int32(Self.datagramCapacity))
        outbox = SendQueue(isIPv4: local.isIPv4)
        watch = MediaWatch(descriptor) { [weak self] readable, _ in
            if readable { self?.receive(handler) }
        }
    }

    isolated deinit {
        close()
        confab_receive_batch_free(batch)
    }

    private func receive(_ handler: Handler) {
        for _ in 0..<Self.readsPerTurn {
            let count = confab_receive(batch, descriptor)
            guard count > 0 else { return }
            counters.receiveCalls += 1
            for index in 0..<count {
                let length = Int(confab_received_length(batch, index))
                guard length > 0 else { continue }
                counters.received += 1
                counters.bytesReceived += length
                var peer = confab_endpoint()
                confab_received_from(batch, index, &peer)
                let bytes = UnsafeMutableRawBufferPointer(start: confab_received_bytes(batch, index), count: length)
                handler(bytes, TransportAddress(peer))
            }
            guard count == Self.receiveBatch else { return }
        }
    }

    /// Room for one datagram, to be filled and given to `commit`. Nothing else may be asked of the socket in between.
    package func reserve() -> UnsafeMutableRawBufferPointer {
        if outbox.isFull { flush() }
        return outbox.reserve()
    }

    /// Puts what was written into the reserved room on its way; it goes with the next `flush`.
    package func commit(_ count: Int, to peer: TransportAddress) { outbox.commit(count, to: peer) }

    package func send(_ datagram: [UInt8], to peer: TransportAddress) {
        guard datagram.count <= Self.datagramCapacity else { return }
        datagram.withUnsafeBytes { reserve().copyMemory(from: $0) }
        commit(datagram.count, to: peer)
    }

    /// Sends all that waits.
    package func flush() { if watch != nil { outbox.flush(descriptor, &counters) } }

    package func close() {
        guard let watch else { return }
        flush()
        watch.cancel()
        self.watch = nil
        confab_close_socket(descriptor)
    }
}
