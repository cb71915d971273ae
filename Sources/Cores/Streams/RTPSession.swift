import CongestionControl
import Media
import Primitives
import RTP

/// All streams of one peer connection: plain RTP and RTCP packets in and out, frames and sound on the other side.
///
/// It repairs losses, reports, paces and estimates. It encrypts nothing, does no IO and reads no clock. The owner calls
/// a method, then drains `pollTransmit` and `pollEvent`, then waits until `nextDeadline` to call `handleTimeout`.
package struct RTPSession: Sendable {
    package struct Configuration: Sendable {
        /// Payload octets of a video packet: with all headers it stays below the 1280 that every IPv6 path carries.
        package var payloadBudget = 1_150
        package var startBitrate = Bitrate.kilobits(600)
        package var minBitrate = Bitrate.kilobits(30)
        package var maxBitrate = Bitrate.kilobits(4_000)

        package init() {}
    }

    let cname: String
    let clock: WallClock
    let configuration: Configuration
    var random: SeededGenerator
    var sections: [Section] = []
    /// Which section a received stream belongs to, as learnt; bounded by `maxRoutes`.
    var routes: [SSRC: String] = [:]
    /// The extensions of all sections: within a bundle a number means the same everywhere (RFC 8843 §9).
    var extensions = HeaderExtensionMap()

    var pacer: Pacer<PacedPacket>
    var estimator: BandwidthEstimator
    /// A burst that tries out the path, while it is being sent.
    var probe: ProbeInProgress?
    var lastTarget: Bitrate?
    /// What is sent besides first sendings of video.
    var sideTraffic = RateMeter()
    /// Bounds what requests for lost packets can make this side send.
    var repairBudget = TokenBucket(depth: .seconds(1))
    /// Counts all packets sent, where transport-wide feedback was agreed.
    var transportSequence: UInt16
    var arrivals = ArrivalRecorder()
    var receiverEstimate = ReceiverEstimate()
    var lastMediaSource: SSRC?
    /// Under which this side reports before anything is agreed.
    let ownSSRC: SSRC
    var reportDue: Instant?
    var roundTrip: Duration?
    /// When anything came from the other side last.
    var lastReception: Instant?
    /// Datagrams that were no RTP or RTCP, or belonged to no section.
    package internal(set) var packetsRejected = 0

    /// After the goodbye nothing more is sent.
    private var hasEnded = false
    private var outgoing = Queue<OutgoingPacket>()
    private var events = Queue<RTPSessionEvent>()

    /// `seed` should be unpredictable: sequence numbers and timestamps begin with what it gives (RFC 3550 §5.1).
    package init(cname: String, seed: UInt64, clock: WallClock, configuration: Configuration = .init()) {
        self.cname = cname
        self.clock = clock
        self.configuration = configuration
        random = SeededGenerator(seed: seed)
        transportSequence = .random(in: 0..<0x8000, using: &random)
        ownSSRC = SSRC(.random(in: 1...UInt32.max, using: &random))
        estimator = BandwidthEstimator(
            start: configuration.startBitrate, min: configuration.minBitrate, max: configuration.maxBitrate)
        pacer = Pacer(target: configuration.startBitrate)
    }

    /// Takes what negotiation agreed on. Called again, it changes what changed and leaves running streams alone.
    package mutating func configure(_ section: SectionParameters, now: Instant) {
        if let index = index(of: section.name) {
            sections[index].configure(section, random: &random)
        } else {
            sections.append(Section(section, random: &random))
        }
        relearnRoutes()
    }

    /// Ends the section of this name; the other side gets a goodbye for what was sent in it.
    package mutating func removeSection(mid: String, now: Instant) {
        guard let index = index(of: mid) else { return }
        let section = sections[index]
        if section.sender.packetCount > 0 {
            sendReports(goodbye: [section.sender.ssrc], now: now)
        }
        sections.remove(at: index)
        relearnRoutes()
    }

    /// By its name, which is the MID of all sections but simulcast layers.
    func index(of name: String) -> Int? {
        sections.firstIndex { $0.name == name }
    }

    /// One entry a section, in the order in which they were agreed.
    package var statistics: [SectionStatistics] {
        sections.map { $0.statistics(roundTrip: roundTrip) }
    }

    /// How long the video that waits takes at the estimated rate; an encoder that is told may skip a frame.
    package var sendBacklog: Duration {
        Duration(seconds: Double(pacer.queued) * 8 / Double(max(1, estimator.target.bitsPerSecond)))
    }

    /// What video may use now: the estimate of the path, less sound, retransmissions and headers.
    package var targetBitrate: Bitrate { lastTarget ?? configuration.startBitrate }
    /// The most that may be sent, however good the path. Where it rises, the path is tried out soon.
    package mutating func setMaximumBitrate(_ bitrate: Bitrate, now: Instant) {
        estimator.setMaximum(bitrate, now: now)
    }
    /// What the path is thought to carry, everything together.
    package var estimatedBitrate: Bitrate { estimator.target }

    /// What the sound that is sent should be like: the estimate and the losses of this path decide.
    package var audioAllocation: AudioAllocation {
        let loss = sections.first { $0.agreed.kind == .audio }?.sent.fractionLost ?? 0
        return AudioAllocation(estimate: estimator.target, loss: loss)
    }
}

// MARK: - Output

extension RTPSession {
    package mutating func pollTransmit() -> OutgoingPacket? { outgoing.popFirst() }
    package mutating func pollEvent() -> RTPSessionEvent? { events.popFirst() }

    mutating func emit(_ packet: OutgoingPacket) {
        if !hasEnded { outgoing.append(packet) }
    }

    mutating func emit(_ event: RTPSessionEvent) { events.append(event) }

    /// Says goodbye for everything that was sent; nothing is sent afterwards.
    package mutating func sendBye(now: Instant) {
        let sources = sections.filter { $0.sender.packetCount > 0 }.map(\.sender.ssrc)
        sendReports(goodbye: sources.isEmpty ? [transportReporter] : sources, now: now)
        hasEnded = true
    }
}

// MARK: - Time

extension RTPSession {
    /// When `handleTimeout` has something to do.
    package var nextDeadline: Instant? {
        guard !hasEnded else { return nil }
        var deadline = earliest(pacer.nextDeadline, arrivals.nextDeadline)
        deadline = earliest(deadline, reportDue)
        deadline = earliest(deadline, estimator.nextDeadline)
        deadline = earliest(deadline, probeDeadline)
        deadline = earliest(deadline, sendsREMB ? receiverEstimate.nextDeadline : nil)
        for section in sections { deadline = earliest(deadline, section.nextDeadline) }
        return deadline
    }

    package mutating func handleTimeout(now: Instant) {
        for index in sections.indices { handleReceiverTimeout(index, now: now) }
        sendArrivalFeedback(now: now)
        sendREMBIfDue(now: now)
        if let due = reportDue, due <= now { sendReports(goodbye: [], now: now) }
        estimator.handleTimeout(now: now)
        applyEstimate(now: now)
        probeIfDue(now: now)
        releasePaced(now: now)
    }

    /// Asks for what is missing in one section.
    mutating func handleReceiverTimeout(_ index: Int, now: Instant) {
        let missing = sections[index].receiver?.handleTimeout(now: now, roundTrip: roundTrip) ?? []
        if !missing.isEmpty, let media = sections[index].receiver?.ssrc {
            sendFeedback(.nack(GenericNACK(sender: reporter(index), media: media, sequences: missing)), index)
        }
        sections[index].updateKeyFrameNeed(now: now)
        drainFrames(index)
        sendKeyFrameRequestIfDue(index, now: now)
    }
}
