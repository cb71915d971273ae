import ICE
import struct PeerSession.PathHealth
import Primitives
import RTP
import Runtime
import SecureTransport

/// The way of packets to one peer: ICE below, DTLS, SRTP and SCTP on it.
///
/// It knows nothing of descriptions or streams: `PeerConnection` tells it what was negotiated and takes plain packets.
@CallLoop
package final class PeerTransport {
    package enum Event: Sendable {
        /// A local candidate, or nil when there are no more.
        case candidate(String?)
        /// The handshake is done: media and messages flow.
        case connected
        /// ICE found no pair, or consent ran out: an ICE restart may mend it.
        case disconnected
        /// ICE works again after `disconnected`.
        case reconnected
        /// Nothing mends it.
        case failed(String)
        case rtp([UInt8])
        case rtcp([UInt8])
        case message(SCTPMessage)
        /// The peer ended its side of a stream.
        case streamReset(UInt16)
        /// SCTP ended, or never began: there are no messages any more.
        case messagesEnded
        /// The peer ended the connection.
        case closed
    }

    /// Packets that were dropped, by reason.
    package struct Drops: Sendable, Hashable {
        package var unknownKind = 0
        package var beforeKeys = 0
        package var unauthentic = 0
        package var replayed = 0
        package var unsent = 0
    }

    package struct SCTPParameters: Sendable, Hashable {
        package var localPort: UInt16
        package var remotePort: UInt16
        package var maxMessageSize: Int

        package init(localPort: UInt16, remotePort: UInt16, maxMessageSize: Int) {
            self.localPort = localPort
            self.remotePort = remotePort
            self.maxMessageSize = maxMessageSize
        }
    }

    package private(set) var drops = Drops()
    package private(set) var bytesSent = 0
    package private(set) var bytesReceived = 0

    private let handler: @CallLoop (Event) -> Void
    var path: ICEPath!  // made at the end of `init`, as it needs a handler that reaches this object
    private let dtls: DTLSEndpoint
    private(set) var srtp: SRTPSession?
    private var sctp: SCTPAssociation?
    private var sctpHasEnded = false
    private var heldClientHello: (datagram: [UInt8], until: Instant)?
    private var timer: LoopTimer!
    private var nextTick: Instant?
    private var started = false
    private var isConnected = false
    /// No pair at the moment.
    private var isPathLost = false
    /// Whether the owner was told that nothing gets through.
    private var isDisconnected = false
    private var health: PathHealth?
    private var endWasTold = false
    private var closed = false

    /// `watchesSilence` is for peers that always have something to say, as both sides of a call do: then three seconds of
    /// silence are a broken path, and consent is what arrives. A media server may have nothing to send for hours.
    /// `fallsBackToTCP` is for media servers, which wait for connections.
    package init(
        certificate: Certificate, controlling: Bool, policy: ICEPolicy, servers: [ICEServerAddress],
        includesLoopback: Bool = false, watchesSilence: Bool = false, fallsBackToTCP: Bool = false,
        handler: @escaping @CallLoop (Event) -> Void
    ) throws {
        self.handler = handler
        health = watchesSilence ? PathHealth() : nil
        dtls = try DTLSEndpoint(certificate: certificate, role: .client, expectedFingerprints: [])
        path = ICEPath(
            .init(
                policy: policy, servers: servers, includesLoopback: includesLoopback, checksConsent: !watchesSilence,
                fallsBackToTCP: fallsBackToTCP),
            controlling: controlling
        ) { [weak self] event in self?.handle(event) }
        timer = LoopTimer { [weak self] now in self?.handleTimeout(now: now) }
    }

    isolated deinit { close() }

    // MARK: ICE

    package var selectedPair: String? { path.selectedPair }
    /// The own address that packets leave from.
    package var selectedAddress: String? { path.selectedAddress }

    package func setLocal(_ credentials: ICEAgent.Credentials) { path.setLocal(credentials) }
    package func setControlling(_ controlling: Bool) { path.setControlling(controlling) }
    package func gather() { path.gather() }
    package func setRemote(_ credentials: ICEAgent.Credentials) { path.setRemote(credentials) }
    package func addRemote(candidate: String) { path.addRemote(candidate: candidate) }
    package func remoteCandidatesDone() { path.remoteCandidatesDone() }
    package func restart(_ credentials: ICEAgent.Credentials) { path.restart(credentials) }

    private func handle(_ event: ICEPath.Event) {
        guard !closed else { return }
        switch event {
        case .candidate(let text): handler(.candidate(text))
        case .gatheringDone: handler(.candidate(nil))
        case .found: pathFound()
        case .lost:
            isPathLost = true
            tellConnection()
        case .received(let datagram): receive(datagram)
        }
    }

    private func pathFound() {
        let now = Clock.now()
        isPathLost = false
        health?.grant(now: now)
        tellConnection()
        if started { dtls.start(now: now) }
        drainDTLS(now: now)
    }

    /// Tells the owner where what is known of the path has changed. A pair alone is no proof: on a network that swallows
    /// everything the old one stays.
    private func tellConnection() {
        let isBroken = isPathLost || health?.isSilent == true
        guard isBroken != isDisconnected else { return }
        isDisconnected = isBroken
        handler(isBroken ? .disconnected : .reconnected)
    }

    /// What came was protected with the peer's keys.
    private func noteAuthentic(now: Instant) {
        if health?.received(now: now) == .alive { tellConnection() }
    }

    // MARK: DTLS

    /// Begins the handshake. `fingerprints` are those that signalling announced; without one of them it fails.
    package func startDTLS(role: DTLSRole, fingerprints: [CertificateFingerprint]) {
        guard !started, !closed else { return }
        started = true
        let now = Clock.now()
        dtls.role = role
        dtls.expectedFingerprints = fingerprints
        // A client begins when there is a path: its patience is counted in transmissions, and none would arrive before.
        if role == .server || path.isThere { dtls.start(now: now) }
        if let held = heldClientHello, held.until > now, role == .server { dtls.receive(held.datagram, now: now) }
        heldClientHello = nil
        drainDTLS(now: now)
    }

    private func receiveDTLS(_ datagram: [UInt8]) {
        let now = Clock.now()
        guard started else { return hold(datagram, now: now) }
        dtls.receive(datagram, now: now)
        drainDTLS(now: now)
        while let packet = dtls.pollReceived() { sctp?.receive(packet) }
        drainSCTP()
        tellEnd()
    }

    /// One ClientHello may be ahead of its answer.
    private func hold(_ datagram: [UInt8], now: Instant) {
        if let held = heldClientHello, held.until > now {
            drops.beforeKeys += 1
        } else {
            heldClientHello = (datagram, now + .seconds(2))
        }
    }

    /// Sends what DTLS has to say, looks at its state, and sets the next deadline.
    private func drainDTLS(now: Instant) {
        // Before ICE has a pair nothing can be sent; the flight stays in DTLS's queue until then.
        if path.isThere {
            while let datagram = dtls.pollTransmit() { send(datagram) }
        }
        switch dtls.state {
        case .connected(let keys) where !isConnected: becomeConnected(keys)
        case .failed(let failure) where !closed: fail(Self.describe(failure))
        default: break
        }
        scheduleTimer(now: now)
    }

    private func becomeConnected(_ keys: SRTPKeys) {
        do {
            srtp = try SRTPSession(keys: keys)
        } catch {
            return fail("SRTP refused the keys: \(error)")
        }
        isConnected = true
        health?.begin(now: Clock.now())
        handler(.connected)
        guard !closed else { return }
        sctp?.connect()
        drainSCTP()
    }

    private func fail(_ reason: String) {
        close()
        handler(.failed(reason))
    }

    private func tellEnd() {
        guard dtls.state == .closed, isConnected, !closed, !endWasTold else { return }
        endWasTold = true
        handler(.closed)
    }

    private static func describe(_ failure: DTLSFailure) -> String {
        switch failure {
        case .fingerprintMismatch: "the peer's certificate is not the one its description announced"
        default: "DTLS: \(failure)"
        }
    }

    // MARK: Packets

    /// Takes a datagram from an address that ICE has validated.
    func receive(_ datagram: [UInt8]) {
        guard !closed else { return }
        bytesReceived += datagram.count
        switch PacketKind(datagram) {
        case .dtls: receiveDTLS(datagram)
        case .rtp: receiveProtected(datagram, isRTCP: false)
        case .rtcp: receiveProtected(datagram, isRTCP: true)
        case .stun, .turnChannel, nil: drops.unknownKind += 1
        }
    }

    private func receiveProtected(_ datagram: [UInt8], isRTCP: Bool) {
        guard let srtp else {
            drops.beforeKeys += 1
            return
        }
        var packet = datagram
        do {
            if isRTCP { try srtp.unprotectRTCP(&packet) } else { try srtp.unprotectRTP(&packet) }
        } catch {
            if error == .replayed { drops.replayed += 1 } else { drops.unauthentic += 1 }
            return
        }
        noteAuthentic(now: Clock.now())
        handler(isRTCP ? .rtcp(packet) : .rtp(packet))
    }

    /// False where there are no keys yet, or the packet could not be sent.
    @discardableResult
    package func sendRTP(_ packet: consuming [UInt8]) -> Bool {
        guard let srtp, !closed, maySend, (try? srtp.protectRTP(&packet)) != nil else { return false }
        return send(packet)
    }

    @discardableResult
    package func sendRTCP(_ packet: consuming [UInt8]) -> Bool {
        guard let srtp, !closed, maySend, (try? srtp.protectRTCP(&packet)) != nil else { return false }
        return send(packet)
    }

    /// Whether the peer's consent has not run out.
    private var maySend: Bool { health?.maySend ?? true }

    @discardableResult
    private func send(_ datagram: [UInt8]) -> Bool {
        guard path.send(datagram) else {
            drops.unsent += 1
            return false
        }
        bytesSent += datagram.count
        return true
    }

    // MARK: Messages

    /// From now on messages can be given; they go out when there is an association.
    package func startSCTP(_ parameters: SCTPParameters) {
        guard sctp == nil, !sctpHasEnded, !closed else { return }
        let association = try? SCTPAssociation(
            localPort: parameters.localPort, remotePort: parameters.remotePort,
            maxMessageSize: parameters.maxMessageSize)
        guard let association else { return endMessages() }
        sctp = association
        guard isConnected else { return }
        association.connect()
        drainSCTP()
    }

    /// Throws where the message is too long, or too much waits already.
    package func send(_ message: SCTPMessage) throws(SCTPError) {
        guard let sctp, !closed else { throw .notOpen }
        try sctp.send(stream: message.stream, ppid: message.ppid, message.bytes, ordered: message.isOrdered)
        drainSCTP()
    }

    /// Ends this side's stream (RFC 8831 §6.7).
    package func resetStream(_ stream: UInt16) {
        sctp?.resetStream(stream)
        drainSCTP()
    }

    private func drainSCTP() {
        guard let sctp, isConnected, !closed else { return }
        while let packet = sctp.pollTransmit() { _ = dtls.send(packet) }
        while let datagram = dtls.pollTransmit() { send(datagram) }
        while let message = sctp.pollReceived() { handler(.message(message)) }
        while let stream = sctp.pollReset() { handler(.streamReset(stream)) }
        if sctp.state == .closed || sctp.state == .failed { endMessages() }
        scheduleTimer(now: Clock.now())
    }

    private func endMessages() {
        guard !sctpHasEnded, !closed else { return }
        sctpHasEnded = true
        sctp = nil
        handler(.messagesEnded)
    }

    // MARK: Time

    /// usrsctp's timers want to be run often while it connects; then its shortest one is 200 ms.
    private static let quickTick = SCTPStack.tickInterval
    private static let calmTick = Duration.milliseconds(100)

    private func handleTimeout(now: Instant) {
        if health?.handleTimeout(now: now) == .silent { tellConnection() }
        guard !closed else { return }
        if let deadline = dtls.nextDeadline, deadline <= now { dtls.handleTimeout(now: now) }
        drainDTLS(now: now)
        if let tick = nextTick, tick <= now {
            nextTick = nil
            SCTPStack.handleTimers(now: now)
            drainSCTP()
        }
        scheduleTimer(now: now)
    }

    private func scheduleTimer(now: Instant) {
        guard !closed else { return timer.schedule(at: nil) }
        // A tick that is set stays, however often packets come meanwhile.
        let tick = sctp.map { $0.state == .up ? Self.calmTick : Self.quickTick }
        nextTick = isConnected ? tick.map { nextTick ?? now + $0 } : nil
        timer.schedule(at: earliest(earliest(dtls.nextDeadline, nextTick), health?.nextDeadline))
    }

    /// Tells the peer where possible, and lets go of everything.
    package func close() {
        guard !closed else { return }
        closed = true
        if let sctp {
            sctp.close()
            while let packet = sctp.pollTransmit() { _ = dtls.send(packet) }
        }
        dtls.close()
        while let datagram = dtls.pollTransmit() { send(datagram) }
        timer.schedule(at: nil)
        path.close()
    }
}
