import Primitives
import RTP

/// Counts what arrives of one stream, for the blocks of receiver reports (RFC 3550 appendices A.3 and A.8).
package struct ReceptionStatistics: Sendable {
    package let clockRate: Int
    package private(set) var packets: Int64 = 0
    package private(set) var bytes: Int64 = 0
    /// In units of RTP time.
    package private(set) var jitter: Double = 0
    /// Of the last interval, for statistics.
    package private(set) var fractionLost: Double = 0

    private var base: Int64?
    private var highest: Int64 = 0
    private var expectedBefore: Int64 = 0
    private var receivedBefore: Int64 = 0
    private var lastTransit: Double?
    private var lastTimestamp: UInt32?
    private var lastSenderReport: (compact: UInt32, arrival: Instant)?

    package init(clockRate: Int) {
        self.clockRate = max(1, clockRate)
    }

    /// Since the stream began; negative where more came than was expected.
    package var lost: Int64 { expected - packets }
    private var expected: Int64 { base.map { highest - $0 + 1 } ?? 0 }
    /// In time rather than units of the stream's clock.
    package var jitterTime: Duration { Duration(seconds: jitter / Double(clockRate)) }

    /// A packet of the stream itself, retransmissions in a stream of their own left aside.
    package mutating func receive(sequence: Int64, timestamp: UInt32, bytes count: Int, now: Instant) {
        packets += 1
        bytes += Int64(count)
        base = min(base ?? sequence, sequence)
        guard sequence > highest else { return }
        highest = sequence
        measureJitter(timestamp: timestamp, now: now)
    }

    /// A.8. Packets of one frame share a timestamp though they leave at different times: only the first one counts.
    private mutating func measureJitter(timestamp: UInt32, now: Instant) {
        guard timestamp != lastTimestamp else { return }
        let arrival = Double(now.nanoseconds) / 1e9 * Double(clockRate)
        if let lastTransit, let lastTimestamp {
            let advance = Double(Int32(bitPattern: timestamp &- lastTimestamp))
            let difference = abs(arrival - lastTransit - advance)
            // A leap of more than ten seconds is a new time line, not jitter.
            if difference < Double(clockRate) * 10 { jitter += (difference - jitter) / 16 }
        }
        lastTransit = arrival
        lastTimestamp = timestamp
    }

    package mutating func receive(_ report: SenderReport, now: Instant) {
        lastSenderReport = (report.ntpTime.compact, now)
    }

    /// The block for the next report; begins a new interval. Nil before the first packet.
    package mutating func report(ssrc: SSRC, now: Instant) -> ReportBlock? {
        guard base != nil else { return nil }
        let expectedNow = expected - expectedBefore
        let lostNow = expectedNow - (packets - receivedBefore)
        expectedBefore = expected
        receivedBefore = packets
        let fraction = expectedNow > 0 && lostNow > 0 ? min(255, lostNow * 256 / expectedNow) : 0
        fractionLost = Double(fraction) / 256
        var delay: UInt32 = 0
        if let arrival = lastSenderReport?.arrival {
            delay = UInt32(clamping: Int64((now - arrival).seconds * 65_536))
        }
        return ReportBlock(
            ssrc: ssrc, fractionLost: UInt8(fraction), cumulativeLost: Int32(clamping: lost),
            // `SequenceUnwrapper` counts from the first cycle, reports from cycle 0.
            highestSequence: UInt32(truncatingIfNeeded: highest - 65_536),
            jitter: UInt32(clamping: Int64(jitter)), lastSenderReport: lastSenderReport?.compact ?? 0,
            delaySinceLastSenderReport: delay)
    }
}
