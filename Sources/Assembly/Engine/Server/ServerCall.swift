import Call
import ICE
import LiveKitClient
import LiveKitProtocol
import Logging
import Media
import PeerSession
import Peering
import Primitives
import Runtime
import SecureTransport
import SignalTransport
import Signalling
import Streams

/// A call through a media server that speaks LiveKit's protocol: signalling, one connection for what is sent, and one
/// for what is received.
@CallLoop
final class ServerCall {
    /// Where the server is and what lets one in.
    struct Access: Sendable {
        /// With the path that ends in `/rtc`.
        var url: SignalURL
        var token: String
        var trust: TLSTrust
    }

    unowned let controller: CallController
    let access: Access
    /// Whether a mesh call moves here.
    let isMove: Bool
    var session: LiveKitSession
    var socket: ClientWebSocket?
    /// Counts sockets, so that events of an old one are told from those of the newest.
    var socketGeneration = 0
    var hasJoined = false

    var members: [String: ServerMember] = [:]
    var publisher: MediaConnection?
    /// What the way to the server asks of our voice.
    var voiceProtection = VoiceProtection()
    var subscriber: MediaConnection?
    /// Counts pairs of connections, for the same reason.
    var mediaGeneration = 0
    var isReceiving = false
    /// Offers of the server that came before the subscriber was made.
    var earlyOffers: [String] = []
    var receivedSections: [NegotiatedSection] = []
    /// Whose media a section of the subscriber brings.
    var owners: [String: ServerMember] = [:]
    var isChannelOpen = false

    /// Tracks that the server was told of but has not named yet.
    var unnamed: Set<String> = []
    var microphone: LocalTrack?
    var camera: LocalTrack?
    var plan: LayerPlan
    /// Where data waits until the channel is open.
    var waitingData: [(bytes: [UInt8], label: String)] = []

    /// What is published, and under which section of the publisher it goes.
    struct LocalTrack {
        var cid: String
        var mid: String?
        /// The layers that the server takes; empty where it takes one stream.
        var rids: [String] = []
    }

    init(_ access: Access, isMove: Bool, controller: CallController) {
        self.access = access
        self.isMove = isMove
        self.controller = controller
        session = LiveKitSession(token: access.token)
        let limits = controller.configuration
        plan = LayerPlan(layers: SimulcastLayer.layers(of: limits.size, bitrate: limits.bitrate))
    }

    func start() { carryOut(session.start(now: Clock.now())) }

    // MARK: What the call wants

    func setState(_ state: ParticipantState) {
        if let microphone {
            carryOut(session.setMuted(state.muted, cid: microphone.cid))
        } else if !state.muted {
            // A file is played where there is no microphone.
            publishMicrophone(isMuted: false)
        }
        if let camera { carryOut(session.setMuted(!state.camera, cid: camera.cid)) }
    }

    func say(_ text: String) {
        carryOut(
            session.chat(
                text, id: Base64URL.encode(secureRandom(9)), milliseconds: Clock.wallNanoseconds() / 1_000_000))
    }

    func setView(_ size: PixelSize, framesPerSecond: Int, of track: String) {
        carryOut(session.setView(size, framesPerSecond: framesPerSecond, of: track))
    }

    func requestKeyFrame(mid: String) { subscriber?.requestKeyFrame(mid: mid) }

    func send(_ packet: Microphone.Packet) {
        guard let mid = microphone?.mid else { return }
        publisher?.send(packet, on: mid)
    }

    // MARK: The own picture

    /// The encoder's name for a layer, which is nobody's identity.
    static func encoderKey(_ quality: SimulcastLayer.Quality) -> String { "\u{0}" + quality.rid }

    /// False where the frame is for somebody else.
    func send(_ frame: EncodedFrame, ofEncoder key: String) -> Bool {
        guard let layer = plan.layers.first(where: { Self.encoderKey($0.quality) == key }) else { return false }
        if let name = name(of: layer.quality) { publisher?.sendVideo(name, frame) }
        return true
    }

    /// What a layer is called on the publisher.
    private func name(of quality: SimulcastLayer.Quality) -> String? {
        guard let camera, let mid = camera.mid else { return nil }
        // A server that takes one stream only gets the lowest of ours that suits everybody.
        guard !camera.rids.isEmpty else { return quality == plan.layers.last?.quality ? mid : nil }
        return camera.rids.contains(quality.rid) ? "\(mid)/\(quality.rid)" : nil
    }

    func updateLayers() {
        for (layer, target) in plan.targets(framesPerSecond: controller.configuration.framesPerSecond) {
            let isSent = name(of: layer.quality) != nil
            controller.media.camera.setTarget(isSent ? target : nil, for: Self.encoderKey(layer.quality))
        }
    }

    func answerKeyFrameRequest(_ name: String) {
        for layer in plan.layers where self.name(of: layer.quality) == name {
            controller.media.camera.requestKeyFrame(for: Self.encoderKey(layer.quality))
        }
    }

    private func stopLayers() {
        for layer in plan.layers { controller.media.camera.setTarget(nil, for: Self.encoderKey(layer.quality)) }
    }

    // MARK: Numbers

    var received: [SectionStatistics] { subscriber?.statistics ?? [] }
    var bytesSent: Int { publisher?.bytesSent ?? 0 }

    // MARK: Time and the end

    var nextDeadline: Instant? { session.nextDeadline }
    func handleTimeout(now: Instant) { carryOut(session.handleTimeout(now: now)) }

    func leave() {
        carryOut(session.leave())
        closeMedia()
    }

    func closeMedia() {
        mediaGeneration += 1
        stopLayers()
        for member in members.values { member.settle() }
        publisher?.close()
        subscriber?.close()
        publisher = nil
        subscriber = nil
        isReceiving = false
        isChannelOpen = false
        earlyOffers = []
        receivedSections = []
        owners = [:]
        microphone = nil
        camera = nil
        waitingData = []
    }
}

extension MediaConnection {
    func send(_ packet: Microphone.Packet, on mid: String) {
        sendAudio(
            mid, payload: packet.payload, timestamp: packet.timestamp,
            level: .init(level: packet.level, voice: packet.isVoice), marker: packet.startsTalkSpurt,
            captureTime: packet.captureTime)
    }
}
