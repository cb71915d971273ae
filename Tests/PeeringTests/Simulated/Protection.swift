import Primitives
import RTP
import SecureTransport
import Streams

/// What encrypts one end: DTLS, SRTP and SCTP, joined as `PeerTransport` does but without ICE and timers.
///
/// DTLS and SCTP measure time themselves, so what they send must not be lost where time is simulated.
final class Protection {
    private let certificate: Certificate
    private let dtls: DTLSEndpoint
    private let sctp: SCTPAssociation
    private var srtp: SRTPSession?

    init() throws {
        certificate = try .selfSigned()
        dtls = try DTLSEndpoint(certificate: certificate, role: .client)
        sctp = try SCTPAssociation()
    }

    var fingerprint: [UInt8] { certificate.fingerprint.bytes }
    var isConnected: Bool { srtp != nil }

    func start(isClient: Bool, fingerprints: [[UInt8]], now: Instant) {
        dtls.role = isClient ? .client : .server
        dtls.expectedFingerprints = fingerprints.compactMap {
            CertificateFingerprint(algorithm: "sha-256", value: Hex.encode($0))
        }
        dtls.start(now: now)
    }

    /// The messages that came with a datagram.
    func receive(_ datagram: [UInt8], now: Instant) -> [SCTPMessage] {
        dtls.receive(datagram, now: now)
        if srtp == nil, case .connected(let keys) = dtls.state {
            srtp = try? SRTPSession(keys: keys)
            sctp.connect()
        }
        while let packet = dtls.pollReceived() { sctp.receive(packet) }
        var messages: [SCTPMessage] = []
        while let message = sctp.pollReceived() { messages.append(message) }
        return messages
    }

    func send(_ message: SCTPMessage) {
        try? sctp.send(stream: message.stream, ppid: message.ppid, message.bytes)
    }

    /// The datagrams that DTLS and SCTP want to send.
    func drain() -> [[UInt8]] {
        while isConnected, let packet = sctp.pollTransmit() { dtls.send(packet) }
        var datagrams: [[UInt8]] = []
        while let datagram = dtls.pollTransmit() { datagrams.append(datagram) }
        return datagrams
    }

    /// Nil before there are keys.
    func close(_ packet: OutgoingPacket) -> [UInt8]? {
        guard let srtp else { return nil }
        var bytes = packet.bytes
        switch packet {
        case .rtp: return (try? srtp.protectRTP(&bytes)) == nil ? nil : bytes
        case .rtcp: return (try? srtp.protectRTCP(&bytes)) == nil ? nil : bytes
        }
    }

    /// Nil where the packet is not the other end's, or came before.
    func open(_ packet: [UInt8]) -> [UInt8]? {
        guard let srtp else { return nil }
        var bytes = packet
        let isOpen =
            PacketKind(packet) == .rtcp
            ? (try? srtp.unprotectRTCP(&bytes)) != nil : (try? srtp.unprotectRTP(&bytes)) != nil
        return isOpen ? bytes : nil
    }
}
