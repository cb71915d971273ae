import CongestionControl
import Media
import Primitives
import RTP
import Simulation
import Streams

/// One person talking to another over a scripted link: whole sessions with pacer and estimator, a model of an encoder,
/// and the network, all with a seed. A minute takes some milliseconds.
package struct LinkCall {
    enum Datagram: Sendable {
        case media([UInt8], isAudio: Bool)
        case tcp
    }

    private let scenario: LinkScenario
    private(set) var now: Instant
    private let start: Instant
    var left: RTPSession
    var right: RTPSession
    var link: Bottleneck<Datagram>
    private var forward: NetworkSimulator<Datagram>
    private var back: NetworkSimulator<[UInt8]>
    private var encoder: ModelEncoder
    private var tcp = TCPFlow()
    /// What comes back to the download's sender: acknowledgements, and losses noticed.
    private var tcpNews: [(at: Instant, isLoss: Bool)] = []
    private var radio: WirelessRate
    private var isKeyFrameWanted = false
    package private(set) var report: LinkReport

    /// IP, UDP and the authentication of SRTP.
    private static let overhead = 44
    private static let audioBytes = 80
    private static let step = Duration.milliseconds(1)

    package init(_ scenario: LinkScenario, seed: UInt64 = 1) {
        self.scenario = scenario
        start = .seconds(1_000)
        now = start
        var configuration = RTPSession.Configuration()
        configuration.maxBitrate = .kilobits(5_000)
        let clock = WallClock(NTPTime(unixNanoseconds: 1_700_000_000_000_000_000), at: start)
        left = RTPSession(cname: "left", seed: seed, clock: clock, configuration: configuration)
        right = RTPSession(cname: "right", seed: seed + 1, clock: clock, configuration: configuration)
        let first = scenario.rate(at: .zero)
        link = Bottleneck(rate: first, capacity: Self.bytes(first, scenario.queue))
        forward = NetworkSimulator(
            .init(latency: scenario.latency, jitter: scenario.jitter, loss: scenario.loss), seed: seed + 2)
        back = NetworkSimulator(.init(latency: scenario.latency, loss: scenario.backLoss), seed: seed + 3)
        encoder = ModelEncoder(start: configuration.startBitrate, ceiling: scenario.videoCeiling, seed: seed + 4)
        radio = WirelessRate(seed: seed + 5)
        report = LinkReport(start: start)
        for section in LinkSections.both(scenario.feedback) {
            left.configure(section.left, now: now)
            right.configure(section.right, now: now)
        }
    }

    private static func bytes(_ rate: Bitrate, _ time: Duration) -> Int {
        Int(Double(rate.bitsPerSecond) / 8 * time.seconds)
    }

    /// The whole script.
    package static func run(_ scenario: LinkScenario, seed: UInt64 = 1) -> LinkReport {
        var call = LinkCall(scenario, seed: seed)
        call.run()
        return call.report
    }

    package mutating func run() {
        var frameDue = start
        var audioDue = start
        var audioCount = 0
        while now - start < scenario.length {
            setLink()
            if audioDue <= now {
                audioDue += .milliseconds(20)
                sendAudio(audioCount)
                audioCount += 1
            }
            if frameDue <= now {
                frameDue += Duration(seconds: 1 / encoder.framesPerSecond)
                sendVideo()
            }
            download()
            deliver()
            settle()
            now += Self.step
        }
        report.finish(sent: left.statistics, received: right.statistics, tcpPackets: tcp.delivered)
    }

    private mutating func setLink() {
        let scripted = scenario.rate(at: now - start)
        report.noteScript(scripted, now: now)
        let rate = scenario.isWireless ? radio.rate(around: scripted, now: now) : scripted
        guard rate != link.rate else { return }
        link.setRate(rate, now: now)
        if scenario.scalesQueue { link.capacity = Self.bytes(rate, scenario.queue) }
    }

    private mutating func sendAudio(_ count: Int) {
        left.sendAudio(
            mid: "0", payload: [UInt8](repeating: 1, count: Self.audioBytes),
            timestamp: UInt32(truncatingIfNeeded: count * 960), level: AudioLevel(level: 30, voice: true),
            captureTime: now, now: now)
        report.audioSent(now: now)
        drainLeft()
    }

    private mutating func sendVideo() {
        var ceiling = scenario.videoCeiling
        if let low = scenario.startsLow, now - start < low.until { ceiling = low.ceiling }
        encoder.bitrate = min(left.targetBitrate, ceiling)
        guard let frame = encoder.next(isKeyFrame: isKeyFrameWanted, time: now) else { return }
        if frame.isKeyFrame { isKeyFrameWanted = false }
        if left.sendVideo(mid: "1", frame: frame, now: now) { report.framesSent += 1 }
        drainLeft()
    }

    private mutating func download() {
        guard scenario.hasTCP else { return }
        while let first = tcpNews.first, first.at <= now {
            tcpNews.removeFirst()
            if first.isLoss {
                tcp.lost(roundTrip: scenario.latency * 2 + link.queueingDelay(), now: now)
            } else {
                tcp.acknowledged()
            }
        }
        while tcp.maySend {
            tcp.sent()
            guard !link.send(.tcp, bytes: TCPFlow.packetBytes, now: now) else { continue }
            // Noticed when the packets behind it are acknowledged.
            tcpNews.append((now + link.queueingDelay() + scenario.latency * 2, true))
        }
    }

    /// Moves packets through the network.
    private mutating func deliver() {
        while let passed = link.receive(now: now) {
            switch passed.packet {
            case .tcp: tcpNews.append((now + scenario.latency * 2, false))
            case .media(let bytes, let isAudio):
                report.passed(bytes: bytes.count + Self.overhead, delay: passed.delay, isAudio: isAudio, now: now)
                forward.send(passed.packet, bytes: bytes.count + Self.overhead, now: now)
            }
        }
        while case .media(let bytes, _)? = forward.receive(now: now) { right.receive(bytes, now: now) }
        while let packet = back.receive(now: now) { left.receive(packet, now: now) }
    }

    private mutating func settle() {
        if let deadline = left.nextDeadline, deadline <= now { left.handleTimeout(now: now) }
        if let deadline = right.nextDeadline, deadline <= now { right.handleTimeout(now: now) }
        drainLeft()
        while let packet = right.pollTransmit() { back.send(packet.bytes, bytes: packet.bytes.count, now: now) }
        while let event = right.pollEvent() {
            switch event {
            case .videoFrame(_, let frame, _): report.frameShown(frame, now: now)
            case .audioPacket(_, let packet): report.audioArrived(packet, now: now)
            default: break
            }
        }
    }

    private mutating func drainLeft() {
        while let packet = left.pollTransmit() {
            let isAudio = packet.isAudio
            report.sent(bytes: packet.bytes.count + Self.overhead, now: now)
            link.send(.media(packet.bytes, isAudio: isAudio), bytes: packet.bytes.count + Self.overhead, now: now)
        }
        while let event = left.pollEvent() {
            if case .keyFrameRequested = event { isKeyFrameWanted = true }
        }
        report.noteEstimate(left.estimatedBitrate, now: now)
    }
}

extension OutgoingPacket {
    fileprivate var isAudio: Bool {
        guard case .rtp(let bytes) = self, bytes.count > 1 else { return false }
        return bytes[1] & 0x7f == LinkSections.audioType
    }
}
