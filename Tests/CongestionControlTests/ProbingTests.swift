import Primitives
import Testing

@testable import CongestionControl

struct ProbingTests {
    @Test func doublesUntilTheLinkSaysNo() {
        var probes = ProbeController()
        #expect(probes.poll(estimate: 300_000, maximum: 4e6, now: .zero) == nil)
        probes.begin(now: .zero)
        let first = probes.poll(estimate: 300_000, maximum: 4e6, now: .zero)
        #expect(first?.rate == .kilobits(600))
        #expect(probes.poll(estimate: 300_000, maximum: 4e6, now: .zero) == nil)
        #expect(probes.take(id: first?.id ?? 0, measured: 590_000, estimate: 300_000, now: .milliseconds(100)) == true)
        let second = probes.poll(estimate: 560_000, maximum: 4e6, now: .milliseconds(100))
        #expect(second?.rate == .kilobits(1_120))
        #expect(
            probes.take(id: second?.id ?? 0, measured: 500_000, estimate: 560_000, now: .milliseconds(200)) == false)
        #expect(probes.poll(estimate: 560_000, maximum: 4e6, now: .milliseconds(300)) == nil)
        #expect(probes.nextDeadline == .milliseconds(2_200))
    }

    @Test func congestionCallsItOff() {
        var probes = ProbeController()
        probes.begin(now: .zero)
        let first = probes.poll(estimate: 300_000, maximum: 4e6, now: .zero)
        probes.noteCongestion(now: .milliseconds(50))
        #expect(probes.take(id: first?.id ?? 0, measured: 590_000, estimate: 300_000, now: .milliseconds(100)) == false)
        #expect(probes.poll(estimate: 300_000, maximum: 4e6, now: .seconds(1)) == nil)
        #expect(probes.poll(estimate: 300_000, maximum: 4e6, now: .seconds(3)) != nil)
    }

    @Test func whatMayNotBeSentIsNotTriedOut() {
        var probes = ProbeController()
        probes.begin(now: .zero)
        #expect(probes.poll(estimate: 300_000, maximum: 300_000, now: .zero) == nil)
        #expect(probes.poll(estimate: 300_000, maximum: 400_000, now: .seconds(6))?.rate == .kilobits(400))
    }

    @Test func aClusterIsMeasuredByItsSlowerEnd() {
        var measurement = ProbeMeasurement()
        let cluster = ProbeCluster(id: 3, rate: .kilobits(800), bytes: 2_000, packets: 5)
        measurement.begin(cluster)
        #expect(measurement.add(id: 2, bytes: 400, sent: .zero, arrival: .zero) == nil)
        var result: Double?
        for i in 0..<5 {
            let measured = measurement.add(
                id: 3, bytes: 400, sent: .milliseconds(Int64(i) * 4), arrival: .milliseconds(Int64(i) * 8))
            result = measured ?? result
        }
        #expect(result.map { 390_000...410_000 ~= $0 } ?? false)
    }
}
