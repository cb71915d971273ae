import Primitives

/// A short burst that tries out whether the path carries more than is thought. Its packets go out at `rate`, whatever
/// the pacer says, until `bytes` were sent in at least `packets`; each is told of with `packetSent(…, probe: id)`.
package struct ProbeCluster: Equatable, Sendable {
    package var id: Int
    package var rate: Bitrate
    package var bytes: Int
    package var packets: Int
}

/// Decides when to probe, and at what rate.
///
/// Waiting for a rate to grow in small steps takes minutes where a link has become six times wider, and an application
/// that sends little never learns of it at all. So a burst of some 20 ms at twice the estimate is sent: where it comes
/// through, the next one doubles again; where it does not, the queue it leaves is as short as itself. Bursts come at the
/// beginning, when more is allowed than before, and every few seconds while no queue grows and more could be used.
struct ProbeController: Sendable {
    private static let factor = 2.0
    /// A cluster whose packets arrive at less than this part of its rate has met the limit.
    private static let success = 0.7
    private static let length = 0.02
    private static let fewestPackets = 5
    private static let firstPause = Duration.seconds(2)
    private static let longestPause = Duration.seconds(5)
    /// Queues must have been short for this long.
    private static let calm = Duration.milliseconds(700)
    /// A result that has not come by then does not come.
    private static let patience = Duration.seconds(1)

    private var count = 0
    /// The cluster whose result is waited for.
    private var open: (id: Int, rate: Double, until: Instant)?
    private var due: Instant?
    private var pause = firstPause
    private var calmSince: Instant?

    /// The earliest time at which `poll` may have something; nil where nothing is planned.
    var nextDeadline: Instant? { open?.until ?? due }

    /// Plans a burst for now: at the beginning, or when more is allowed than before.
    mutating func begin(now: Instant) {
        guard open == nil else { return }
        due = now
        pause = Self.firstPause
        if calmSince == nil { calmSince = now - Self.calm }
    }

    /// A queue grows or packets are lost in numbers: this is no time to send more.
    mutating func noteCongestion(now: Instant) {
        calmSince = now
        open = nil
        due = now + pause
    }

    /// Nil where nothing is to be tried out.
    mutating func poll(estimate: Double, maximum: Double, now: Instant) -> ProbeCluster? {
        if let open, open.until <= now { fail(now: now) }
        guard open == nil, let due, due <= now else { return nil }
        guard estimate < maximum * 0.95 else {
            self.due = now + Self.longestPause
            return nil
        }
        if let calmSince, now - calmSince < Self.calm {
            self.due = calmSince + Self.calm
            return nil
        }
        count += 1
        let rate = min(maximum, estimate * Self.factor)
        open = (count, rate, now + Self.patience)
        self.due = nil
        return ProbeCluster(
            id: count, rate: Bitrate(bitsPerSecond: Int(rate)), bytes: Int(rate / 8 * Self.length),
            packets: Self.fewestPackets)
    }

    /// What a cluster's packets told. True where a higher rate was proven.
    mutating func take(id: Int, measured: Double, estimate: Double, now: Instant) -> Bool {
        guard let open, open.id == id else { return false }
        guard measured > Self.success * open.rate else {
            fail(now: now)
            return measured > estimate
        }
        self.open = nil
        pause = Self.firstPause
        due = now
        return measured > estimate
    }

    private mutating func fail(now: Instant) {
        open = nil
        due = now + pause
        pause = min(Self.longestPause, pause * 3 / 2)
    }
}

/// Measures at what rate the packets of a cluster arrived.
struct ProbeMeasurement: Sendable {
    private var id = 0
    private var packets = 0
    private var bytes = 0
    private var firstBytes = 0
    private var lastSentBytes = 0
    private var sent: (first: Instant, last: Instant)?
    private var arrival: (first: Duration, last: Duration)?
    private var wanted: ProbeCluster?

    private static let shortest = 0.001

    /// Begins anew with a cluster.
    mutating func begin(_ cluster: ProbeCluster) {
        self = ProbeMeasurement()
        id = cluster.id
        wanted = cluster
    }

    /// Takes a packet of the cluster; bits per second once enough of them have come. The first packet to arrive only
    /// marks the beginning, as does the last one sent mark the end.
    mutating func add(id: Int, bytes count: Int, sent time: Instant, arrival at: Duration) -> Double? {
        guard let wanted, id == self.id else { return nil }
        if arrival == nil { firstBytes = count }
        packets += 1
        bytes += count
        lastSentBytes = count
        sent = (min(sent?.first ?? time, time), max(sent?.last ?? time, time))
        arrival = (min(arrival?.first ?? at, at), max(arrival?.last ?? at, at))
        guard packets * 5 >= wanted.packets * 4, bytes * 5 >= wanted.bytes * 4, let sent, let arrival else {
            return nil
        }
        let sending = max(Self.shortest, (sent.last - sent.first).seconds)
        let receiving = max(Self.shortest, (arrival.last - arrival.first).seconds)
        return min(Double(bytes - lastSentBytes) * 8 / sending, Double(bytes - firstBytes) * 8 / receiving)
    }
}
