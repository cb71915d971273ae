import CongestionControl
import Primitives
import RTP
import Runtime
import SFU

/// What one subscriber's network bears, as far as it tells.
@MediaLoop
struct SubscriberEstimate {
    private static let interval = Duration.milliseconds(250)
    private static let start = Bitrate.kilobits(1_000)
    private static let lowest = Bitrate.kilobits(30)
    private static let highest = Bitrate.kilobits(20_000)
    /// What a stream of sound takes with headers and error correction.
    private static let audio = Bitrate.kilobits(50)

    private var estimator: BandwidthEstimator?
    private var probes = ProbeSchedule()
    private var nextAllocation: Instant?

    nonisolated init() {}

    /// The subscriber tells how packets arrive.
    mutating func begin() {
        guard estimator == nil else { return }
        estimator = BandwidthEstimator(start: Self.start, min: Self.lowest, max: Self.highest)
        nextAllocation = Clock.now() + Self.interval
    }

    mutating func sent(_ sequence: UInt16, bytes: Int, now: Instant) {
        estimator?.packetSent(sequence: sequence, bytes: bytes, now: now)
    }

    mutating func receive(_ feedback: TransportFeedback, now: Instant) { estimator?.receive(feedback, now: now) }

    mutating func receive(_ remb: ReceiverEstimatedBitrate, now: Instant) {
        begin()
        estimator?.receiveREMB(remb.bitrate, now: now)
    }

    mutating func receiveLoss(fraction: Double, roundTrip: Duration?, now: Instant) {
        estimator?.receiveLoss(fraction: fraction, roundTrip: roundTrip, now: now)
    }

    var nextDeadline: Instant? { earliest(nextAllocation, probes.nextDeadline) }

    /// Tells what the pictures get; where that is not what they want, padding finds out whether more would pass.
    mutating func update(_ allocation: BandwidthAllocator.Allocation, audioStreams: Int, now: Instant) {
        let flow = Bitrate(
            bitsPerSecond: allocation.used.bitsPerSecond + Self.audio.bitsPerSecond * audioStreams)
        probes.update(isWanted: !allocation.isEnough && estimator != nil, flow: flow, now: now)
    }

    /// Bytes of padding that are due.
    mutating func padding(now: Instant) -> Int {
        guard let estimator else { return 0 }
        return probes.handleTimeout(estimate: estimator.target, now: now)
    }

    /// Whether it is time to share anew.
    mutating func handleTimeout(now: Instant) -> Bool {
        guard let due = nextAllocation, due <= now else { return false }
        nextAllocation = now + Self.interval
        estimator?.handleTimeout(now: now)
        return true
    }

    /// For pictures, sound taken off. Whoever tells nothing gets everything.
    func available(audioStreams: Int) -> Bitrate {
        guard let estimator else { return Bitrate(bitsPerSecond: .max) }
        return Bitrate(bitsPerSecond: max(0, estimator.target.bitsPerSecond - Self.audio.bitsPerSecond * audioStreams))
    }
}
