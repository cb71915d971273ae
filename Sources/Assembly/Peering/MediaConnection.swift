import ICE
import Media
import PeerSession
import Primitives
import RTP
import Runtime
import SDP
import SecureTransport
import Signalling
import Streams

/// A standard WebRTC connection: any number of sounds and pictures each way, and data channels, on one transport.
///
/// Negotiation, streams and transport are cores and engines of their own; this joins them on the call loop. What is sent
/// and received goes by the names of sections: their MIDs, or `mid/rid` for a layer of a simulcast.
@CallLoop
package final class MediaConnection {
    /// Who makes offers.
    package enum Role: Sendable {
        /// Both sides may; this one begins, and gives way where two offers cross (DESIGN §4).
        case beginsOffering
        case waitsForOffer
        /// The other side alone, as a LiveKit server does for what it sends.
        case onlyAnswers
    }

    package struct Configuration {
        package var cname: String
        package var certificate: Certificate
        package var servers: [ICEServerAddress]
        package var policy: ICEPolicy
        /// Whether the peer may be on this machine and nowhere else (a media server at 127.0.0.1).
        package var includesLoopback: Bool
        package var role: Role
        /// Opened by whoever made the first offer; nil where there are no messages at all.
        package var channels: [DataChannelOpen]?
        /// The longest message that is taken or sent, in bytes.
        package var maximumMessageSize: Int
        /// Of all video together.
        package var maximumVideoBitrate: Bitrate
        /// Whether silence is a broken path: where the other side always has something to say (`PeerTransport`).
        package var watchesSilence: Bool
        /// Whether the peer's TCP candidates are used where UDP finds no way: of media servers.
        package var fallsBackToTCP = false

        package init(
            cname: String, certificate: Certificate, servers: [ICEServerAddress] = [], policy: ICEPolicy = .all,
            includesLoopback: Bool = false, role: Role, channels: [DataChannelOpen]? = [],
            maximumMessageSize: Int = ChannelMessage.maximumBytes,
            maximumVideoBitrate: Bitrate = .kilobits(1_000), watchesSilence: Bool = false
        ) {
            self.cname = cname
            self.certificate = certificate
            self.servers = servers
            self.policy = policy
            self.includesLoopback = includesLoopback
            self.role = role
            self.channels = channels
            self.maximumMessageSize = maximumMessageSize
            self.maximumVideoBitrate = maximumVideoBitrate
            self.watchesSilence = watchesSilence
        }
    }

    package enum Event: Sendable {
        /// To be carried to the peer by signalling.
        case signal(Signal)
        case connected
        /// No path at the moment; `restartICE` looks for one.
        case disconnected
        case reconnected
        /// Nothing mends it: look for another way to the peer.
        case failed(String)
        /// The peer said something that cannot be followed; it was dropped, and the connection is as before.
        case refused(String)
        /// The peer ended the connection.
        case closed
        case channelOpen(label: String)
        /// The peer closed the channel, or messages found no way any more.
        case channelClosed(label: String)
        case text(label: String, String)
        case binary(label: String, [UInt8])
        case audioPacket(mid: String, ReceivedAudio)
        case videoFrame(mid: String, EncodedFrame, timestamp: Int64)
        /// For what is sent under that name.
        case keyFrameRequested(name: String)
        /// What the video sent may use.
        case targetBitrate(Bitrate)
        /// How the sound sent in that section is guarded from now on.
        case voiceProtection(mid: String, VoiceProtection)
        /// One moment on the peer's clock, as RTP time of a stream of its, for lip sync.
        case senderReport(mid: String, NTPTime, timestamp: Int64)
        /// All sections that were agreed upon, after each negotiation that changed them.
        case mediaChanged([NegotiatedSection])
    }

    private let configuration: Configuration
    private let handler: @CallLoop (Event) -> Void
    private var negotiation: Negotiation
    private var streams: RTPSession
    private var channels: DataChannelState?
    /// The open channels by their labels.
    private var openChannels: [String: UInt16] = [:]
    // Made at the end of `init`, as it needs a handler that reaches this object.
    private(set) var transport: PeerTransport!
    private var timer: LoopTimer!
    private var pendingActions: [Negotiation.Action] = []
    private var isCarryingOut = false
    /// The longest message that the peer takes, in bytes; 0 before messages were agreed upon.
    private var messageLimit = 0
    /// Names of the peer that are being looked up, and whether it has said that there are no more candidates.
    private var lookups = 0
    private var remoteIsDone = false
    package private(set) var isClosed = false

    package init(_ configuration: Configuration, handler: @escaping @CallLoop (Event) -> Void) throws {
        self.configuration = configuration
        self.handler = handler
        let begins = configuration.role == .beginsOffering
        // A SHA-256 fingerprint always has the length that its initialiser checks.
        var session = JSEPSession.Configuration(
            fingerprint: Fingerprint(sha256: configuration.certificate.fingerprint.bytes)!)
        session.maximumMessageSize = configuration.maximumMessageSize
        session.hasDataChannels = configuration.channels != nil
        negotiation = Negotiation(
            configuration: session, isPolite: begins, offers: configuration.role != .onlyAnswers,
            random: SystemRandomNumberGenerator())
        var media = RTPSession.Configuration()
        media.maxBitrate = Bitrate(bitsPerSecond: configuration.maximumVideoBitrate.bitsPerSecond + 100_000)
        streams = RTPSession(
            cname: negotiation.session.cname, seed: .random(in: .min ... .max),
            clock: WallClock(Clock.wallTime(), at: Clock.now()),
            configuration: media)
        transport = try PeerTransport(
            certificate: configuration.certificate, controlling: begins, policy: configuration.policy,
            servers: configuration.servers, includesLoopback: configuration.includesLoopback,
            watchesSilence: configuration.watchesSilence, fallsBackToTCP: configuration.fallsBackToTCP
        ) { [weak self] event in self?.handle(event) }
        timer = LoopTimer { [weak self] now in
            self?.streams.handleTimeout(now: now)
            self?.flush()
        }
    }

    // MARK: What is sent and received

    /// Adds something to send or receive; `negotiate` tells the peer. The track's name is in the result's `stream`.
    @discardableResult
    package func addTransceiver(
        _ kind: Transceiver.Kind, _ direction: Direction, stream: String? = nil, encodings: [String] = []
    ) -> Transceiver {
        let id = negotiation.addTransceiver(kind, direction, stream: stream, encodings: encodings)
        guard let transceiver = negotiation.session.transceiver(id) else {
            preconditionFailure("a transceiver that was added is there")
        }
        return transceiver
    }

    /// Offers what changed, where it is this side's turn to offer.
    package func negotiate() {
        guard !isClosed else { return }
        carryOut(negotiation.start(asOfferer: configuration.role == .beginsOffering))
    }

    // MARK: Commands

    package func receive(_ signal: Signal) {
        guard !isClosed else { return }
        carryOut(negotiation.receive(signal))
    }

    package func restartICE() {
        if !isClosed { carryOut(negotiation.restartICE()) }
    }

    /// Signalling works again after a gap: what may have been lost is said once more.
    package func handleSignallingRestored() {
        if !isClosed { carryOut(negotiation.handleSignallingRestored()) }
    }

    package func sendAudio(
        _ name: String, payload: [UInt8], timestamp: UInt32, level: AudioLevel, marker: Bool, captureTime: Instant
    ) {
        streams.sendAudio(
            mid: name, payload: payload, timestamp: timestamp, level: level, marker: marker, captureTime: captureTime,
            now: Clock.now())
        flush()
    }

    /// False where the frame was dropped because too much is waiting already.
    @discardableResult
    package func sendVideo(_ name: String, _ frame: EncodedFrame) -> Bool {
        let taken = streams.sendVideo(mid: name, frame: frame, now: Clock.now())
        flush()
        return taken
    }

    /// The most that the video may use, for what is shown of it: more is not tried out.
    package func setVideoCeiling(_ bitrate: Bitrate) {
        let most = min(bitrate, configuration.maximumVideoBitrate)
        streams.setMaximumBitrate(Bitrate(bitsPerSecond: most.bitsPerSecond + 100_000), now: Clock.now())
        flush()
    }

    package func requestKeyFrame(mid: String) {
        streams.requestKeyFrame(mid: mid, now: Clock.now())
        flush()
    }

    /// Sends a text on the channel of that label; false where it is not open or too much waits.
    @discardableResult
    package func send(text: String, on label: String) -> Bool {
        guard !isClosed, let channel = openChannels[label], var channels, text.utf8.count <= messageLimit else {
            return false
        }
        let actions = channels.send(text, on: channel)
        self.channels = channels
        return carryOut(actions)
    }

    /// The same for bytes.
    @discardableResult
    package func send(_ bytes: [UInt8], on label: String) -> Bool {
        guard !isClosed, let channel = openChannels[label], var channels, bytes.count <= messageLimit else {
            return false
        }
        let actions = channels.send(bytes, on: channel)
        self.channels = channels
        return carryOut(actions)
    }

    /// Says good-bye on every layer and lets go of everything.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        streams.sendBye(now: Clock.now())
        transmit()
        timer.schedule(at: nil)
        transport.close()
    }

    // MARK: Numbers

    package var bytesSent: Int { transport.bytesSent }
    package var bytesReceived: Int { transport.bytesReceived }
    package var drops: PeerTransport.Drops { transport.drops }
    package var statistics: [SectionStatistics] { streams.statistics }
    /// What the path is thought to carry, everything together.
    package var estimatedBitrate: Bitrate { streams.estimatedBitrate }
    /// What the sound sent should be like on this path.
    package var audioAllocation: AudioAllocation { streams.audioAllocation }
    package var selectedPair: String? { transport.selectedPair }
    /// The own address that packets leave from.
    package var selectedAddress: String? { transport.selectedAddress }

    // MARK: Negotiation

    private func carryOut(_ actions: [Negotiation.Action]) {
        // Gathering answers at once; what it brings must not overtake the description that is sent after it.
        pendingActions += actions
        guard !isCarryingOut else { return }
        isCarryingOut = true
        defer { isCarryingOut = false }
        while !pendingActions.isEmpty, !isClosed { carryOut(pendingActions.removeFirst()) }
    }

    private func carryOut(_ action: Negotiation.Action) {
        switch action {
        case .send(let signal): handler(.signal(signal))
        case .gather(let credentials): gather(credentials)
        case .restartICE(let credentials): transport.restart(.init(credentials))
        case .startICE(let remote, _):
            remoteIsDone = false
            transport.setRemote(.init(remote))
        case .addRemoteCandidate(let candidate): addRemote(candidate)
        case .remoteCandidatesDone:
            remoteIsDone = true
            if lookups == 0 { transport.remoteCandidatesDone() }
        case .setDTLS(let role, let fingerprints): startDTLS(role, fingerprints)
        case .configureMedia(let sections): configure(sections)
        case .configureSCTP(let parameters): configure(parameters)
        case .failed(let error): handler(.refused("\(error)"))
        }
    }

    /// The role must be known before: of a lite peer that offers it is `startICE` that tells it, a few actions later.
    private func gather(_ credentials: ICECredentials) {
        for case .startICE(_, let role) in pendingActions { transport.setControlling(role == .controlling) }
        transport.setLocal(.init(credentials))
        transport.gather()
    }

    private func startDTLS(_ role: PeerSession.DTLSRole, _ fingerprints: [Fingerprint]) {
        transport.startDTLS(
            role: role == .client ? .client : .server,
            fingerprints: fingerprints.compactMap {
                CertificateFingerprint(algorithm: $0.algorithm, value: Hex.encode($0.bytes, separator: ":"))
            })
        if channels == nil { channels = DataChannelState(role: role) }
    }

    private func configure(_ sections: [NegotiatedSection]) {
        let now = Clock.now()
        let agreed = sections.flatMap(SectionParameters.all)
        let names = Set(agreed.map(\.name))
        for gone in streams.statistics.map(\.mid) where !names.contains(gone) {
            streams.removeSection(mid: gone, now: now)
        }
        for section in agreed { streams.configure(section, now: now) }
        handler(.mediaChanged(sections))
        flush()
    }

    private func configure(_ parameters: SCTPParameters) {
        guard messageLimit == 0, let local = UInt16(exactly: parameters.localPort),
            let remote = UInt16(exactly: parameters.remotePort)
        else { return }
        messageLimit = min(parameters.maximumMessageSize, configuration.maximumMessageSize)
        transport.startSCTP(
            .init(localPort: local, remotePort: remote, maxMessageSize: configuration.maximumMessageSize))
        // Channels are created in-band by whoever made the first offer (DESIGN §4).
        guard negotiation.isInitialOfferer == true, var channels else { return }
        let actions = (configuration.channels ?? []).flatMap {
            channels.open(label: $0.label, isOrdered: $0.isOrdered, reliability: $0.reliability)
        }
        self.channels = channels
        carryOut(actions)
    }

    // MARK: Candidates

    /// Each takes a thread for a while.
    private static let maximumLookups = 8

    /// A browser hides its addresses behind `.local` names; they are looked up, or the candidate is skipped.
    private func addRemote(_ candidate: ICECandidate) {
        guard candidate.endpoint.isLocalName else { return transport.addRemote(candidate: candidate.text) }
        guard lookups < Self.maximumLookups else { return }
        lookups += 1
        HostResolver.resolve(candidate.endpoint.address, timeout: .seconds(1)) { [weak self] addresses in
            self?.lookedUp(candidate, addresses.first)
        }
    }

    private func lookedUp(_ candidate: ICECandidate, _ address: String?) {
        lookups -= 1
        guard !isClosed else { return }
        if let address {
            var resolved = candidate
            resolved.endpoint.address = address
            transport.addRemote(candidate: resolved.text)
        }
        // An agent that is told too early gives up too early.
        if lookups == 0, remoteIsDone { transport.remoteCandidatesDone() }
    }

    private func found(_ text: String) {
        guard var candidate = try? ICECandidate(text) else { return }
        // A relay-only description gives away no address (DESIGN §5).
        if configuration.policy == .relay { candidate.related = .init("0.0.0.0", 0) }
        carryOut(negotiation.addLocalCandidate(candidate))
    }

    // MARK: Transport

    private func handle(_ event: PeerTransport.Event) {
        guard !isClosed else { return }
        switch event {
        case .candidate(let text?): found(text)
        case .candidate(nil): carryOut(negotiation.localCandidatesDone())
        case .connected:
            handler(.connected)
            flush()
        case .disconnected: handler(.disconnected)
        case .reconnected: handler(.reconnected)
        case .failed(let reason): handler(.failed(reason))
        case .rtp(let packet), .rtcp(let packet):
            streams.receive(packet, now: Clock.now())
            flush()
        case .message(let message): receive(message)
        case .streamReset(let stream): receiveReset(of: stream)
        case .messagesEnded:
            for label in openChannels.keys { endChannel(label) }
        case .closed: handler(.closed)
        }
    }

    private func receive(_ message: SCTPMessage) {
        guard var channels else { return }
        let actions = channels.receive(
            stream: message.stream, identifier: message.ppid, bytes: message.bytes)
        self.channels = channels
        carryOut(actions)
    }

    private func receiveReset(of stream: UInt16) {
        guard var channels else { return }
        let actions = channels.handleReset(stream)
        self.channels = channels
        carryOut(actions)
    }

    private func endChannel(_ label: String) {
        if openChannels.removeValue(forKey: label) != nil { handler(.channelClosed(label: label)) }
    }

    @discardableResult
    private func carryOut(_ actions: [DataChannelState.Action]) -> Bool {
        var sent = true
        for action in actions {
            switch action {
            case .send(let stream, let payload, let bytes):
                let message = SCTPMessage(
                    stream: stream, ppid: payload.rawValue, bytes: bytes,
                    isOrdered: payload == .control || isOrdered(stream))
                do throws(SCTPError) { try transport.send(message) } catch { sent = false }
            case .opened(let stream, let label):
                // Of several with one label the first counts.
                guard openChannels[label] == nil else { continue }
                openChannels[label] = stream
                handler(.channelOpen(label: label))
            case .message(let stream, let text):
                if let label = label(of: stream) { handler(.text(label: label, text)) }
            case .binary(let stream, let bytes):
                if let label = label(of: stream) { handler(.binary(label: label, bytes)) }
            case .closed(let stream, let label): if openChannels[label] == stream { endChannel(label) }
            case .reset(let stream): transport.resetStream(stream)
            }
        }
        return sent
    }

    private func isOrdered(_ stream: UInt16) -> Bool {
        let label = label(of: stream)
        return configuration.channels?.first { $0.label == label }?.isOrdered ?? true
    }

    private func label(of stream: UInt16) -> String? { openChannels.first { $0.value == stream }?.key }

    /// Sends what the streams have made, tells what they have found, and sets the next deadline.
    private func flush() {
        transmit()
        while !isClosed, let event = streams.pollEvent() { tell(event) }
        if !isClosed { timer.schedule(at: streams.nextDeadline) }
    }

    private func transmit() {
        while let packet = streams.pollTransmit() {
            switch packet {
            case .rtp(let bytes): transport.sendRTP(bytes)
            case .rtcp(let bytes): transport.sendRTCP(bytes)
            }
        }
    }

    private func tell(_ event: RTPSessionEvent) {
        switch event {
        case .audioPacket(let mid, let packet): handler(.audioPacket(mid: mid, packet))
        case .videoFrame(let mid, let frame, let timestamp):
            handler(.videoFrame(mid: mid, frame, timestamp: timestamp))
        case .keyFrameRequested(let name): handler(.keyFrameRequested(name: name))
        case .targetBitrate(let rate): handler(.targetBitrate(rate))
        case .voiceProtection(let mid, let plan): handler(.voiceProtection(mid: mid, plan))
        case .senderReport(let mid, let time, let timestamp):
            handler(.senderReport(mid: mid, time, timestamp: timestamp))
        case .sourceChanged, .remoteBye: break
        }
    }
}

extension ICEAgent.Credentials {
    fileprivate init(_ credentials: ICECredentials) {
        self.init(usernameFragment: credentials.ufrag, password: credentials.password)
    }
}
