import CUsrsctp

/// What usrsctp's callbacks leave for one association, until its owner fetches it. Protected by the stack's lock.
final class SCTPMailbox {
    private(set) var state = SCTPAssociation.State.connecting
    private(set) var dropped = 0

    private var packets = Queue<[UInt8]>()
    private var messages = Queue<SCTPMessage>()
    private var resets = Queue<UInt16>()
    private var messageBytes = 0
    /// The message that comes in pieces; usrsctp finishes one before it begins another.
    private var partial: [UInt8] = []
    private var partialIsTooLong = false
    private let maxMessageSize: Int

    /// Packets beyond this are dropped, as a network would; SCTP sends them again.
    private static let packetCapacity = 4096
    /// Received bytes that may wait. The owner drains after each packet, so only a mistake of ours gets near it.
    private static let byteCapacity = 8 << 20
    private static let resetCapacity = 4096

    init(maxMessageSize: Int) { self.maxMessageSize = maxMessageSize }

    func pollPacket() -> [UInt8]? { packets.popFirst() }

    func pollMessage() -> SCTPMessage? {
        guard let message = messages.popFirst() else { return nil }
        messageBytes -= message.bytes.count
        return message
    }

    func pollReset() -> UInt16? { resets.popFirst() }

    func end(_ final: SCTPAssociation.State) {
        if state == .connecting || state == .up { state = final }
    }

    func countDropped() { dropped += 1 }

    // MARK: From usrsctp

    func transmit(_ packet: UnsafeRawBufferPointer) {
        guard packets.count < Self.packetCapacity else {
            dropped += 1
            return
        }
        packets.append([UInt8](packet))
    }

    /// A message or a piece of one.
    func receive(_ bytes: UnsafeRawBufferPointer, info: sctp_rcvinfo, isComplete: Bool) {
        if partialIsTooLong || partial.count + bytes.count > maxMessageSize {
            partialIsTooLong = true
            partial = []
        } else {
            partial.append(contentsOf: bytes)
        }
        guard isComplete else { return }
        defer { forgetPartial() }
        guard !partialIsTooLong, messageBytes + partial.count <= Self.byteCapacity else {
            dropped += 1
            return
        }
        let isOrdered = Int32(info.rcv_flags) & SCTP_UNORDERED == 0
        messages.append(
            SCTPMessage(stream: info.rcv_sid, ppid: confab_ntohl(info.rcv_ppid), bytes: partial, isOrdered: isOrdered))
        messageBytes += partial.count
    }

    /// A notification (RFC 6458 §6.1).
    func notify(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= MemoryLayout<UInt16>.size else { return }
        switch Int32(bytes.loadUnaligned(as: UInt16.self)) {
        case SCTP_ASSOC_CHANGE where bytes.count >= 10:
            change(to: Int32(bytes.loadUnaligned(fromByteOffset: 8, as: UInt16.self)))
        case SCTP_PARTIAL_DELIVERY_EVENT: forgetPartial()
        case SCTP_STREAM_RESET_EVENT: noteResets(bytes)
        default: break
        }
    }

    /// `struct sctp_stream_reset_event`: 12 bytes, then the streams' numbers.
    private func noteResets(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 12 else { return }
        let flags = Int32(bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        let unsuccessful = SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED
        guard flags & SCTP_STREAM_RESET_INCOMING_SSN != 0, flags & unsuccessful == 0 else { return }
        for offset in stride(from: 12, through: bytes.count - 2, by: 2) where resets.count < Self.resetCapacity {
            resets.append(bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self))
        }
    }

    /// `change` is `sac_state` of `struct sctp_assoc_change`.
    private func change(to change: Int32) {
        switch change {
        case SCTP_COMM_UP: if state == .connecting { state = .up }
        case SCTP_RESTART: forgetPartial()
        case SCTP_CANT_STR_ASSOC: end(.failed)
        case SCTP_COMM_LOST: end(state == .connecting ? .failed : .closed)
        case SCTP_SHUTDOWN_COMP: end(.closed)
        default: break
        }
    }

    private func forgetPartial() {
        partial = []
        partialIsTooLong = false
    }
}
