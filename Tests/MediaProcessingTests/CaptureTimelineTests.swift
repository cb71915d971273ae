import Media
import Primitives
import Testing

@testable import MediaProcessing

struct CaptureTimelineTests {
    private let begin = Instant.zero + .seconds(5)
    private let block = Duration.milliseconds(20)

    @Test func aThreadThatIsHeldUpMovesNothing() {
        var timeline = CaptureTimeline()
        for index in 0..<50 {
            // Late by 100 ms, and then quickly through what waits.
            let late = (20..<25).contains(index) ? block * (25 - index) : .zero
            let stamp = timeline.stamp(begin: begin + block * index + late, mayFollowLoss: false)
            #expect(stamp.timestamp == UInt32(960 * index))
            #expect(abs((stamp.time - begin - block * index).nanoseconds) <= 100_000)
        }
    }

    @Test func aLateFirstBlockIsCorrectedByTheNext() {
        var timeline = CaptureTimeline()
        _ = timeline.stamp(begin: begin + .milliseconds(80), mayFollowLoss: true)
        let stamp = timeline.stamp(begin: begin + block, mayFollowLoss: false)
        #expect(stamp == .init(timestamp: 960, time: begin + block))
    }

    @Test(arguments: [200, -200])
    func aClockThatIsOffIsFollowed(partsPerMillion: Int64) {
        var timeline = CaptureTimeline()
        let actual = block + .nanoseconds(20 * partsPerMillion)
        for index in 0..<30_000 {
            let time = begin + actual * index
            let stamp = timeline.stamp(begin: time, mayFollowLoss: index % 7 == 0)
            #expect(stamp.timestamp == UInt32(960 * index))
            #expect(stamp.time == time)
        }
    }

    @Test func lostSoundIsAGapInTheTimestamps() {
        var timeline = CaptureTimeline()
        for index in 0..<10 { _ = timeline.stamp(begin: begin + block * index, mayFollowLoss: false) }
        let after = begin + block * 10 + .milliseconds(305)
        let first = timeline.stamp(begin: after, mayFollowLoss: true)
        #expect(first == .init(timestamp: 26 * 960, time: after))
        let second = timeline.stamp(begin: after + block, mayFollowLoss: false)
        #expect(second == .init(timestamp: 27 * 960, time: after + block))
    }

    @Test func anotherSourceWithoutAPauseIsNoGap() {
        var timeline = CaptureTimeline()
        for index in 0..<10 {
            let stamp = timeline.stamp(begin: begin + block * index, mayFollowLoss: index == 5)
            #expect(stamp.timestamp == UInt32(960 * index))
        }
    }

    @Test func timestampsWrapAfterADay() {
        var timeline = CaptureTimeline()
        _ = timeline.stamp(begin: begin, mayFollowLoss: false)
        let later = begin + .seconds(90_000)
        let stamp = timeline.stamp(begin: later, mayFollowLoss: true)
        #expect(stamp == .init(timestamp: UInt32(truncatingIfNeeded: 90_000 * 48_000), time: later))
    }
}
