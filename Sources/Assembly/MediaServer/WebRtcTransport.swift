import MediaSockets
import PeerSession
import Primitives
import RTP
import Runtime
import SDP
import SFU
import STUN
import SecureTransport
import Signalling
import Streams

/// One peer connection of a participant: ICE-lite, DTLS, SRTP and data channels on one transport, with what the
/// participant publishes (`Producer`) and what it gets of others (`Consumer`).
///
/// Either side may offer. `answer` takes the peer's offer: sections it sends in become producers, and sections it can
/// receive in are given to consumers that wait for one, in the order of `consume`. `makeOffer` and `accept` are the other
/// way round: every consumer gets a section of its own, and one that is closed leaves its section to be used again.
@MediaLoop
package final class WebRtcTransport {
    package struct Options: Sendable {
        /// Whether SCTP is offered and accepted.
        package var hasDataChannels = true
        /// Which kinds the participant may publish; sections of others are answered as if nothing came of them.
        package var maySend: Set<Transceiver.Kind> = [.audio, .video]
        /// Overrules `MediaServer.Configuration.isPassive`.
        package var isPassive: Bool?

        package init() {}
    }

    package enum State: Equatable, Sendable {
        /// Nothing was agreed yet.
        case new
        /// Waits for checks and the handshake.
        case connecting
        case connected
        /// No check came for 30 s; media has stopped. An ICE restart, or a check, mends it.
        case disconnected
        /// Nothing mends it.
        case failed(String)
        case closed
    }

    /// A data channel came up, ours or the peer's.
    package struct DataChannel: Hashable, Sendable {
        package let stream: UInt16
        package let label: String
    }

    package let router: Router
    package private(set) var state = State.new
    package var onStateChange: ((State) -> Void)?
    /// Called for what `answer` or `accept` brought, and whenever it changes.
    package var onProducer: ((Producer) -> Void)?
    /// Called for sections that no longer send; the producer is closed.
    package var onProducerClosed: ((Producer) -> Void)?
    package var onDataChannel: ((DataChannel) -> Void)?
    package var onDataChannelClosed: ((DataChannel) -> Void)?
    /// A message on a channel, as bytes; `isText` tells how it was sent.
    package var onMessage: ((_ channel: DataChannel, _ bytes: [UInt8], _ isText: Bool) -> Void)?
    /// Whatever the owner wants to remember of it.
    package var appData: AnyObject?

    package private(set) var producers: [Producer] = []
    package private(set) var consumers: [Consumer] = []
    package let options: Options
    package var cname: String { session.cname }
    package private(set) var counters = Counters()

    package struct Counters: Sendable, Hashable {
        package var packetsReceived = 0
        package var bytesReceived = 0
        package var packetsSent = 0
        package var bytesSent = 0
        package var unauthentic = 0
        package var unknownSources = 0
        package var unsent = 0
    }

    var server: MediaServer { router.server }
    var session: JSEPSession
    var ice = LiteAgent()
    let dtls: DTLSEndpoint
    private(set) var srtp: SRTPSession?
    var channels: DataChannels?
    /// How media is protected, once connected.
    package private(set) var profile: SRTPProfile?
    private var dtlsHasStarted = false
    /// When a peer that never came is given up.
    private var connectDeadline: Instant?
    private var heldClientHello: (datagram: [UInt8], path: NetworkPath, until: Instant)?
    private var path: NetworkPath?
    private var paths: [NetworkPath.Key: Instant] = [:]
    private var timer: MediaTimer?
    private var scheduled: Instant?
    private var sources: [UInt32: Source] = [:]
    private var sinks: [UInt32: Consumer] = [:]
    /// The extensions by which sources that no description names are told apart.
    private var demultiplexing = HeaderExtensionMap()
    var feedback: PublisherFeedback
    var estimate = SubscriberEstimate()
    private var transportSequence: UInt16 = 0
    /// Where packets for a TCP connection are made.
    private var scratch: UnsafeMutableRawBufferPointer?

    /// Whose packets a source carries.
    struct Source {
        let producer: Producer
        let layer: Int
        let isRetransmission: Bool
    }

    init(router: Router, options: Options) throws {
        self.router = router
        self.options = options
        var configuration = JSEPSession.Configuration(fingerprint: router.server.fingerprint)
        // Packets are forwarded as they come, and not every listener understands copies in them.
        configuration.audioCodecs = [.opus(redundancy: false)]
        configuration.acceptsSimulcast = true
        configuration.isICELite = true
        configuration.hasDataChannels = options.hasDataChannels
        configuration.answersAsServer = options.isPassive ?? router.server.configuration.isPassive
        configuration.fixedCandidates = router.server.candidates
        configuration.maximumMessageSize = DataChannelState.maximumMessageSize
        configuration.limits = SessionDescription.Limits(
            bytes: 256 << 10, lines: 16_384, sections: 256, sourcesPerSection: 64)
        session = JSEPSession(configuration: configuration, random: SecureGenerator())
        dtls = try DTLSEndpoint(context: router.server.context, role: .server)
        feedback = PublisherFeedback(ssrc: SSRC(UInt32.random(in: 1...(.max))))
        timer = MediaTimer { [weak self] now in self?.handleTimeout(now) }
    }

    isolated deinit { scratch?.deallocate() }

    /// Ends everything, and tells the peer where it can be reached. Producers and consumers are closed.
    package func close() { end(.closed) }

    private func fail(_ reason: String) {
        server.count { $0.handshakesFailed += 1 }
        end(.failed(reason))
    }

    private func end(_ final: State) {
        guard !isEnded else { return }
        state = final
        channels?.close()
        drainChannels()
        dtls.close()
        drainDTLS()
        for consumer in consumers { consumer.close() }
        for producer in producers { producer.close() }
        consumers = []
        producers = []
        sources = [:]
        sinks = [:]
        timer?.schedule(at: nil)
        for (name, _) in ice.passwords { server.unregister(name: name) }
        for key in paths.keys { server.unregister(key, of: self) }
        paths = [:]
        path = nil
        router.forget(self)
        onStateChange?(final)
    }

    var isEnded: Bool {
        switch state {
        case .failed, .closed: true
        case .new, .connecting, .connected, .disconnected: false
        }
    }

    private func enter(_ next: State) {
        guard state != next, !isEnded else { return }
        state = next
        onStateChange?(next)
    }
}

// MARK: - ICE

extension WebRtcTransport {
    /// An authentic check came over a path.
    func checked(over path: NetworkPath, nominated: Bool, now: Instant) {
        let isFirst = self.path == nil
        paths[path.key] = now
        // Until the peer has chosen, the first path will do.
        if isFirst || nominated { self.path = path }
        if isFirst {
            startHandshakeAsClient(now: now)
            if let held = heldClientHello, held.until > now { receiveDTLS(held.datagram, over: held.path, now: now) }
        }
        if state == .disconnected { enter(.connected) }
        reschedule(at: now + LiteAgent.patience)
    }

    /// A TCP connection is gone.
    func lost(_ key: NetworkPath.Key) {
        paths[key] = nil
        if path?.key == key { path = nil }
    }

    /// Forgets addresses that have been silent, and stops sending where none is left.
    private func expirePaths(now: Instant) {
        for (key, last) in paths where now - last >= LiteAgent.patience {
            paths[key] = nil
            server.unregister(key, of: self)
            if path?.key == key { path = nil }
        }
        if path == nil, state == .connected { enter(.disconnected) }
    }

    /// Takes over the names and passwords that a description of ours gave out.
    func registerCredentials(of description: SessionDescription) {
        for section in description.media {
            guard let credentials = description.credentials(of: section), ice.add(credentials) else { continue }
            server.register(self, name: credentials.ufrag)
        }
    }

    /// The peer uses new credentials: the former ones are of no use any more.
    func retireCredentials(before name: String) {
        for old in ice.retire(before: name) { server.unregister(name: old) }
    }
}

// MARK: - DTLS

extension WebRtcTransport {
    /// Begins the handshake once a description has told the peer's certificate.
    func startHandshake(role: SecureTransport.DTLSRole, fingerprints: [CertificateFingerprint]) {
        guard !dtlsHasStarted, !isEnded else { return }
        dtlsHasStarted = true
        dtls.role = role
        dtls.expectedFingerprints = fingerprints
        enter(.connecting)
        let now = Clock.now()
        connectDeadline = now + LiteAgent.patience
        reschedule(at: connectDeadline)
        if role == .client {
            if path != nil { startHandshakeAsClient(now: now) }
            return
        }
        dtls.start(now: now)
        if let held = heldClientHello, held.until > now {
            heldClientHello = nil
            receiveDTLS(held.datagram, over: held.path, now: now)
        }
    }

    private func startHandshakeAsClient(now: Instant) {
        guard dtlsHasStarted, dtls.role == .client, dtls.state == .idle else { return }
        dtls.start(now: now)
        drainDTLS()
        reschedule(at: dtls.nextDeadline)
    }

    /// A record from an address that a check has validated.
    func receiveDTLS(_ datagram: [UInt8], over path: NetworkPath, now: Instant) {
        guard dtlsHasStarted else {
            // One ClientHello may be ahead of the answer that tells the certificate.
            if heldClientHello.map({ $0.until <= now }) ?? true {
                heldClientHello = (datagram, path, now + .seconds(2))
            }
            return
        }
        dtls.receive(datagram, now: now)
        drainDTLS()
        while let packet = dtls.pollReceived() { channels?.receive(packet) }
        drainChannels()
        switch dtls.state {
        case .connected(let keys) where srtp == nil: becomeConnected(keys)
        case .failed(let failure): fail("DTLS: \(failure)")
        case .closed: end(.closed)
        default: break
        }
        if channels == nil { dtls.rest() }
        reschedule(at: dtls.nextDeadline)
    }

    private func drainDTLS() {
        guard let path else { return }
        while let datagram = dtls.pollTransmit() { path.send(datagram) }
    }

    private func becomeConnected(_ keys: SRTPKeys) {
        do {
            srtp = try SRTPSession(keys: keys)
        } catch {
            return fail("SRTP refused the keys: \(error)")
        }
        profile = keys.profile
        server.log.debug(
            "connected", metadata: ["srtp": "\(keys.profile)", "path": "\(path.map { "\($0.peer)" } ?? "")"])
        connectDeadline = nil
        channels?.connect()
        drainChannels()
        enter(.connected)
        for consumer in consumers { consumer.transportConnected() }
        allocate()
    }

    /// Sends what SCTP has to say, and hands out what it got.
    func drainChannels() {
        guard let channels else { return }
        while let packet = channels.pollTransmit() { dtls.send(packet) }
        drainDTLS()
        guard !isEnded else { return }
        for event in channels.poll() {
            switch event {
            case .opened(let channel): onDataChannel?(channel)
            case .closed(let channel): onDataChannelClosed?(channel)
            case .message(let channel, let bytes, let isText): onMessage?(channel, bytes, isText)
            }
        }
        reschedule(at: channels.nextDeadline)
    }
}

// MARK: - Receiving media

extension WebRtcTransport {
    func receiveMedia(_ buffer: UnsafeMutableRawBufferPointer, now: Instant) {
        guard let srtp, !isEnded, buffer.count >= 2 else { return }
        counters.packetsReceived += 1
        counters.bytesReceived += buffer.count
        let isRTCP = 192...223 ~= buffer[1]
        let count: Int
        do throws(SRTPError) {
            count = try isRTCP ? srtp.unprotectRTCP(buffer) : srtp.unprotectRTP(buffer)
        } catch {
            if error != .replayed { counters.unauthentic += 1 }
            return
        }
        let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
        if isRTCP {
            receiveRTCP([UInt8](bytes), now: now)
        } else if let packet = PacketView(bytes) {
            receiveRTP(packet, now: now)
        }
    }

    private func receiveRTP(_ packet: PacketView, now: Instant) {
        if feedback.record(packet, now: now) { reschedule(at: feedback.nextDeadline) }
        guard let source = sources[packet.ssrc] ?? discover(packet) else {
            counters.unknownSources += 1
            return
        }
        source.producer.receive(packet, layer: source.layer, isRetransmission: source.isRetransmission, now: now)
    }

    /// Finds whose a source is that no description named: by the section's name and the layer's, or by what only one
    /// section can be (RFC 9143 §9.2).
    private func discover(_ packet: PacketView) -> Source? {
        let mid = demultiplexing[.mid].flatMap { packet.element($0) }.map { String(decoding: $0, as: UTF8.self) }
        let candidates = producers.filter { producer in
            if let mid { return producer.mid == mid }
            return producer.codec.receiveType.value == packet.payloadType
                || producer.codec.receiveRetransmissionType?.value == packet.payloadType
        }
        guard candidates.count == 1, let producer = candidates.first else { return nil }
        let isRetransmission = producer.codec.receiveRetransmissionType?.value == packet.payloadType
        let kind = isRetransmission ? HeaderExtensionKind.repairedRid : .rid
        let rid = demultiplexing[kind].flatMap { packet.element($0) }.map { String(decoding: $0, as: UTF8.self) }
        let layer = producer.rids.isEmpty ? 0 : producer.rids.firstIndex { $0 == rid }
        guard let layer else { return nil }
        producer.bind(packet.ssrc, layer: layer, isRetransmission: isRetransmission)
        return sources[packet.ssrc]
    }

    func bind(_ ssrc: UInt32, to source: Source) { sources[ssrc] = source }
    func unbind(_ ssrc: UInt32) { sources[ssrc] = nil }
    func bind(_ consumer: Consumer, ssrc: UInt32) { sinks[ssrc] = consumer }

    private func receiveRTCP(_ datagram: [UInt8], now: Instant) {
        guard let packets = try? RTCP.parse(datagram) else { return }
        for packet in packets {
            switch packet {
            case .senderReport(let report):
                if let source = sources[report.ssrc.value], !source.isRetransmission {
                    source.producer.receive(report, layer: source.layer, now: now)
                }
                receive(report.blocks, now: now)
            case .receiverReport(let report): receive(report.blocks, now: now)
            case .nack(let nack): sinks[nack.media.value]?.retransmit(nack.sequences, now: now)
            case .pictureLoss(let request): sinks[request.media.value]?.requestKeyFrame()
            case .fullIntraRequest(let request):
                for entry in request.entries { sinks[entry.ssrc.value]?.requestKeyFrame() }
            case .remb(let remb):
                estimate.receive(remb, now: now)
                allocate()
            case .transportFeedback(let feedback): estimate.receive(feedback, now: now)
            case .sourceDescription, .bye: break
            }
        }
    }

    private func receive(_ blocks: [ReportBlock], now: Instant) {
        for block in blocks {
            guard let consumer = sinks[block.ssrc.value] else { continue }
            consumer.receive(block, now: now)
            estimate.receiveLoss(
                fraction: Double(block.fractionLost) / 256, roundTrip: consumer.roundTrip, now: now)
        }
    }
}

// MARK: - Sending media

extension WebRtcTransport {
    /// Room for a packet, or nil where nothing can be sent now. To be followed by `endMedia` at once.
    func beginMedia() -> UnsafeMutableRawBufferPointer? {
        guard srtp != nil, let path else { return nil }
        switch path {
        case .udp(let socket, _, _): return socket.reserve()
        case .tcp:
            if scratch == nil { scratch = .allocate(byteCount: DatagramSocket.datagramCapacity, alignment: 8) }
            return scratch
        }
    }

    /// Protects and sends the first `count` bytes; with 0, nothing. `isRepetition` where they are those of an earlier packet.
    func endMedia(
        _ slot: UnsafeMutableRawBufferPointer, count: Int, transportSequence: UInt16?, isRepetition: Bool = false,
        now: Instant
    ) {
        guard count > 0, let srtp, let path else { return }
        guard let length = srtp.protectRTP(slot, count: count, isRepetition: isRepetition) else {
            counters.unsent += 1
            return
        }
        counters.packetsSent += 1
        counters.bytesSent += length
        if let transportSequence { estimate.sent(transportSequence, bytes: length, now: now) }
        switch path {
        case .udp(let socket, _, let peer): socket.commit(length, to: peer)
        case .tcp(let connection):
            guard !connection.send(UnsafeRawBufferPointer(rebasing: slot[..<length])) else { return }
            counters.unsent += 1
            server.count { $0.unread += 1 }
        }
    }

    func nextTransportSequence() -> UInt16 {
        transportSequence &+= 1
        return transportSequence
    }

    func sendRTCP(_ packets: [RTCPPacket]) {
        guard let srtp, let path, !packets.isEmpty else { return }
        var datagram = RTCP.serialise(packets)
        guard (try? srtp.protectRTCP(&datagram)) != nil else { return }
        path.send(datagram)
    }

    func requestKeyFrame(ssrc: UInt32, codec: NegotiatedCodec) {
        guard let request = feedback.keyFrameRequest(ssrc: SSRC(ssrc), codec: codec) else { return }
        sendRTCP([request])
    }
}

// MARK: - What is agreed

extension WebRtcTransport {
    /// Draws the conclusions of an answer, ours or the peer's.
    func applyAgreement() {
        guard let transport = session.negotiatedTransport else { return }
        ice.remoteName = transport.remoteCredentials.ufrag
        retireCredentials(before: transport.localCredentials.ufrag)
        if let sctp = session.negotiatedSCTP, channels == nil {
            channels = DataChannels(sctp, isClient: transport.dtlsRole == .client)
            if srtp != nil { channels?.connect() }
        }
        startHandshake(
            role: transport.dtlsRole == .client ? .client : .server,
            fingerprints: transport.remoteFingerprints.compactMap {
                CertificateFingerprint(algorithm: $0.algorithm, value: Hex.encode($0.bytes, separator: ":"))
            })
        for section in session.negotiatedSections { apply(section) }
        let sending = Set(session.negotiatedSections.filter(\.receives).map(\.mid))
        for producer in producers where !sending.contains(producer.mid) { closeProducer(producer) }
        drainChannels()
        reschedule(at: Clock.now() + LiteAgent.patience)
        allocate()
    }

    private func apply(_ section: NegotiatedSection) {
        for kind in [HeaderExtensionKind.mid, .rid, .repairedRid] {
            if let id = section.extensions[kind] { demultiplexing[kind] = id }
        }
        feedback.configure(section)
        if let consumer = consumers.first(where: { $0.transceiver == section.transceiver }) {
            if section.codecs.contains(where: { $0.feedback.contains(.transportWide) }), section.sends {
                estimate.begin()
            }
            consumer.configure(section)
            return
        }
        guard section.receives, options.maySend.contains(section.kind) else { return }
        if let producer = producers.first(where: { $0.mid == section.mid }) {
            producer.update(section)
            onProducer?(producer)
            return
        }
        let producer = Producer(id: router.nextProducerID(), section: section, transport: self)
        producers.append(producer)
        onProducer?(producer)
        router.add(producer)
    }

    private func closeProducer(_ producer: Producer) {
        producers.removeAll { $0 === producer }
        sources = sources.filter { $0.value.producer !== producer }
        producer.close()
        onProducerClosed?(producer)
    }

    func remove(_ consumer: Consumer) {
        consumers.removeAll { $0 === consumer }
        if let ssrc = consumer.ssrc { sinks[ssrc] = nil }
        session.stop(consumer.transceiver)
        allocate()
    }

    func add(_ consumer: Consumer) { consumers.append(consumer) }
}

// MARK: - Time

extension WebRtcTransport {
    func reschedule() {
        for producer in producers { reschedule(at: producer.nextDeadline) }
    }

    /// Makes sure that the timer fires no later than then.
    func reschedule(at deadline: Instant?) {
        guard let deadline, !isEnded, scheduled.map({ deadline < $0 }) ?? true else { return }
        scheduled = deadline
        timer?.schedule(at: deadline)
    }

    private func handleTimeout(_ now: Instant) {
        scheduled = nil
        if let connectDeadline, connectDeadline <= now { return fail("the peer did not connect") }
        if let deadline = dtls.nextDeadline, deadline <= now {
            dtls.handleTimeout(now: now)
            if case .failed(let failure) = dtls.state { return fail("DTLS: \(failure)") }
            drainDTLS()
        }
        if let deadline = channels?.nextDeadline, deadline <= now {
            channels?.handleTimeout(now: now)
            drainChannels()
        }
        expirePaths(now: now)
        sendFeedback(now: now)
        let padding = estimate.padding(now: now)
        if padding > 0 { _ = consumers.first { $0.sendPadding(padding, now: now) } }
        if estimate.handleTimeout(now: now) { allocate() }
        var next = earliest(dtls.nextDeadline, channels?.nextDeadline)
        next = earliest(next, earliest(feedback.nextDeadline, estimate.nextDeadline))
        next = earliest(next, paths.values.min().map { $0 + LiteAgent.patience })
        reschedule(at: earliest(next, connectDeadline))
        reschedule()
    }

    private func sendFeedback(now: Instant) {
        var packets: [RTCPPacket] = []
        for producer in producers {
            producer.handleTimeout(now: now, sender: feedback.ssrc, packets: &packets)
        }
        feedback.handleTimeout(now: now, producers: producers, packets: &packets)
        sendRTCP(packets)
    }

    /// Shares what the peer's network bears among its pictures.
    func allocate() {
        guard !isEnded else { return }
        let now = Clock.now()
        let shown = consumers.filter { $0.kind == .video }
        guard !shown.isEmpty else { return }
        let demands = shown.map { ($0, $0.demand(now: now)) }.compactMap { consumer, demand in
            demand.map { (consumer, $0) }
        }
        let audioStreams = consumers.count - shown.count
        let available = estimate.available(audioStreams: audioStreams)
        let allocation = BandwidthAllocator.allocate(demands.map(\.1), available: available)
        for (index, demand) in demands.enumerated() { demand.0.setAllocation(allocation.layers[index]) }
        estimate.update(allocation, audioStreams: audioStreams, now: now)
        reschedule(at: estimate.nextDeadline)
    }
}
