import Primitives
import RTP

/// Which moment of the publisher's wall clock an RTP time of one of its streams is, by its newest sender report.
package struct SenderClock: Sendable {
    package let report: SenderReport
    package let arrival: Instant
    private let clockRate: Int

    package init(_ report: SenderReport, clockRate: Int, arrival: Instant) {
        self.report = report
        self.clockRate = clockRate
        self.arrival = arrival
    }

    /// In seconds since 1900.
    package func time(of timestamp: UInt32) -> Double {
        report.ntpTime.seconds + Double(Int32(bitPattern: timestamp &- report.rtpTime)) / Double(clockRate)
    }

    /// How much later a packet of this stream is than one of `other`, a stream of the same publisher.
    package func elapsed(to timestamp: UInt32, since other: SenderClock, at otherTimestamp: UInt32) -> Duration? {
        let seconds = time(of: timestamp) - other.time(of: otherTimestamp)
        // A report that makes no sense is not believed.
        guard abs(seconds) < 10 else { return nil }
        return Duration(seconds: seconds)
    }

    /// The report as a subscriber shall get it (RFC 3550 §7.2 has translators do so): its own source, RTP times and
    /// counts, and the moment moved to now, so that round trips can be measured with it.
    package func rewritten(
        ssrc: UInt32, timestampOffset: UInt32, packets: UInt32, octets: UInt32, now: Instant
    ) -> SenderReport {
        let passed = max(0, (now - arrival).seconds)
        let whole = UInt64(passed)
        let fraction = UInt64((passed - Double(whole)) * 4_294_967_296)
        return SenderReport(
            ssrc: SSRC(ssrc), ntpTime: NTPTime(bits: report.ntpTime.bits &+ whole << 32 &+ fraction),
            rtpTime: report.rtpTime &+ UInt32(truncatingIfNeeded: Int64(passed * Double(clockRate))) &+ timestampOffset,
            packetCount: packets, octetCount: octets)
    }
}
