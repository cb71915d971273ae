import ICE
import Media
import PeerSession
import Primitives
import RTP
import Runtime
import SecureTransport
import Signalling
import Streams

@testable import Peering

struct ICEPolicyAndServers: Sendable {
    var policy = ICEPolicy.all
    var servers: [ICEServerAddress] = []
}

/// One side of a `Call`: a connection and all it has told.
@CallLoop
final class Party {
    private(set) var connection: PeerConnection!
    private(set) var isConnected = false
    private(set) var channelIsOpen = false
    private(set) var disconnections = 0
    private(set) var reconnections = 0
    private(set) var failures: [String] = []
    private(set) var refusals: [String] = []
    private(set) var closings = 0
    private(set) var texts: [String] = []
    private(set) var audio: [ReceivedAudio] = []
    private(set) var frames: [EncodedFrame] = []
    private(set) var keyFramesAsked = 0
    private(set) var signals: [Signal] = []
    private(set) var media: [(audio: Bool, video: Bool)] = []
    /// Runs inside the connection's own call, after the event was noted.
    var onEvent: @CallLoop (PeerConnection.Event) -> Void = { _ in }
    private var talker: LoopTimer?
    private(set) var audioSent = 0
    private(set) var framesSent = 0

    init(
        isOfferer: Bool, _ ice: ICEPolicyAndServers, handler: @escaping @CallLoop (PeerConnection.Event) -> Void
    ) throws {
        connection = try PeerConnection(
            .init(
                cname: isOfferer ? "left" : "right", certificate: try .selfSigned(), servers: ice.servers,
                policy: ice.policy, isOfferer: isOfferer), handler: handler)
    }

    func close() {
        talker?.schedule(at: nil)
        talker = nil
        connection?.close()
    }

    /// Closes, and lets go of the connection.
    func release() {
        close()
        connection = nil
    }

    func note(_ event: PeerConnection.Event) {
        switch event {
        case .signal(let signal): signals.append(signal)
        case .connected: isConnected = true
        case .disconnected: disconnections += 1
        case .reconnected: reconnections += 1
        case .failed(let reason): failures.append(reason)
        case .refused(let reason): refusals.append(reason)
        case .closed: closings += 1
        case .channelOpen: channelIsOpen = true
        case .channelClosed: channelIsOpen = false
        case .message(let text): texts.append(text)
        case .audioPacket(let packet): audio.append(packet)
        case .videoFrame(let frame, _): frames.append(frame)
        case .keyFrameRequested: keyFramesAsked += 1
        case .mediaChanged(let audio, let video): media.append((audio, video))
        case .targetBitrate, .voiceProtection, .senderReport: break
        }
        onEvent(event)
    }

    // MARK: Media

    func sendAudio() {
        connection.sendAudio(
            payload: Self.sound(audioSent), timestamp: UInt32(truncatingIfNeeded: audioSent * 960),
            level: AudioLevel(level: 20, voice: true), marker: audioSent == 0, captureTime: Clock.now())
        audioSent += 1
    }

    @discardableResult
    func sendFrame(isKeyFrame: Bool = false) -> Bool {
        defer { framesSent += 1 }
        return connection.sendVideo(
            EncodedFrame(
                bytes: Self.picture(framesSent, isKeyFrame: isKeyFrame), isKeyFrame: isKeyFrame,
                timestamp: UInt32(truncatingIfNeeded: framesSent * 3_600), time: Clock.now()))
    }

    /// Sends a packet of sound each 20 ms, and a frame with every second, until closed.
    func talk() {
        let timer = LoopTimer { [weak self] now in self?.say(now: now) }
        talker = timer
        timer.schedule(at: Clock.now())
    }

    private func say(now: Instant) {
        sendAudio()
        if audioSent % 2 == 1 { sendFrame(isKeyFrame: framesSent == 0 || framesSent % 50 == 0) }
        talker?.schedule(at: now + .milliseconds(20))
    }

    nonisolated static func sound(_ number: Int) -> [UInt8] {
        [0x78, UInt8(truncatingIfNeeded: number >> 8), UInt8(truncatingIfNeeded: number)]
            + [UInt8](repeating: UInt8(truncatingIfNeeded: number &* 7), count: 77)
    }

    /// What looks like VP8 (RFC 6386 §9.1): the frame tag tells key frames, which have a start code and a size.
    nonisolated static func picture(_ number: Int, isKeyFrame: Bool) -> [UInt8] {
        var bytes: [UInt8] = isKeyFrame ? [0x10, 2, 0, 0x9d, 0x01, 0x2a, 64, 1, 240, 0] : [0x11, 2, 0]
        bytes.appendU32(UInt32(truncatingIfNeeded: number))
        return bytes + [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: isKeyFrame ? 4_000 : 1_500)
    }

    var summary: String {
        """
        connected \(isConnected), channel \(channelIsOpen), disconnections \(disconnections), \
        failures \(failures), audio \(audio.count), frames \(frames.count), \
        ICE \(connection?.transport.path.agent.state ?? .new), signals \(signals.count)
        """
    }

    var candidates: [String] {
        signals.compactMap { signal in
            if case .candidate(let candidate?) = signal, !candidate.candidate.isEmpty {
                candidate.candidate
            } else {
                nil
            }
        }
    }

    var gatheringIsDone: Bool {
        signals.contains { signal in
            if case .candidate(let candidate) = signal { candidate?.candidate.isEmpty ?? true } else { false }
        }
    }

    var descriptions: [String] {
        signals.compactMap { if case .description(let description) = $0 { description.sdp } else { nil } }
    }

    var path: ICEPath { connection.transport.path }
}

/// Whether the packets carry the sounds from the first one's number on, without a gap.
func isUnbroken(_ packets: [ReceivedAudio]) -> Bool {
    guard let first = packets.first?.payload, first.count > 2 else { return false }
    let start = Int(first[1]) << 8 | Int(first[2])
    return packets.enumerated().allSatisfy { offset, packet in packet.payload == Party.sound(start + offset) }
}
