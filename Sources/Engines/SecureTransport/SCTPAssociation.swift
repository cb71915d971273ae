import CUsrsctp

/// A message on one stream of an association.
package struct SCTPMessage: Equatable, Sendable {
    package var stream: UInt16
    /// Says what the bytes are (RFC 8831 §8): 50 is DCEP, 51 text, 53 binary.
    package var ppid: UInt32
    package var bytes: [UInt8]
    package var isOrdered: Bool
    /// How often it may be sent again before it is given up; nil sends it until it arrives. Only of outgoing messages.
    package var retransmissions: Int?

    package init(
        stream: UInt16, ppid: UInt32, bytes: [UInt8], isOrdered: Bool = true, retransmissions: Int? = nil
    ) {
        self.stream = stream
        self.ppid = ppid
        self.bytes = bytes
        self.isOrdered = isOrdered
        self.retransmissions = retransmissions
    }
}

/// Why a message could not be sent or an association not be made.
package enum SCTPError: Error, Equatable, Sendable {
    /// The association has failed or was closed.
    case notOpen
    /// SCTP has no empty messages; data channels send one zero byte with a PPID of its own (RFC 8831 §6.6).
    case empty
    /// Longer than `maxMessageSize`.
    case tooLong
    /// Too much waits to be sent; nothing was taken.
    case bufferFull
    /// There is no such stream.
    case noSuchStream
    /// usrsctp could not make a socket.
    case unavailable
}

/// One SCTP association inside DTLS (RFC 8261), by usrsctp. Both peers call `connect` (RFC 8841 §9.3).
///
/// Packets go in by `receive` and come out of `pollTransmit`; timers are common to all associations and run by
/// `SCTPStack.handleTimers`. After each of these: drain `pollTransmit` and `pollReceived`, look at `state`.
/// An association is used by one thread at a time; different ones may live on different threads.
package final class SCTPAssociation {
    package enum State: Equatable, Sendable {
        case connecting, up
        /// The peer did not answer or refused.
        case failed
        /// By `close`, or by the peer.
        case closed
    }

    /// Streams this side may send on; ids reach one less.
    package static let outgoingStreams = 256
    /// Bytes that may wait for the peer beyond usrsctp's own buffer.
    private static let outboxCapacity = 4 << 20

    package let maxMessageSize: Int
    private let remotePort: UInt16
    private let mtu: Int
    private let mailbox: SCTPMailbox
    private let identity: SCTPIdentity
    private var socket: OpaquePointer?
    private var outbox = Queue<SCTPMessage>()
    private var outboxBytes = 0

    /// Ports are those of `a=sctp-port`. `mtu` bounds SCTP packets, in bytes: 1200 of DTLS less its 37.
    package init(
        localPort: UInt16 = 5000, remotePort: UInt16 = 5000, maxMessageSize: Int = 262_144, mtu: Int = 1160
    ) throws(SCTPError) {
        precondition(1...1 << 24 ~= maxMessageSize && 512...65_535 ~= mtu, "sizes that make sense")
        self.remotePort = remotePort
        self.maxMessageSize = maxMessageSize
        self.mtu = mtu
        let mailbox = SCTPMailbox(maxMessageSize: maxMessageSize)
        self.mailbox = mailbox
        (identity, socket) = SCTPStack.locked {
            let identity = SCTPStack.register(mailbox)
            var options = Self.options(maxMessageSize: maxMessageSize)
            return (identity, confab_sctp_open(identity.pointer, localPort, receiveFromStack, &options))
        }
        guard socket != nil else {
            SCTPStack.locked { SCTPStack.unregister(identity) }
            throw .unavailable
        }
    }

    deinit { shutDown() }

    package var state: State { SCTPStack.locked { mailbox.state } }

    /// Bytes taken by `send` and not yet by usrsctp.
    package var bufferedAmount: Int { outboxBytes }

    /// Packets and messages dropped because a queue was full or a message too long.
    package var dropped: Int { SCTPStack.locked { mailbox.dropped } }

    /// Sends INIT. The peer does so too; the two make one association (RFC 9260 §5.2).
    package func connect() {
        SCTPStack.locked {
            guard let socket else { return }
            // usrsctp's path MTU leaves the 12 bytes of the common header out.
            let status = confab_sctp_connect(socket, identity.pointer, remotePort, UInt32(mtu - 12))
            if status != 0 { mailbox.end(.failed) }
        }
    }

    /// Takes one packet out of DTLS; usrsctp checks its checksum and drops what makes no sense.
    package func receive(_ packet: [UInt8]) {
        // A common header and one chunk header (RFC 9260 §3).
        guard packet.count >= 16, packet.count <= 65_535 else { return }
        SCTPStack.locked {
            guard socket != nil else { return }
            usrsctp_conninput(identity.pointer, packet, packet.count, 0)
            flush()
        }
    }

    /// The next packet for DTLS.
    package func pollTransmit() -> [UInt8]? {
        SCTPStack.locked {
            flush()
            return mailbox.pollPacket()
        }
    }

    /// Takes a message; before the association is up it waits.
    package func send(stream: UInt16, ppid: UInt32, _ bytes: [UInt8], ordered: Bool = true) throws(SCTPError) {
        try send(SCTPMessage(stream: stream, ppid: ppid, bytes: bytes, isOrdered: ordered))
    }

    package func send(_ message: SCTPMessage) throws(SCTPError) {
        let bytes = message.bytes
        guard !bytes.isEmpty else { throw .empty }
        guard bytes.count <= maxMessageSize else { throw .tooLong }
        guard Int(message.stream) < Self.outgoingStreams else { throw .noSuchStream }
        try SCTPStack.locked { () throws(SCTPError) in
            guard socket != nil, mailbox.state == .connecting || mailbox.state == .up else { throw .notOpen }
            guard outboxBytes + bytes.count <= Self.outboxCapacity else { throw .bufferFull }
            outbox.append(message)
            outboxBytes += bytes.count
            flush()
        }
    }

    /// The next message of the peer, whole and in its stream's order.
    package func pollReceived() -> SCTPMessage? { SCTPStack.locked { mailbox.pollMessage() } }

    /// Ends this side's stream, which is how a data channel is closed (RFC 8831 §6.7). Its number may be used again.
    package func resetStream(_ stream: UInt16) {
        SCTPStack.locked {
            guard let socket, mailbox.state == .up else { return }
            confab_sctp_reset_stream(socket, stream)
        }
    }

    /// The next stream that the peer has ended.
    package func pollReset() -> UInt16? { SCTPStack.locked { mailbox.pollReset() } }

    /// Ends at once (ABORT); the packet that says so is to be fetched by `pollTransmit`.
    package func close() { shutDown() }
}

extension SCTPAssociation {
    /// Gives usrsctp what waits, as far as it takes it. Holds the lock.
    private func flush() {
        guard mailbox.state == .up, let socket else { return }
        while let next = outbox.first {
            let result = confab_sctp_send(
                socket, next.bytes, next.bytes.count, next.stream, next.ppid, next.isOrdered ? 1 : 0,
                Int32(next.retransmissions ?? -1))
            if result == CONFAB_SCTP_BLOCKED { return }
            // A refusal means a stream the peer does not have, or an association that is about to end.
            if result == CONFAB_SCTP_REFUSED { mailbox.countDropped() }
            outboxBytes -= next.bytes.count
            _ = outbox.popFirst()
        }
    }

    private func shutDown() {
        SCTPStack.locked {
            guard let socket else { return }
            usrsctp_close(socket)
            self.socket = nil
            mailbox.end(.closed)
            SCTPStack.unregister(identity)
        }
    }

    private static func options(maxMessageSize: Int) -> confab_sctp_options {
        confab_sctp_options(
            // Room for two of the longest messages, so that none is delivered in pieces for want of space.
            buffer_size: Int32(2 * maxMessageSize + 65_536),
            outgoing_streams: UInt16(outgoingStreams), incoming_streams: 1024,
            // Quicker than RFC 9260's 3 s and 1 s: ICE has shown that the path works, and someone waits.
            initial_rto_ms: 300, min_rto_ms: 250, max_rto_ms: 10_000)
    }
}

/// usrsctp's receive callback. It runs inside a call of ours that holds the lock.
private func receiveFromStack(
    socket: OpaquePointer?, address: sctp_sockstore, bytes: UnsafeMutableRawPointer?, count: Int, info: sctp_rcvinfo,
    flags: Int32, context: UnsafeMutableRawPointer?
) -> Int32 {
    guard let bytes else { return 1 }
    defer { confab_free(bytes) }
    guard let mailbox = SCTPStack.mailbox(context) else { return 1 }
    let buffer = UnsafeRawBufferPointer(start: bytes, count: count)
    if flags & MSG_NOTIFICATION != 0 {
        mailbox.notify(buffer)
    } else {
        mailbox.receive(buffer, info: info, isComplete: flags & Int32(MSG_EOR) != 0)
    }
    return 1
}
