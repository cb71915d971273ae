import Primitives
import RTP
import Testing

@testable import Streams

@Suite struct ReceptionStatisticsTests {
    private func feed(
        _ statistics: inout ReceptionStatistics, _ sequences: some Sequence<Int64>,
        spacing: Duration = .milliseconds(20)
    ) {
        for sequence in sequences {
            let time = Instant.zero + spacing * (sequence - 65_536)
            statistics.receive(
                sequence: sequence, timestamp: UInt32(truncatingIfNeeded: (sequence - 65_536) * 960), bytes: 100,
                now: time)
        }
    }

    @Test func lossesAreCountedByIntervalAndInTotal() {
        var statistics = ReceptionStatistics(clockRate: 48_000)
        #expect(statistics.report(ssrc: SSRC(1), now: .zero) == nil)
        feed(&statistics, (65_546...65_645).filter { !$0.isMultiple(of: 4) })
        let first = statistics.report(ssrc: SSRC(1), now: .zero)
        #expect(first?.cumulativeLost == 25)
        #expect(first?.fractionLost == 64)
        #expect(first?.highestSequence == 109)
        feed(&statistics, 65_646...65_745)
        let second = statistics.report(ssrc: SSRC(1), now: .zero)
        #expect(second?.cumulativeLost == 25)
        #expect(second?.fractionLost == 0)
    }

    @Test func theCycleCountIsReported() {
        var statistics = ReceptionStatistics(clockRate: 48_000)
        feed(&statistics, [131_071, 131_072])
        #expect(statistics.report(ssrc: SSRC(1), now: .zero)?.highestSequence == 0x1_0000)
    }

    @Test func duplicatesMakeTheLossNegative() {
        var statistics = ReceptionStatistics(clockRate: 48_000)
        feed(&statistics, [65_537, 65_538, 65_538, 65_538])
        let report = statistics.report(ssrc: SSRC(1), now: .zero)
        #expect(report?.cumulativeLost == -2)
        #expect(report?.fractionLost == 0)
    }

    @Test func aSteadyStreamHasNoJitter() {
        var statistics = ReceptionStatistics(clockRate: 48_000)
        feed(&statistics, 65_540...65_640)
        #expect(statistics.jitter < 0.001)
    }

    @Test func jitterTendsToTheMeanDeviation() {
        var statistics = ReceptionStatistics(clockRate: 48_000)
        for i in 0..<1_000 {
            let late = Duration.milliseconds(i.isMultiple(of: 2) ? 0 : 8)
            statistics.receive(
                sequence: 65_536 + Int64(i), timestamp: UInt32(i * 960), bytes: 1,
                now: .milliseconds(Int64(i * 20)) + late)
        }
        #expect(abs(statistics.jitterTime.seconds - 0.008) < 0.0001)
    }

    @Test func theDelaySinceTheSenderReportIsTold() {
        var statistics = ReceptionStatistics(clockRate: 48_000)
        feed(&statistics, [65_537])
        let report = SenderReport(
            ssrc: SSRC(1), ntpTime: NTPTime(bits: 0x0000_1234_5678_0000), rtpTime: 0, packetCount: 1, octetCount: 1)
        statistics.receive(report, now: .seconds(10))
        let block = statistics.report(ssrc: SSRC(1), now: .milliseconds(11_500))
        #expect(block?.lastSenderReport == 0x1234_5678)
        #expect(block?.delaySinceLastSenderReport == 98_304)
    }
}
