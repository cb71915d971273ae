import Media
import PeerSession
import Primitives
import RTP
import SDP
import SecureTransport
import Signalling
import Streams

@testable import Peering

/// One end of a call without sockets: negotiation, streams, data channels, and on demand what encrypts them. Time is an
/// argument.
struct SimulatedPeer {
    private(set) var negotiation: Negotiation
    private(set) var streams: RTPSession
    private(set) var channels: DataChannelState?
    private(set) var channel: UInt16?
    private var protection: Protection?
    private var hasCandidate = false

    /// What is to be carried to the other end.
    var signals: [Signal] = []
    var packets: [[UInt8]] = []
    /// DTLS, which is carried without loss.
    var handshakes: [[UInt8]] = []
    /// Messages, where nothing encrypts: they are then carried as SCTP would do it.
    var messages: [SCTPMessage] = []

    private(set) var isConnected = false
    private(set) var frames: [EncodedFrame] = []
    private(set) var audio: [ReceivedAudio] = []
    private(set) var texts: [String] = []
    private(set) var keyFramesAsked = 0
    private(set) var target: Bitrate?
    private(set) var rejected = 0
    private(set) var faults: [String] = []
    private var audioMid: String?
    private var videoMid: String?

    init(isOfferer: Bool, protection: Protection?, seed: UInt64, now: Instant) {
        self.protection = protection
        // Without encryption nobody looks at the fingerprint. 32 bytes are the right length.
        let fingerprint = Fingerprint(sha256: protection?.fingerprint ?? [UInt8](repeating: 0, count: 32))!
        negotiation = Negotiation(
            configuration: .init(fingerprint: fingerprint), isPolite: isOfferer, random: SeededGenerator(seed: seed))
        negotiation.addTransceiver(.audio, .sendrecv)
        negotiation.addTransceiver(.video, .sendrecv)
        streams = RTPSession(
            cname: negotiation.session.cname, seed: seed &+ 1,
            clock: WallClock(NTPTime(unixNanoseconds: 1_700_000_000_000_000_000), at: now))
    }

    var channelIsOpen: Bool { channel != nil }
    var isStable: Bool { negotiation.session.state == .stable }
    var nextDeadline: Instant? { streams.nextDeadline }

    // MARK: Commands

    mutating func start(asOfferer: Bool, now: Instant) { run(negotiation.start(asOfferer: asOfferer), now: now) }

    mutating func restartICE(now: Instant) { run(negotiation.restartICE(), now: now) }

    mutating func sendAudio(_ payload: [UInt8], timestamp: UInt32, now: Instant) {
        guard let audioMid else { return }
        streams.sendAudio(
            mid: audioMid, payload: payload, timestamp: timestamp, level: AudioLevel(level: 30, voice: true),
            captureTime: now, now: now)
    }

    mutating func sendVideo(_ frame: EncodedFrame, now: Instant) -> Bool {
        guard let videoMid else { return false }
        return streams.sendVideo(mid: videoMid, frame: frame, now: now)
    }

    mutating func requestKeyFrame(now: Instant) {
        if let videoMid { streams.requestKeyFrame(mid: videoMid, now: now) }
    }

    mutating func send(text: String) {
        guard let channel, let actions = channels?.send(text, on: channel) else { return }
        run(actions)
    }

    mutating func hangUp(now: Instant) { streams.sendBye(now: now) }

    // MARK: What comes

    mutating func receive(_ signal: Signal, now: Instant) { run(negotiation.receive(signal), now: now) }

    mutating func receive(packet: [UInt8], now: Instant) {
        guard let protection else { return streams.receive(packet, now: now) }
        guard let plain = protection.open(packet) else {
            rejected += 1
            return
        }
        streams.receive(plain, now: now)
    }

    mutating func receive(handshake: [UInt8], now: Instant) {
        guard let protection else { return }
        for message in protection.receive(handshake, now: now) { receive(message) }
        isConnected = protection.isConnected
    }

    mutating func receive(_ message: SCTPMessage) {
        guard let actions = channels?.receive(stream: message.stream, identifier: message.ppid, bytes: message.bytes)
        else {
            return
        }
        run(actions)
    }

    /// Does what is due, and puts what is to be carried into the outboxes.
    mutating func settle(now: Instant) {
        if let deadline = streams.nextDeadline, deadline <= now { streams.handleTimeout(now: now) }
        while let packet = streams.pollTransmit() {
            guard let protection else {
                packets.append(packet.bytes)
                continue
            }
            if let closed = protection.close(packet) { packets.append(closed) }
        }
        while let event = streams.pollEvent() { note(event) }
        if let protection { handshakes += protection.drain() }
    }

    private mutating func note(_ event: RTPSessionEvent) {
        switch event {
        case .audioPacket(_, let packet): audio.append(packet)
        case .videoFrame(_, let frame, _): frames.append(frame)
        case .keyFrameRequested: keyFramesAsked += 1
        case .targetBitrate(let rate): target = rate
        case .sourceChanged, .voiceProtection, .senderReport, .remoteBye: break
        }
    }

    // MARK: Actions

    private mutating func run(_ actions: [Negotiation.Action], now: Instant) {
        for action in actions { run(action, now: now) }
    }

    private mutating func run(_ action: Negotiation.Action, now: Instant) {
        switch action {
        case .send(let signal): signals.append(signal)
        case .gather, .restartICE: tellCandidate(now: now)
        case .startICE, .addRemoteCandidate, .remoteCandidatesDone: break
        case .setDTLS(let role, let fingerprints): begin(role, fingerprints, now: now)
        case .configureMedia(let sections): configure(sections, now: now)
        case .configureSCTP: openChannel()
        case .failed(let error): faults.append("\(error)")
        }
    }

    private mutating func tellCandidate(now: Instant) {
        let candidate = ICECandidate(
            foundation: "1", priority: 2_130_706_431, endpoint: .init("192.0.2.1", 40_000), kind: .host)
        run(negotiation.addLocalCandidate(candidate), now: now)
        run(negotiation.localCandidatesDone(), now: now)
    }

    private mutating func begin(_ role: PeerSession.DTLSRole, _ fingerprints: [Fingerprint], now: Instant) {
        if channels == nil { channels = DataChannelState(role: role) }
        guard let protection else { return isConnected = true }
        protection.start(isClient: role == .client, fingerprints: fingerprints.map(\.bytes), now: now)
    }

    private mutating func configure(_ sections: [NegotiatedSection], now: Instant) {
        for section in sections {
            guard let agreed = SectionParameters(section) else { continue }
            streams.configure(agreed, now: now)
            if agreed.kind == .audio { audioMid = agreed.mid } else { videoMid = agreed.mid }
        }
    }

    private mutating func openChannel() {
        guard negotiation.isInitialOfferer == true, let actions = channels?.open(label: ChannelMessage.label) else {
            return
        }
        run(actions)
    }

    private mutating func run(_ actions: [DataChannelState.Action]) {
        for action in actions {
            switch action {
            case .send(let stream, let payload, let bytes):
                send(.init(stream: stream, ppid: payload.rawValue, bytes: bytes))
            case .opened(let stream, _): channel = stream
            case .message(_, let text): texts.append(text)
            case .closed: channel = nil
            case .binary, .reset: break
            }
        }
    }

    private mutating func send(_ message: SCTPMessage) {
        if let protection { protection.send(message) } else { messages.append(message) }
    }
}
