import Call
import ICE
import Media
import PeerSession
import Peering
import Primitives
import RTP
import Runtime
import SDP
import SecureTransport
import Signalling
import Streams

/// The connection of a live stream: one offer, one answer, one sound and one picture in one direction.
@CallLoop
final class LiveConnection {
    enum Event {
        /// All candidates are known: `takeOffer` has them.
        case offerReady
        /// Candidates found after the offer was taken.
        case fragment(String)
        case connected
        case lost(String)
        /// The answer cannot be followed.
        case refused(String)
        case targetBitrate(Bitrate)
        case voiceProtection(VoiceProtection)
        case keyFrameRequested
        case audioPacket(ReceivedAudio)
        case videoFrame(EncodedFrame)
        case senderReport(isAudio: Bool, NTPTime, timestamp: Int64)
    }

    private let handler: @CallLoop (Event) -> Void
    private var connection: PeerConnection!  // needs a handler that reaches this object
    private var offer: SessionDescription?
    private var candidates: [ICECandidate] = []
    private var isComplete = false
    private var wasTaken = false
    private var lastReport = (bytes: 0, time: Clock.now())

    init(
        _ configuration: LiveStreamConfiguration, certificate: Certificate, servers: [ICEServerAddress],
        sendsAudio: Bool, sendsVideo: Bool, handler: @escaping @CallLoop (Event) -> Void
    ) throws {
        self.handler = handler
        var settings = PeerConnection.Configuration(
            cname: "confab", certificate: certificate, servers: servers, policy: configuration.call.icePolicy,
            isOfferer: true, maximumVideoBitrate: configuration.call.bitrate)
        switch configuration.direction {
        case .publish:
            settings.audio = sendsAudio ? .sendonly : nil
            settings.video = sendsVideo ? .sendonly : nil
        case .play:
            settings.audio = .recvonly
            settings.video = configuration.call.audioOnly ? nil : .recvonly
        }
        settings.hasDataChannel = false
        settings.includesLoopback = configuration.endpoint.server.isLoopback
        settings.fallsBackToTCP = true
        connection = try PeerConnection(settings) { [weak self] event in self?.handle(event) }
    }

    func start() { connection.start() }
    func close() { connection.close() }

    var bytesSent: Int { connection.bytesSent }
    var bytesReceived: Int { connection.bytesReceived }

    // MARK: Signalling

    /// The offer with the candidates found so far; once.
    func takeOffer() -> String? {
        guard !wasTaken, let offer else { return nil }
        wasTaken = true
        defer { candidates = [] }
        return offer.adding(candidates, isComplete: isComplete).text
    }

    func accept(_ answer: String) {
        connection.receive(.description(SignalDescription(type: .answer, sdp: answer)))
    }

    private func handle(_ signal: Signal) {
        switch signal {
        case .description(let description):
            guard offer == nil, description.type == .offer else { return }
            offer = try? SessionDescription(parsing: description.sdp)
            if isComplete { handler(.offerReady) }
        case .candidate(let candidate): found(candidate?.candidate ?? "")
        }
    }

    /// An empty text says that there are no more.
    private func found(_ text: String) {
        if text.isEmpty {
            guard !isComplete else { return }
            isComplete = true
        } else {
            guard let candidate = try? ICECandidate(text) else { return }
            candidates.append(candidate)
        }
        guard wasTaken else {
            if isComplete, offer != nil { handler(.offerReady) }
            return
        }
        guard let fragment = offer?.fragment(candidates, isComplete: isComplete) else { return }
        candidates = []
        handler(.fragment(fragment.text))
    }

    // MARK: Media

    func send(_ packet: Microphone.Packet) {
        connection.sendAudio(
            payload: packet.payload, timestamp: packet.timestamp,
            level: AudioLevel(level: packet.level, voice: packet.isVoice), marker: packet.startsTalkSpurt,
            captureTime: packet.captureTime)
    }

    func send(_ frame: EncodedFrame) { connection.sendVideo(frame) }
    func requestKeyFrame() { connection.requestKeyFrame() }

    private func handle(_ event: PeerConnection.Event) {
        switch event {
        case .signal(let signal): handle(signal)
        case .connected, .reconnected: handler(.connected)
        case .disconnected: handler(.lost("the connection is interrupted"))
        case .failed(let reason): handler(.lost(reason))
        case .closed: handler(.lost("the endpoint has ended the stream"))
        case .refused(let reason): handler(.refused(reason))
        case .targetBitrate(let rate): handler(.targetBitrate(rate))
        case .voiceProtection(let plan): handler(.voiceProtection(plan))
        case .keyFrameRequested: handler(.keyFrameRequested)
        case .audioPacket(let packet): handler(.audioPacket(packet))
        case .videoFrame(let frame, _): handler(.videoFrame(frame))
        case .senderReport(let isAudio, let ntp, let timestamp):
            handler(.senderReport(isAudio: isAudio, ntp, timestamp: timestamp))
        case .mediaChanged, .channelOpen, .channelClosed, .message: break
        }
    }

    func qualityReport(
        of participant: Participant, direction: LiveStreamConfiguration.Direction, now: Instant
    ) -> QualityReport {
        var report = QualityReport(participant: participant)
        let sections = connection.statistics
        report.roundTrip = sections.first?.roundTrip
        let isSending = direction == .publish
        report.jitter =
            sections.first { $0.kind == .audio }.map { isSending ? $0.sent.jitter : $0.received.jitter } ?? .zero
        report.loss = sections.map { isSending ? $0.sent.fractionLost : $0.received.fractionLost }.max() ?? 0
        let bytes = isSending ? bytesSent : bytesReceived
        let elapsed = (now - lastReport.time).seconds
        if elapsed > 0 { report.bitrate = Bitrate(bitsPerSecond: Int(Double(bytes - lastReport.bytes) * 8 / elapsed)) }
        lastReport = (bytes, now)
        return report
    }
}
