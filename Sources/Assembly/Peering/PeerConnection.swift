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

/// The connection to one peer of a mesh: one sound and one picture each way and the data channel `confab` (DESIGN §4).
@CallLoop
package final class PeerConnection {
    package struct Configuration {
        package var cname: String
        package var certificate: Certificate
        package var servers: [ICEServerAddress]
        package var policy: ICEPolicy
        /// Offers first and is the polite side (DESIGN §4).
        package var isOfferer: Bool
        package var maximumVideoBitrate: Bitrate
        /// What goes which way where this side offers; nil leaves it out.
        package var audio: Direction? = .sendrecv
        package var video: Direction? = .sendrecv
        package var hasDataChannel = true
        /// Whether the peer may be on this machine and nowhere else (an endpoint at 127.0.0.1).
        package var includesLoopback = false
        /// Whether the peer's TCP candidates are used where UDP finds no way: of media servers.
        package var fallsBackToTCP = false

        package init(
            cname: String, certificate: Certificate, servers: [ICEServerAddress] = [], policy: ICEPolicy = .all,
            isOfferer: Bool, maximumVideoBitrate: Bitrate = .kilobits(1_000)
        ) {
            self.cname = cname
            self.certificate = certificate
            self.servers = servers
            self.policy = policy
            self.isOfferer = isOfferer
            self.maximumVideoBitrate = maximumVideoBitrate
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
        case channelOpen
        /// The peer closed the data channel, or messages found no way any more.
        case channelClosed
        case message(String)
        case audioPacket(ReceivedAudio)
        case videoFrame(EncodedFrame, timestamp: Int64)
        case keyFrameRequested
        /// What the video sent may use.
        case targetBitrate(Bitrate)
        /// How the sound sent is guarded from now on.
        case voiceProtection(VoiceProtection)
        /// One moment on the peer's clock, as RTP time of its sound or picture, for lip sync.
        case senderReport(isAudio: Bool, NTPTime, timestamp: Int64)
        /// What the peer may send, after each negotiation.
        case mediaChanged(receivesAudio: Bool, receivesVideo: Bool)
    }

    private let configuration: Configuration
    private let handler: @CallLoop (Event) -> Void
    private var connection: MediaConnection!  // needs a handler that reaches this object
    private var audioMid: String?
    private var videoMid: String?

    package init(_ configuration: Configuration, handler: @escaping @CallLoop (Event) -> Void) throws {
        self.configuration = configuration
        self.handler = handler
        var settings = MediaConnection.Configuration(
            cname: configuration.cname, certificate: configuration.certificate, servers: configuration.servers,
            policy: configuration.policy, includesLoopback: configuration.includesLoopback,
            role: configuration.isOfferer ? .beginsOffering : .waitsForOffer,
            channels: configuration.hasDataChannel ? [DataChannelOpen(label: ChannelMessage.label)] : nil,
            maximumVideoBitrate: configuration.maximumVideoBitrate, watchesSilence: true)
        settings.fallsBackToTCP = configuration.fallsBackToTCP
        connection = try MediaConnection(settings) { [weak self] event in self?.handle(event) }
    }

    /// The offerer offers at once; the other side waits.
    package func start() {
        // The answerer's are adopted by the offer's sections.
        if let direction = configuration.audio { connection.addTransceiver(.audio, direction) }
        if let direction = configuration.video { connection.addTransceiver(.video, direction) }
        connection.negotiate()
    }

    package func receive(_ signal: Signal) { connection.receive(signal) }
    package func restartICE() { connection.restartICE() }

    /// Signalling works again after a gap: what may have been lost is said once more.
    package func handleSignallingRestored() { connection.handleSignallingRestored() }

    package func sendAudio(payload: [UInt8], timestamp: UInt32, level: AudioLevel, marker: Bool, captureTime: Instant) {
        guard let audioMid else { return }
        connection.sendAudio(
            audioMid, payload: payload, timestamp: timestamp, level: level, marker: marker, captureTime: captureTime)
    }

    /// False where the frame was dropped because too much is waiting already.
    @discardableResult
    package func sendVideo(_ frame: EncodedFrame) -> Bool {
        guard let videoMid else { return false }
        return connection.sendVideo(videoMid, frame)
    }

    /// The most that the video may use, for what the peer shows: more is not tried out.
    package func setVideoCeiling(_ bitrate: Bitrate) { connection.setVideoCeiling(bitrate) }

    package func requestKeyFrame() {
        if let videoMid { connection.requestKeyFrame(mid: videoMid) }
    }

    /// Sends a text on the data channel; false where it is not open or too much waits.
    @discardableResult
    package func send(text: String) -> Bool { connection.send(text: text, on: ChannelMessage.label) }

    /// Says good-bye on every layer and lets go of everything.
    package func close() { connection.close() }

    // MARK: Numbers

    package var isClosed: Bool { connection.isClosed }
    package var bytesSent: Int { connection.bytesSent }
    package var bytesReceived: Int { connection.bytesReceived }
    package var drops: PeerTransport.Drops { connection.drops }
    package var statistics: [SectionStatistics] { connection.statistics }
    /// What the path is thought to carry, everything together.
    package var estimatedBitrate: Bitrate { connection.estimatedBitrate }
    /// What the sound sent should be like on this path.
    package var audioAllocation: AudioAllocation { connection.audioAllocation }
    package var selectedPair: String? { connection.selectedPair }
    /// The own address that packets leave from.
    package var selectedAddress: String? { connection.selectedAddress }
    var transport: PeerTransport { connection.transport }

    // MARK: What the connection tells

    private func handle(_ event: MediaConnection.Event) {
        switch event {
        case .signal(let signal): handler(.signal(signal))
        case .connected: handler(.connected)
        case .disconnected: handler(.disconnected)
        case .reconnected: handler(.reconnected)
        case .failed(let reason): handler(.failed(reason))
        case .refused(let reason): handler(.refused(reason))
        case .closed: handler(.closed)
        case .channelOpen(ChannelMessage.label): handler(.channelOpen)
        case .channelClosed(ChannelMessage.label): handler(.channelClosed)
        case .text(ChannelMessage.label, let text): handler(.message(text))
        // The protocol is text on one channel.
        case .channelOpen, .channelClosed, .text, .binary: break
        case .audioPacket(let mid, let packet): if mid == audioMid { handler(.audioPacket(packet)) }
        case .videoFrame(let mid, let frame, let timestamp):
            if mid == videoMid { handler(.videoFrame(frame, timestamp: timestamp)) }
        case .keyFrameRequested: handler(.keyFrameRequested)
        case .targetBitrate(let rate): handler(.targetBitrate(rate))
        case .voiceProtection(_, let plan): handler(.voiceProtection(plan))
        case .senderReport(let mid, let time, let timestamp):
            handler(.senderReport(isAudio: mid == audioMid, time, timestamp: timestamp))
        case .mediaChanged(let sections): mediaChanged(sections)
        }
    }

    private func mediaChanged(_ sections: [NegotiatedSection]) {
        // What the peer adds beside the first of a kind is not sent into.
        audioMid = sections.first { $0.kind == .audio }?.mid
        videoMid = sections.first { $0.kind == .video }?.mid
        handler(
            .mediaChanged(
                receivesAudio: sections.contains { $0.kind == .audio && $0.receives },
                receivesVideo: sections.contains { $0.kind == .video && $0.receives }))
    }
}
