import Call
import ICE
import Media
import Peering
import Primitives
import Runtime
import Signalling
import Streams

/// Another participant of a mesh call and the connection to them.
@CallLoop
final class RemotePeer: RemoteMember {
    let participant: Participant
    private(set) var connection: PeerConnection!  // needs a handler that reaches this object
    var isConnected = false
    var milestones = Milestones()
    /// They receive this side's media through the media server: what goes straight to them may stop.
    private(set) var hasMoved = false
    /// The same the other way: they were told that they are received there.
    private(set) var hasSaidMoved = false
    /// What the peer shows of us; until it says so, DESIGN §4's default.
    private(set) var remoteViewport = VideoTarget(size: PixelSize(640, 360), framesPerSecond: 30, bitrate: .zero)

    /// What the peer's losses ask of our voice.
    private(set) var voiceProtection = VoiceProtection()

    unowned let controller: CallController
    private(set) var state: ParticipantState
    private var wish: VideoTarget?
    private var isChannelOpen = false
    /// What was said in the chat before the channel was open.
    private var unsaid: [ChannelMessage] = []
    private static let maximumUnsaid = 64
    private var estimate: Bitrate
    /// Attempts to get through again.
    var reconnection = Reconnection()
    /// What was told to be wrong.
    var troubles = Set<ConnectionTrouble>()
    var lossSince: Instant?
    /// An offer to restart was made although the path may still work.
    var isRestarting = false
    private var receivesAudio = false
    private var closed = false

    private var id: String { participant.id }

    init(
        participant: Participant, state: ParticipantState, isOfferer: Bool, controller: CallController,
        servers: [ICEServerAddress]
    ) throws {
        self.participant = participant
        self.state = state
        self.controller = controller
        estimate = .kilobits(300)
        connection = try PeerConnection(
            .init(
                cname: controller.session.selfID, certificate: controller.certificate, servers: servers,
                policy: controller.configuration.icePolicy, isOfferer: isOfferer,
                maximumVideoBitrate: controller.configuration.bitrate)
        ) { [weak self] event in self?.handle(event) }
    }

    // MARK: What the call wants

    func setViewport(_ wish: VideoTarget) {
        self.wish = wish
        sendViewport()
    }

    func update(_ new: ParticipantState) {
        let old = state
        state = new
        guard isConnected else { return }
        if old.muted != new.muted {
            controller.observer.event(new.muted ? .muted(participant, .microphone) : .unmuted(participant, .microphone))
        }
        if old.camera != new.camera {
            controller.observer.event(
                new.camera ? .trackStarted(participant, .camera, codec: "VP8") : .trackStopped(participant, .camera))
            if !new.camera { controller.media.decoder.clearPicture(of: id) }
        }
    }

    func send(_ message: ChannelMessage) {
        if isChannelOpen {
            connection.send(text: message.text)
        } else if case .chat = message, unsaid.count < Self.maximumUnsaid {
            unsaid.append(message)
        }
    }

    /// `keepsMedia`: what plays and shows them goes on, fed by another way.
    func close(keepsMedia: Bool = false) {
        guard !closed else { return }
        closed = true
        send(.bye)
        connection.close()
        controller.media.camera.setTarget(nil, for: id)
        guard !keepsMedia else { return }
        controller.media.playout.remove(id)
        controller.media.decoder.remove(id)
        controller.media.lipSync.remove(id)
    }

    func requestKeyFrame() { connection.requestKeyFrame() }

    // MARK: Moving to the media server

    /// Their media have arrived through the server.
    func sayMoved() {
        guard !hasSaidMoved else { return }
        hasSaidMoved = true
        send(.moved)
        controller.noteMoved(self)
    }

    private func receiveMoved() {
        guard !hasMoved else { return }
        hasMoved = true
        controller.media.camera.setTarget(nil, for: id)
        controller.noteMoved(self)
    }

    /// Whether the other way brings what this one did.
    private var soundComesOtherwise: Bool { controller.server?.members[id]?.carriesSound == true }
    private var pictureComesOtherwise: Bool { controller.server?.members[id]?.carriesPicture == true }

    // MARK: Numbers

    var framesLost: Int {
        connection.statistics.filter { $0.kind == .video }.reduce(0) { $0 + $1.received.framesDropped }
    }

    var bytesReceived: Int { connection.bytesReceived }
    var bytesSent: Int { connection.bytesSent }

    private var lastReport = (bytes: 0, time: Clock.now())

    func qualityReport(now: Instant) -> QualityReport {
        var report = QualityReport(participant: participant)
        let sections = connection.statistics
        report.roundTrip = sections.first?.roundTrip
        report.jitter = sections.first { $0.kind == .audio }?.received.jitter ?? .zero
        report.loss = sections.map(\.received.fractionLost).max() ?? 0
        report.estimate = connection.estimatedBitrate
        let bytes = connection.bytesReceived
        let elapsed = (now - lastReport.time).seconds
        if elapsed > 0 { report.bitrate = Bitrate(bitsPerSecond: Int(Double(bytes - lastReport.bytes) * 8 / elapsed)) }
        lastReport = (bytes, now)
        return report
    }

    // MARK: What the connection tells

    private func handle(_ event: PeerConnection.Event) {
        guard !closed else { return }
        switch event {
        case .signal(let signal): controller.carryOut(controller.session.signal(signal, to: id))
        case .connected: becameConnected()
        case .disconnected: lost()
        case .reconnected: regained()
        case .failed(let reason):
            isConnected = false
            complain("peer-failed", reason)
            controller.updateRoster()
        case .refused(let reason): complain("peer-refused", reason)
        case .closed: controller.carryOut(controller.session.mediaEnded(with: id))
        case .channelOpen:
            isChannelOpen = true
            sendViewport()
            controller.sayHello(to: self)
            for message in unsaid { connection.send(text: message.text) }
            unsaid = []
        case .channelClosed: isChannelOpen = false
        case .message(let text): receive(text)
        case .audioPacket(let packet):
            guard !soundComesOtherwise else { break }
            controller.media.playout.receive(packet, of: id)
            controller.recording.receive(packet, of: id)
        case .videoFrame(let frame, _):
            guard !pictureComesOtherwise else { break }
            // Until the peer knows what is wanted it sends its default.
            if wish?.size.isNone != true || controller.recording.needsPictures {
                controller.media.decoder.decode(frame, of: id)
            }
            controller.recording.receive(frame, of: id)
        case .senderReport where soundComesOtherwise || pictureComesOtherwise: break
        case .senderReport(let isAudio, let ntp, let timestamp):
            controller.media.lipSync.receiveReport(of: id, isAudio: isAudio, ntp: ntp, timestamp: timestamp)
            controller.recording.receiveReport(of: id, isAudio: isAudio, ntp: ntp, timestamp: timestamp)
        case .voiceProtection(let plan):
            voiceProtection = plan
            controller.protectVoice()
        case .keyFrameRequested: controller.media.camera.requestKeyFrame(for: id)
        case .targetBitrate(let rate):
            estimate = rate
            updateTarget()
        case .mediaChanged(let receivesAudio, _): self.receivesAudio = receivesAudio
        }
    }

    /// `reason` may hold words of the peer.
    private func complain(_ code: String, _ reason: String) {
        let message = "\(participant.name): \(reason.controlCharactersVisible)"
        controller.observer.event(.error(code: code, message: message, fatal: false))
    }

    private func becameConnected() {
        isConnected = true
        updateTarget()
        controller.media.camera.requestKeyFrame(for: id)
        if receivesAudio {
            controller.observer.event(.trackStarted(participant, .microphone, codec: "opus"))
            if state.muted { controller.observer.event(.muted(participant, .microphone)) }
        }
        if state.camera { controller.observer.event(.trackStarted(participant, .camera, codec: "VP8")) }
        controller.updateRoster()
    }

    private func receive(_ text: String) {
        guard let message = try? ChannelMessage.parse(text) else { return }
        switch message {
        case .chat(_, let text, _):
            controller.observer.event(.chat(participant, text: text.controlCharactersVisible))
        case .viewport(let width, let height, let fps):
            remoteViewport = VideoTarget(
                size: width > 0 && height > 0 ? PixelSize(width, height) : .none, framesPerSecond: max(1, fps),
                bitrate: .zero)
            updateTarget()
        case .moved: receiveMoved()
        case .bye: break
        }
    }

    /// Tells what is wanted: what is shown, and no less than a recording takes.
    func sendViewport() {
        guard isChannelOpen, let wish = controller.recorded(wish) else { return }
        send(.viewport(width: wish.size.width, height: wish.size.height, fps: wish.framesPerSecond))
    }

    /// The encoder makes no more than the peer shows, the network bears and the user allows.
    private func updateTarget() {
        guard !hasMoved else { return }
        let limits = controller.configuration
        let size = remoteViewport.size.isNone ? PixelSize.none : limits.size.fitted(in: remoteViewport.size)
        let rate = min(remoteViewport.framesPerSecond, limits.framesPerSecond)
        // More bits than this make no better picture; fewer than 150 kbit/s cost frames.
        let useful = Bitrate(bitsPerSecond: min(limits.bitrate.bitsPerSecond, max(150_000, size.area * rate / 6)))
        if isConnected { connection.setVideoCeiling(useful) }
        controller.media.camera.setTarget(
            VideoTarget(size: size, framesPerSecond: rate, bitrate: min(estimate, useful)), for: id)
    }
}
