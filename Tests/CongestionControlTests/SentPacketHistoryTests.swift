import Primitives
import Testing

@testable import CongestionControl

struct SentPacketHistoryTests {
    /// Sends at a rate; each packet is reported once it is so old.
    private func run(packetsPerSecond: Int, reportedAfter: Duration, packets: Int = 20_000) -> SentPacketHistory {
        var history = SentPacketHistory()
        let step = Duration(seconds: 1 / Double(packetsPerSecond))
        let behind = Int(reportedAfter.seconds * Double(packetsPerSecond))
        for number in 0..<packets {
            let now = Instant.zero + step * Int64(number)
            history.add(sequence: UInt16(truncatingIfNeeded: number), bytes: number, sent: now)
            guard number >= behind else { continue }
            let old = number - behind
            #expect(history.report(UInt16(truncatingIfNeeded: old), arrived: true, now: now)?.bytes == old)
        }
        return history
    }

    @Test func staysSmallWherePacketsAreReportedSoon() {
        #expect(run(packetsPerSecond: 131, reportedAfter: .milliseconds(200)).capacity == 128)
    }

    @Test func growsWithWhatIsUnderWay() {
        let history = run(packetsPerSecond: 1_000, reportedAfter: .milliseconds(900))
        #expect(history.capacity == 1_024)
    }

    @Test func forgetsWhatIsNeverReported() {
        var history = SentPacketHistory()
        for number in 0..<60_000 {
            history.add(
                sequence: UInt16(truncatingIfNeeded: number), bytes: 1, sent: .zero + .milliseconds(Int64(number)))
        }
        #expect(history.capacity == 4_096)
        #expect(history.report(59_999, arrived: false, now: .zero + .seconds(60)) != nil)
        #expect(history.report(59_999, arrived: true, now: .zero + .seconds(60)) != nil, "late, not lost")
        #expect(history.report(40_000, arrived: true, now: .zero + .seconds(60)) == nil)
    }
}
