import Primitives
import Testing

@testable import Streams

/// What notices that a call goes badly.
struct WatchTests {
    @Test func whatDoesNotArriveIsNoticed() {
        var watch = DeliveryWatch()
        watch.check(sent: 1, now: .zero)
        for second in 1...3 { watch.check(sent: second * 50, now: .seconds(Int64(second))) }
        #expect(!watch.isStuck)
        watch.check(sent: 250, now: .seconds(5))
        #expect(watch.isStuck)
        watch.receive(highest: 7, sent: 260, now: .seconds(6))
        #expect(!watch.isStuck)
        watch.receive(highest: 7, sent: 400, now: .seconds(9))
        watch.check(sent: 500, now: .seconds(11))
        #expect(watch.isStuck)
    }

    @Test func whoSendsLittleOrHearsNothingConcludesNothing() {
        var watch = DeliveryWatch()
        watch.check(sent: 1, now: .zero)
        watch.check(sent: 10, now: .seconds(20))
        #expect(!watch.isStuck)
        watch.restart(sent: 900, now: .seconds(30))
        watch.check(sent: 920, now: .seconds(40))
        #expect(!watch.isStuck)
    }

    @Test func aFreezeIsAPauseThatIsUnusual() {
        var detector = FreezeDetector()
        var now = Instant.seconds(1)
        for _ in 0..<100 {
            detector.noteShown(at: now)
            now += .milliseconds(33)
        }
        #expect(detector.count == 0)
        now += .milliseconds(400)
        detector.noteShown(at: now)
        #expect(detector.count == 1)
        #expect(.milliseconds(430)...(.milliseconds(440)) ~= detector.longest)
        detector.interrupt()
        detector.noteShown(at: now + .seconds(5))
        #expect(detector.count == 1)
    }

    @Test func aSlideShowDoesNotFreeze() {
        var detector = FreezeDetector()
        for second in 0..<30 { detector.noteShown(at: .seconds(Int64(second))) }
        #expect(detector.count == 0)
    }

    @Test(arguments: [(1_000, 20, 32), (80, 40, 32), (50, 60, 32), (30, 60, 17), (5, 60, 8)])
    func soundGivesWayLast(kilobits: Int, packet: Int, sound: Int) {
        let allocation = AudioAllocation(estimate: .kilobits(kilobits), loss: 0.1)
        #expect(allocation.packetTime == .milliseconds(Int64(packet)))
        #expect(allocation.bitrate.kilobitsPerSecond == sound)
        #expect(allocation.hasRoomForRedundancy == (kilobits == 1_000))
    }

    @Test func thePoorestPathDecides() {
        let good = AudioAllocation(estimate: .kilobits(1_000), loss: 0.2)
        let poor = AudioAllocation(estimate: .kilobits(40), loss: 0)
        let both = AudioAllocation.combined([good, poor])
        #expect(both?.bitrate == poor.bitrate && both?.packetTime == poor.packetTime)
        #expect(both?.expectedLoss == 0.2)
        #expect(AudioAllocation.combined([]) == nil)
    }
}
