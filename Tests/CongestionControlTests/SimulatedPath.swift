import CongestionControl
import Primitives
import RTP

/// A sender that always sends what the estimator allows, a link with a queue, and a receiver that reports every 50 ms.
struct SimulatedPath {
    var estimator: BandwidthEstimator
    /// What the link carries.
    var capacity: Bitrate
    /// The queue drops what would wait longer.
    var longestQueue = Duration.milliseconds(400)
    var latency = Duration.milliseconds(25)
    var loss = 0.0
    /// Up to this much is added to the latency of each packet, without reordering.
    var jitter = Duration.zero
    /// The application sends no more than this.
    var applicationLimit: Bitrate?
    var sendsFeedback = true

    private(set) var now = Instant.zero
    private(set) var longestDelay = Duration.zero
    private var random: SeededGenerator
    private var sequence: UInt16 = 65_000
    private var budget = 0.0
    private var linkFreeAt = Instant.zero
    private var lastArrival = Instant.zero
    private var arrivals: [(sequence: UInt16, at: Instant?)] = []
    private var feedback: [(message: TransportFeedback, at: Instant)] = []
    private var reported: UInt16 = 65_000
    private var nextReport = Instant.milliseconds(50)

    static let packet = 1_200
    /// The receiver's clock is not ours.
    static let epoch = Duration.seconds(4_000)

    init(estimator: BandwidthEstimator, capacity: Bitrate, seed: UInt64 = 1) {
        self.estimator = estimator
        self.capacity = capacity
        random = SeededGenerator(seed: seed)
    }

    /// Advances in steps of 5 ms; gives the mean target.
    @discardableResult
    mutating func run(seconds: Double) -> Bitrate {
        let end = now + Duration(seconds: seconds)
        var sum = 0
        var steps = 0
        while now < end {
            now += .milliseconds(5)
            send()
            report()
            while let first = feedback.first, first.at <= now {
                feedback.removeFirst()
                estimator.receive(first.message, now: now)
            }
            if let deadline = estimator.nextDeadline, deadline <= now { estimator.handleTimeout(now: now) }
            sum += estimator.target.bitsPerSecond
            steps += 1
        }
        return Bitrate(bitsPerSecond: sum / max(1, steps))
    }

    mutating func resetLongestDelay() { longestDelay = .zero }

    private mutating func send() {
        let rate = applicationLimit.map { min($0, estimator.target) } ?? estimator.target
        budget += Double(rate.bitsPerSecond) / 8 * 0.005
        while budget >= Double(Self.packet) {
            budget -= Double(Self.packet)
            estimator.packetSent(sequence: sequence, bytes: Self.packet, now: now)
            arrivals.append((sequence, transmit()))
            sequence &+= 1
        }
    }

    /// When the packet arrives; nil where it is lost.
    private mutating func transmit() -> Instant? {
        let start = max(now, linkFreeAt)
        if start - now > longestQueue { return nil }
        linkFreeAt = start + Duration(seconds: Double(Self.packet * 8) / Double(capacity.bitsPerSecond))
        if Double.random(in: 0..<1, using: &random) < loss { return nil }
        let extra = Duration.nanoseconds(Int64.random(in: 0...jitter.nanoseconds, using: &random))
        lastArrival = max(lastArrival, linkFreeAt + latency + extra)
        longestDelay = max(longestDelay, lastArrival - now)
        return lastArrival
    }

    private mutating func report() {
        guard now >= nextReport else { return }
        nextReport = now + .milliseconds(50)
        // What arrived until now, and what was lost before it.
        guard let last = arrivals.lastIndex(where: { $0.at.map { $0 <= now } ?? false }) else { return }
        let packets = arrivals[...last].map {
            TransportFeedback.Packet(sequence: $0.sequence, arrival: $0.at.map { rounded($0 - .zero + Self.epoch) })
        }
        arrivals.removeFirst(last + 1)
        guard sendsFeedback, let first = packets.first else { return }
        let message = TransportFeedback(
            sender: SSRC(1), media: SSRC(2), baseSequence: first.sequence, feedbackCount: 0, referenceTime: 0,
            packets: packets)
        feedback.append((message, now + latency))
    }

    private func rounded(_ time: Duration) -> Duration { .microseconds(time.microseconds / 250 * 250) }
}
