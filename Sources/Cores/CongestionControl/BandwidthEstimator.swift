import Primitives
import RTP

/// Estimates how much may be sent to one peer, from what the peer tells of the packets it got.
///
/// Three voices are heard, and the lowest counts. Delay: packets that come further and further apart than they were sent
/// fill a queue somewhere, and are noticed before anything is lost (transport-wide feedback; the algorithm follows
/// draft-ietf-rmcat-gcc-02 §5). Loss: above 10 % the rate falls, below 2 % it may rise (§6). The receiver's own limit: REMB
/// (draft-alvestrand-rmcat-remb-03). Peers that send no transport-wide feedback are served by the other two.
package struct BandwidthEstimator: Sendable {
    private let minimum: Bitrate
    private var maximum: Bitrate
    private var history = SentPacketHistory()
    private var acknowledged = AcknowledgedRate()
    /// What is sent, measured in the same way.
    private var sending = AcknowledgedRate()
    private var queue = QueueDelay()
    private var contention = ContentionDetector()
    private var groups = PacketGrouping()
    private var trend = TrendlineEstimator()
    private var detector = OveruseDetector()
    private var rateControl: RateControl
    private var lossBound: LossBound
    private var remb: Bitrate?
    private var roundTrip = Duration.milliseconds(200)
    private var probes = ProbeController()
    private var measurement = ProbeMeasurement()
    /// Whether the peer has ever sent transport-wide feedback.
    private var hasFeedback = false
    /// When the first packet after the last feedback was sent.
    private var unreportedSince: Instant?

    /// Peers report several times a second; after this long without a word less is sent.
    private static let feedbackTimeout = Duration.milliseconds(1_500)
    private static let timeoutFactor = 0.8
    /// A burst of twenty milliseconds tells the rate a little too high rather than too low.
    private static let probeFactor = 0.95
    private static let limitedPart = 0.65
    /// A queue of so many milliseconds is as good as none.
    private static let drained = 12.0
    /// What is lost of all packets, and what the rate then becomes, where others fill the queue.
    private static let contendedLoss = 0.03
    private static let contendedFactor = 0.85
    private static let tolerated = 1.6

    package init(start: Bitrate, min: Bitrate, max: Bitrate) {
        minimum = Swift.min(min, max)
        maximum = max
        rateControl = RateControl(start: start)
        lossBound = LossBound(start: start)
    }

    /// What may be sent now, all streams and retransmissions together.
    package var target: Bitrate {
        var rate = lossBound.rate
        if hasFeedback { rate = Swift.min(rate, rateControl.rate) }
        if let remb { rate = Swift.min(rate, Double(remb.bitsPerSecond)) }
        return Swift.max(minimum, Swift.min(maximum, Bitrate(bitsPerSecond: Int(rate.clamped(to: 0...1e12)))))
    }

    package mutating func setMaximum(_ bitrate: Bitrate) {
        maximum = Swift.max(minimum, bitrate)
    }

    /// The same, and tries out soon whether that much can be had, where it is more than before.
    package mutating func setMaximum(_ bitrate: Bitrate, now: Instant) {
        let isMore = bitrate > maximum
        setMaximum(bitrate)
        if isMore, hasFeedback { probes.begin(now: now) }
    }

    /// Every packet with a transport-wide sequence number is told of, with the size it has on the wire. `probe` is the id
    /// of the cluster that it is part of.
    package mutating func packetSent(sequence: UInt16, bytes: Int, now: Instant, probe: Int? = nil) {
        history.add(sequence: sequence, bytes: bytes, sent: now, probe: probe ?? 0)
        sending.add(bytes: bytes, arrival: now - .zero)
        if unreportedSince == nil { unreportedSince = now }
    }

    package mutating func receive(_ feedback: TransportFeedback, now: Instant) {
        unreportedSince = nil
        if !hasFeedback {
            hasFeedback = true
            lossBound.lift(to: maximum)
            probes.begin(now: now)
        }
        var received = 0
        var lost = 0
        for packet in feedback.packets {
            guard let sent = history.report(packet.sequence, arrived: packet.received, now: now) else { continue }
            guard let arrival = packet.arrival else {
                lost += 1
                continue
            }
            received += 1
            acknowledged.add(bytes: sent.bytes, arrival: arrival)
            queue.add(sent: sent.sent, arrival: arrival)
            if sent.probe != 0 { takeProbe(sent, arrival: arrival, now: now) }
            observe(sent: sent.sent, arrival: arrival, now: now)
        }
        guard received + lost > 0 else { return }
        queue.update(now: now)
        lossBound.mayLearn = followsTarget
        let isLossy = lossBound.count(
            received: received, lost: lost, target: target, arriving: acknowledged.recentRate ?? 0,
            roundTrip: roundTrip, now: now)
        let lowered = rateControl.update(
            .init(
                usage: usage, acknowledged: acknowledged, isApplicationLimited: isApplicationLimited,
                isDrained: queue.current < Self.drained, roundTrip: roundTrip,
                bounds: minimum...Swift.max(minimum, maximum)), now: now)
        noteContention(lowered: lowered, now: now)
        if isLossy || lowered { probes.noteCongestion(now: now) }
    }

    /// What the detector says, unless the queue says otherwise: restless delays over an empty queue are a radio's, and a
    /// queue that others keep full is no reason to give way.
    private var usage: BandwidthUsage {
        guard detector.usage == .overusing else { return detector.usage }
        return contention.isContended || queue.current < Self.drained ? .normal : .overusing
    }

    /// Whether about as much is sent as may be, or less: an encoder may be unable to.
    private var followsTarget: Bool {
        (sending.rate ?? 0) <= Self.tolerated * Double(target.bitsPerSecond)
    }

    private mutating func noteContention(lowered: Bool, now: Instant) {
        guard followsTarget else { return contention.end() }
        if contention.isContended, lossBound.takeFraction().map({ $0 > Self.contendedLoss }) ?? false {
            rateControl.reduce(to: rateControl.rate * Self.contendedFactor, now: now)
        }
        if let former = contention.update(queue: queue, lowered: lowered, rate: rateControl.rate, now: now) {
            rateControl.raise(to: former, now: now)
        }
    }

    /// Whether much less is sent than may be: the estimate then is a guess that nobody tests.
    package var isApplicationLimited: Bool {
        guard let rate = sending.rate else { return false }
        return rate < Self.limitedPart * Double(target.bitsPerSecond)
    }

    private mutating func takeProbe(_ sent: SentPacketHistory.Packet, arrival: Duration, now: Instant) {
        guard
            let measured = measurement.add(id: sent.probe, bytes: sent.bytes, sent: sent.sent, arrival: arrival),
            probes.take(id: sent.probe, measured: measured, estimate: rateControl.rate, now: now)
        else { return }
        rateControl.raise(to: Swift.min(measured * Self.probeFactor, Double(maximum.bitsPerSecond)), now: now)
    }

    private mutating func observe(sent: Instant, arrival: Duration, now: Instant) {
        switch groups.add(sent: sent, arrival: arrival, now: now) {
        case .none: break
        case .discontinuity:
            trend = TrendlineEstimator()
            detector = OveruseDetector()
            queue.restart()
        case .deltas(let deltas):
            trend.update(deltas)
            detector.update(trend: trend.slope, samples: trend.samples, sendDelta: deltas.send, now: now)
        }
    }

    package mutating func receiveREMB(_ bitrate: Bitrate, now: Instant) {
        remb = bitrate
    }

    /// What a receiver report told: the fraction lost since the last one (0...1), and the round trip where it is known.
    package mutating func receiveLoss(fraction: Double, roundTrip: Duration?, now: Instant) {
        if let roundTrip { self.roundTrip = roundTrip.clamped(to: .milliseconds(1)...(.seconds(2))) }
        // Transport-wide feedback says the same, sooner and of all streams.
        guard !hasFeedback, fraction.isFinite else { return }
        lossBound.report(
            fraction: fraction.clamped(to: 0...1), target: target, maximum: maximum, roundTrip: self.roundTrip, now: now
        )
    }

    /// A burst that shall be sent now, or nil. An owner that has nothing to send bursts of never asks.
    package mutating func pollProbe(now: Instant) -> ProbeCluster? {
        guard hasFeedback,
            let cluster = probes.poll(
                estimate: Double(target.bitsPerSecond), maximum: Double(probeCeiling.bitsPerSecond), now: now)
        else { return nil }
        measurement.begin(cluster)
        return cluster
    }

    /// When `pollProbe` may have a burst.
    package var nextProbe: Instant? { hasFeedback ? probes.nextDeadline : nil }

    /// What loss and the receiver allow; more need not be tried out.
    private var probeCeiling: Bitrate { remb.map { Swift.min($0, maximum) } ?? maximum }

    package var nextDeadline: Instant? {
        guard hasFeedback, let unreportedSince else { return nil }
        return unreportedSince + Self.feedbackTimeout
    }

    /// Sends less when the peer has fallen silent: its feedback may be lost with everything else.
    package mutating func handleTimeout(now: Instant) {
        guard let deadline = nextDeadline, now >= deadline else { return }
        unreportedSince = nil
        rateControl.reduce(to: Double(target.bitsPerSecond) * Self.timeoutFactor, now: now)
    }
}
