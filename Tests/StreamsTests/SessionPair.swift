import Media
import Primitives
import RTP
import Simulation
import Streams

/// Two sessions joined by two simulated paths, and a call that runs as fast as it can be computed.
struct SessionPair {
    struct Side {
        var session: RTPSession
        /// From this side to the other.
        var path: NetworkSimulator<OutgoingPacket>
        var frames: [EncodedFrame] = []
        var audio: [ReceivedAudio] = []
        var keyFramesRequested = 0
        var reports: [(time: NTPTime, timestamp: Int64)] = []
        var targets: [(time: Instant, bitrate: Bitrate)] = []
        var goodbyes: [SSRC] = []
        var sourceChanges: [SSRC] = []
        /// By kind of packet, as sent.
        var rtcpSent: [RTCPPacket] = []
        var framesSent = 0
        var audioSent = 0
    }

    var left: Side
    var right: Side
    var now = Instant.seconds(1_000)

    init(
        path: NetworkConditions, back: NetworkConditions? = nil, maxBitrate: Bitrate = .kilobits(1_000),
        seed: UInt64 = 7
    ) {
        var configuration = RTPSession.Configuration()
        configuration.maxBitrate = maxBitrate
        let clock = WallClock(NTPTime(unixNanoseconds: 1_700_000_000_000_000_000), at: .seconds(1_000))
        left = Side(
            session: RTPSession(cname: "left", seed: seed, clock: clock, configuration: configuration),
            path: NetworkSimulator(path, seed: seed + 1))
        right = Side(
            session: RTPSession(cname: "right", seed: seed + 2, clock: clock, configuration: configuration),
            path: NetworkSimulator(back ?? path, seed: seed + 3))
    }

    static let extensions = HeaderExtensionMap([
        .audioLevel: 1, .absoluteSendTime: 2, .transportSequence: 3, .mid: 4,
    ])

    static func video(
        local: UInt32, remote: UInt32?, feedback: SectionParameters.Feedback = .everything, rtx: Bool = true
    ) -> SectionParameters {
        let types = SectionParameters.PayloadTypes(
            media: PayloadType(masking: 96), repair: rtx ? PayloadType(masking: 97) : nil)
        return SectionParameters(
            mid: "1", kind: .video, sends: true, receives: true, sendTypes: types, receiveTypes: types,
            clockRate: 90_000, extensions: extensions,
            feedback: feedback,
            remoteSources: remote.map { [.init(ssrc: SSRC($0), repair: rtx ? SSRC($0 + 1) : nil)] } ?? [],
            localSSRC: SSRC(local), localRepairSSRC: rtx ? SSRC(local + 1) : nil)
    }

    static func audio(local: UInt32, remote: UInt32?) -> SectionParameters {
        var feedback = SectionParameters.Feedback()
        feedback.transportCC = true
        let types = SectionParameters.PayloadTypes(media: PayloadType(masking: 111))
        return SectionParameters(
            mid: "0", kind: .audio, sends: true, receives: true, sendTypes: types, receiveTypes: types,
            clockRate: 48_000, extensions: extensions, feedback: feedback,
            remoteSources: remote.map { [.init(ssrc: SSRC($0))] } ?? [], localSSRC: SSRC(local))
    }

    mutating func connect(
        feedback: SectionParameters.Feedback = .everything, rtx: Bool = true, announced: Bool = true
    ) {
        left.session.configure(Self.audio(local: 10, remote: announced ? 20 : nil), now: now)
        left.session.configure(
            Self.video(local: 12, remote: announced ? 22 : nil, feedback: feedback, rtx: rtx), now: now)
        right.session.configure(Self.audio(local: 20, remote: announced ? 10 : nil), now: now)
        right.session.configure(
            Self.video(local: 22, remote: announced ? 12 : nil, feedback: feedback, rtx: rtx), now: now)
    }

    // MARK: - Time

    /// Runs the network and both sessions until `end`.
    mutating func run(until end: Instant) {
        while true {
            settle()
            let next = [
                left.path.nextArrival, right.path.nextArrival, left.session.nextDeadline, right.session.nextDeadline,
            ].compactMap { $0 }.min()
            guard let next, next <= end else { break }
            // A deadline in the past is due now; the step keeps a session that never moves on from hanging the test.
            now = max(next, now + .microseconds(1))
        }
        now = max(now, end)
        settle()
    }

    mutating func run(for time: Duration) { run(until: now + time) }

    private mutating func settle() {
        while let packet = left.path.receive(now: now) { right.session.receive(packet.bytes, now: now) }
        while let packet = right.path.receive(now: now) { left.session.receive(packet.bytes, now: now) }
        left.settle(now: now)
        right.settle(now: now)
    }

    // MARK: - A call

    /// Left talks: frames of about `bitrate` at 25 a second in `layers` temporal layers, and 50 sound packets a second.
    /// A key frame comes when one is asked for, one frame later.
    mutating func talk(for time: Duration, bitrate: Bitrate = .kilobits(500), layers: Int = 1, adaptive: Bool = false) {
        let end = now + time
        var source = VideoSource(bitrate: bitrate, layers: layers)
        var answered = left.keyFramesRequested
        while now < end {
            let isKeyFrame = source.count == 0 || left.keyFramesRequested > answered
            answered = left.keyFramesRequested
            if adaptive, let target = left.targets.last { source.bitrate = target.bitrate }
            let frame = source.next(isKeyFrame: isKeyFrame, time: now)
            if left.session.sendVideo(mid: "1", frame: frame, now: now) { left.framesSent += 1 }
            for _ in 0..<2 {
                sendAudio()
                run(for: .milliseconds(20))
            }
        }
    }

    mutating func sendAudio() {
        left.session.sendAudio(
            mid: "0", payload: [UInt8](repeating: UInt8(truncatingIfNeeded: left.audioSent), count: 80),
            timestamp: UInt32(truncatingIfNeeded: left.audioSent * 960), level: AudioLevel(level: 30, voice: true),
            captureTime: now, now: now)
        left.audioSent += 1
    }

    mutating func hangUp() {
        left.session.sendBye(now: now)
    }
}

extension SessionPair.Side {
    mutating func settle(now: Instant) {
        if let deadline = session.nextDeadline, deadline <= now { session.handleTimeout(now: now) }
        while let packet = session.pollTransmit() {
            if case .rtcp(let bytes) = packet { rtcpSent += (try? RTCP.parse(bytes)) ?? [] }
            path.send(packet, bytes: packet.bytes.count + 40, now: now)
        }
        while let event = session.pollEvent() { note(event, now: now) }
    }

    private mutating func note(_ event: RTPSessionEvent, now: Instant) {
        switch event {
        case .audioPacket(_, let packet): audio.append(packet)
        case .videoFrame(_, let frame, _): frames.append(frame)
        case .sourceChanged(_, let ssrc): sourceChanges.append(ssrc)
        case .keyFrameRequested: keyFramesRequested += 1
        case .targetBitrate(let bitrate): targets.append((now, bitrate))
        case .senderReport(_, let time, let timestamp): reports.append((time, timestamp))
        case .voiceProtection: break
        case .remoteBye(_, let ssrc): goodbyes.append(ssrc)
        }
    }

    func statistics(_ mid: String) -> SectionStatistics? { session.statistics.first { $0.mid == mid } }
}

/// Makes frames that a decoder model can check: each carries its number and that of the frame it depends on.
struct VideoSource {
    var bitrate: Bitrate
    var layers: Int
    var count = 0
    private var lastBase = 0
    private var framesSinceBase = 0

    init(bitrate: Bitrate, layers: Int) {
        self.bitrate = bitrate
        self.layers = layers
    }

    mutating func next(isKeyFrame: Bool, time: Instant) -> EncodedFrame {
        let isBase = isKeyFrame || layers == 1 || framesSinceBase >= 1
        framesSinceBase = isBase ? 0 : framesSinceBase + 1
        let reference = isKeyFrame ? count : lastBase
        if isBase { lastBase = count }
        let size = max(16, bitrate.bitsPerSecond / 8 / 25) * (isKeyFrame ? 5 : 1)
        var bytes: [UInt8] = [isKeyFrame ? 0x10 : 0x11]
        bytes.appendU32(UInt32(count))
        bytes.appendU32(UInt32(reference))
        bytes.append(contentsOf: repeatElement(UInt8(truncatingIfNeeded: count), count: size - bytes.count))
        defer { count += 1 }
        return EncodedFrame(
            bytes: bytes, isKeyFrame: isKeyFrame, timestamp: UInt32(truncatingIfNeeded: count * 3_600), time: time,
            temporalLayer: isBase ? 0 : 1, isDiscardable: !isBase, isLayerSync: !isBase)
    }
}

/// Whether frames can be decoded in the order given: each one's reference must have come before it.
struct DecoderModel {
    private(set) var decoded = Set<UInt32>()
    private(set) var failures = 0

    init(_ frames: [EncodedFrame]) {
        for frame in frames { decode(frame) }
    }

    private mutating func decode(_ frame: EncodedFrame) {
        var reader = ByteReader(frame.bytes)
        guard reader.skip(1), let number = reader.u32(), let reference = reader.u32(),
            frame.bytes.dropFirst(9).allSatisfy({ $0 == UInt8(truncatingIfNeeded: number) })
        else {
            failures += 1
            return
        }
        guard frame.isKeyFrame || decoded.contains(reference) else {
            failures += 1
            return
        }
        decoded.insert(number)
    }
}
