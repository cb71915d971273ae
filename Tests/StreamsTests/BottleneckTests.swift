import Primitives
import Simulation
import Testing

struct BottleneckTests {
    @Test func servesInOrderAtItsRate() {
        var link = Bottleneck<Int>(rate: .kilobits(800), capacity: 10_000)
        for i in 0..<3 { link.send(i, bytes: 1_000, now: .zero) }
        #expect(link.nextDeparture == .milliseconds(10))
        #expect(link.receive(now: .milliseconds(9)) == nil)
        #expect(link.receive(now: .milliseconds(10))?.packet == 0)
        let last = [link.receive(now: .milliseconds(40)), link.receive(now: .milliseconds(40))]
        #expect(last.map { $0?.packet } == [1, 2])
        #expect(last.map { $0?.delay } == [.milliseconds(20), .milliseconds(30)])
        #expect(link.nextDeparture == nil)
    }

    @Test func whatWaitsFeelsAChangeOfTheRate() {
        var link = Bottleneck<Int>(rate: .kilobits(800), capacity: 10_000)
        link.send(1, bytes: 1_000, now: .zero)
        link.setRate(.kilobits(80), now: .milliseconds(5))
        #expect(link.nextDeparture == .milliseconds(55))
        link.setRate(.zero, now: .milliseconds(10))
        #expect(link.nextDeparture == nil)
    }

    @Test func aFullQueueDropsWhatComes() {
        var link = Bottleneck<Int>(rate: .kilobits(8), capacity: 2_000)
        #expect(link.send(0, bytes: 1_500, now: .zero) == true)
        #expect(link.send(1, bytes: 1_500, now: .zero) == false)
        #expect(link.send(2, bytes: 500, now: .zero) == true)
        #expect(link.dropped == 1 && link.queuedBytes == 2_000)
    }
}
