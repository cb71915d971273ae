import MediaSockets
import PeerSession
import Primitives
import RTP
import Runtime
import SDP
import STUN
import SecureTransport

/// A peer that does nothing but carry packets to and from a media server: ICE with one pair of addresses, DTLS, SRTP.
/// No codec, so that hundreds of them fit on one core.
@MediaLoop
package final class LoadPeer {
    package enum Role: Sendable {
        case publisher, subscriber
    }

    /// Media was agreed and keys are there.
    package var onConnected: (() -> Void)?
    package var onFailed: ((String) -> Void)?
    /// A packet of media, opened; valid during the call.
    package var onRTP: ((UnsafeRawBufferPointer, Instant) -> Void)?
    package var onRTCP: (([RTCPPacket], Instant) -> Void)?

    package private(set) var isConnected = false
    package private(set) var profile: SRTPProfile?
    private var session: JSEPSession
    private let dtls: DTLSEndpoint
    private var srtp: SRTPSession?
    private var socket: DatagramSocket?
    private var server: TransportAddress?
    private var timer: MediaTimer?
    private var nextCheck = Instant.zero
    private var hasPath = false
    private var isClosed = false
    private let audio: Transceiver.ID
    private let video: Transceiver.ID

    private static let checkInterval = Duration.milliseconds(20)
    private static let consentInterval = Duration.seconds(4)

    /// `context` holds the certificate that all peers of a load may share.
    package init(_ role: Role, context: DTLSContext, fingerprint: Fingerprint) throws {
        var configuration = JSEPSession.Configuration(fingerprint: fingerprint)
        configuration.hasDataChannels = false
        session = JSEPSession(configuration: configuration, random: SystemRandomNumberGenerator())
        let direction = role == .publisher ? Direction.sendonly : .recvonly
        audio = session.addTransceiver(.audio, direction)
        video = session.addTransceiver(.video, direction)
        dtls = try DTLSEndpoint(context: context, role: .client)
        timer = MediaTimer { [weak self] now in self?.handleTimeout(now) }
    }

    /// The offer for the server, to be asked for once.
    package func offer() -> String {
        guard let offer = session.makeOffer() else { preconditionFailure("a new session can offer") }
        return offer.text
    }

    /// Takes the server's answer and begins to connect.
    package func accept(_ answer: String) throws {
        try session.setRemoteAnswer(try SessionDescription(parsing: answer))
        guard let transport = session.negotiatedTransport,
            let address = transport.remoteCandidates.lazy.filter({ $0.transport == .udp })
                .compactMap({ TransportAddress($0.endpoint.address, port: $0.endpoint.port) }).first,
            let local = TransportAddress(address.isIPv4 ? "0.0.0.0" : "::", port: 0)
        else { throw NegotiationError.noICECredentials }
        server = address
        socket = try DatagramSocket(local: local) { [weak self] bytes, _ in self?.receive(bytes) }
        dtls.role = transport.dtlsRole == .client ? .client : .server
        dtls.expectedFingerprints = transport.remoteFingerprints.compactMap {
            CertificateFingerprint(algorithm: $0.algorithm, value: Hex.encode($0.bytes, separator: ":"))
        }
        if dtls.role == .server { dtls.start(now: Clock.now()) }
        check(Clock.now())
    }

    /// Source and payload type to send with.
    package func outgoing(_ kind: Transceiver.Kind) -> (ssrc: UInt32, payloadType: UInt8, mid: String)? {
        let id = kind == .audio ? audio : video
        guard let section = session.negotiatedSections.first(where: { $0.transceiver == id }), section.sends else {
            return nil
        }
        return (section.localSSRC.value, section.codecs[0].sendType.value, section.mid)
    }

    /// The payload type of the server's packets.
    package func incomingType(_ kind: Transceiver.Kind) -> UInt8? {
        let id = kind == .audio ? audio : video
        return session.negotiatedSections.first { $0.transceiver == id }?.codecs[0].receiveType.value
    }

    package func send(_ packet: [UInt8]) {
        guard let srtp, let server, let socket, packet.count + 200 <= DatagramSocket.datagramCapacity else { return }
        let slot = socket.reserve()
        packet.withUnsafeBytes { slot.copyMemory(from: $0) }
        if let count = srtp.protectRTP(slot, count: packet.count) { socket.commit(count, to: server) }
    }

    package func sendRTCP(_ packets: [RTCPPacket]) {
        guard let srtp, let server else { return }
        var datagram = RTCP.serialise(packets)
        if (try? srtp.protectRTCP(&datagram)) != nil { socket?.send(datagram, to: server) }
    }

    /// Sends what waits.
    package func flush() { socket?.flush() }

    package func close() {
        guard !isClosed else { return }
        isClosed = true
        dtls.close()
        drain()
        socket?.close()
        timer?.schedule(at: nil)
    }
}

extension LoadPeer {
    private func check(_ now: Instant) {
        guard let transport = session.negotiatedTransport, let server else { return }
        var request = STUNWriter(.request, transaction: secureRandom(12))
        request.addUsername("\(transport.remoteCredentials.ufrag):\(transport.localCredentials.ufrag)")
        request.addPriority(126 << 24 | 65_535 << 8 | 255)
        request.addRole(isControlling: true, tieBreaker: 1)
        request.addUseCandidate()
        let key = Array(transport.remoteCredentials.password.utf8)
        socket?.send(request.finish { HMAC.sha1(key: key, message: $0) }, to: server)
        socket?.flush()
        nextCheck = now + (hasPath ? Self.consentInterval : Self.checkInterval)
        reschedule()
    }

    private func receive(_ bytes: UnsafeMutableRawBufferPointer) {
        let now = Clock.now()
        switch bytes[0] {
        case 0...3:
            guard let message = try? STUNMessage(parsing: [UInt8](bytes)), message.messageClass == .success else {
                return
            }
            if !hasPath {
                hasPath = true
                nextCheck = now + Self.consentInterval
                dtls.start(now: now)
                drain()
            }
        case 20...63:
            dtls.receive([UInt8](bytes), now: now)
            drain()
            watchHandshake()
        case 128...191: receiveMedia(bytes, now: now)
        default: break
        }
        reschedule()
    }

    private func receiveMedia(_ bytes: UnsafeMutableRawBufferPointer, now: Instant) {
        guard let srtp, bytes.count >= 2 else { return }
        let isRTCP = 192...223 ~= bytes[1]
        guard let count = try? isRTCP ? srtp.unprotectRTCP(bytes) : srtp.unprotectRTP(bytes) else { return }
        let packet = UnsafeRawBufferPointer(rebasing: bytes[..<count])
        if !isRTCP {
            onRTP?(packet, now)
        } else if let packets = try? RTCP.parse([UInt8](packet)) {
            onRTCP?(packets, now)
        }
    }

    private func watchHandshake() {
        switch dtls.state {
        case .connected(let keys) where srtp == nil:
            do { srtp = try SRTPSession(keys: keys) } catch { return fail("SRTP: \(error)") }
            profile = keys.profile
            isConnected = true
            onConnected?()
        case .failed(let failure): fail("DTLS: \(failure)")
        case .closed where isConnected: fail("the server closed the connection")
        default: break
        }
    }

    private func fail(_ why: String) {
        guard !isClosed else { return }
        close()
        onFailed?(why)
    }

    private func drain() {
        guard let server else { return }
        while let datagram = dtls.pollTransmit() { socket?.send(datagram, to: server) }
        socket?.flush()
    }

    private func handleTimeout(_ now: Instant) {
        if let deadline = dtls.nextDeadline, deadline <= now {
            dtls.handleTimeout(now: now)
            drain()
            watchHandshake()
        }
        if nextCheck <= now { check(now) }
        reschedule()
    }

    private func reschedule() {
        guard !isClosed else { return }
        timer?.schedule(at: earliest(nextCheck, dtls.nextDeadline))
    }
}
