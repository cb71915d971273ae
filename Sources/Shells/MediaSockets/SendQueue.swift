import CSockets
import Glibc
import Runtime
import STUN

/// Datagrams on their way to one socket: a fixed number of slots, filled in place and sent with one call. They stand one
/// behind the other, so that little memory is touched.
///
/// Runs of datagrams of the same length to the same peer, such as the packets of one video frame, become one message that
/// the kernel cuts (UDP_SEGMENT): it walks its stack once for all of them.
@MediaLoop
final class SendQueue {
    private static let capacity = 512
    /// Most datagrams are a packet of 1,200 bytes or less.
    private static let byteCapacity = capacity * 1_280
    /// The kernel's limits for one message (UDP_MAX_SEGMENTS, and 65,507 bytes less headers).
    private static let longestRun = 40

    private let isIPv4: Bool
    private let batch: OpaquePointer
    private let storage: UnsafeMutableRawPointer
    private var lengths = [Int32](repeating: 0, count: capacity)
    private var peers = [TransportAddress](repeating: TransportAddress(high: 0, low: 0, port: 0), count: capacity)
    /// The next slot with a datagram to the same peer; -1 where there is none.
    private var next = [Int32](repeating: -1, count: capacity)
    private var isTaken = [Bool](repeating: false, count: capacity)
    private var latest: [TransportAddress: Int32] = [:]
    private var run = [UInt16](repeating: 0, count: longestRun)
    private var count = 0
    /// Bytes of the storage that are filled.
    private var used = 0

    init(isIPv4: Bool) {
        self.isIPv4 = isIPv4
        batch = confab_send_batch_new(Int32(Self.capacity))
        storage = .allocate(byteCount: Self.byteCapacity, alignment: 64)
    }

    isolated deinit {
        confab_send_batch_free(batch)
        storage.deallocate()
    }

    var isFull: Bool { count == Self.capacity || used + DatagramSocket.datagramCapacity > Self.byteCapacity }

    func reserve() -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: storage + used, count: DatagramSocket.datagramCapacity)
    }

    func commit(_ length: Int, to peer: TransportAddress) {
        confab_send_batch_fill(batch, Int32(count), storage + used, Int32(length))
        used += (length + 15) & ~15
        lengths[count] = Int32(length)
        peers[count] = peer
        next[count] = -1
        isTaken[count] = false
        if let before = latest.updateValue(Int32(count), forKey: peer) { next[Int(before)] = Int32(count) }
        count += 1
    }

    func flush(_ descriptor: Int32, _ counters: inout DatagramSocket.Counters) {
        guard count > 0 else { return }
        let messages = collect()
        var first: Int32 = 0
        while first < messages {
            let sent = confab_send(batch, descriptor, first, messages - first)
            counters.sendCalls += 1
            if sent == -EINTR { continue }
            if sent > 0 {
                first += sent
            } else {
                // The first one cannot be sent, now or ever: a network would have lost it.
                counters.unsent += 1
                first += 1
            }
        }
        counters.sent += count
        for index in 0..<count { counters.bytesSent += Int(lengths[index]) }
        count = 0
        used = 0
        latest.removeAll(keepingCapacity: true)
    }

    /// Makes messages of the slots, in the order in which their first ones were filled.
    private func collect() -> Int32 {
        var messages: Int32 = 0
        for slot in 0..<count where !isTaken[slot] {
            var length = 0
            var following = Int32(slot)
            repeat {
                run[length] = UInt16(following)
                isTaken[Int(following)] = true
                length += 1
                let isShorter = lengths[Int(following)] < lengths[slot]
                following = next[Int(following)]
                if isShorter { break }
            } while following >= 0 && length < Self.longestRun && lengths[Int(following)] <= lengths[slot]
            var peer = peers[slot].endpoint
            confab_send_batch_set(
                batch, messages, run, Int32(length), lengths[slot], &peer, isIPv4 ? 1 : 0)
            messages += 1
        }
        return messages
    }
}
