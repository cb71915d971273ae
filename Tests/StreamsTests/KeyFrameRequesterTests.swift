import Primitives
import Testing

@testable import Streams

@Suite struct KeyFrameRequesterTests {
    @Test func asksAtOnceAndThenWithGrowingPauses() {
        var requester = KeyFrameRequester()
        requester.update(isNeeded: true, now: .zero)
        var times: [Int64] = []
        while times.count < 7, let due = requester.nextDeadline {
            let isSent = requester.handleTimeout(now: due, roundTrip: .milliseconds(100))
            #expect(isSent)
            times.append(due.nanoseconds / 1_000_000)
        }
        #expect(times == [0, 300, 900, 2_100, 4_500, 7_500, 10_500])
    }

    @Test func isSilentOnceTheNeedIsOver() {
        var requester = KeyFrameRequester()
        requester.update(isNeeded: true, now: .zero)
        _ = requester.handleTimeout(now: .zero, roundTrip: nil)
        requester.update(isNeeded: false, now: .milliseconds(10))
        #expect(requester.nextDeadline == nil)
    }

    @Test func aNewNeedWaitsUntilTheLastRequestCanHaveBeenAnswered() {
        var requester = KeyFrameRequester()
        requester.update(isNeeded: true, now: .zero)
        _ = requester.handleTimeout(now: .zero, roundTrip: nil)
        requester.update(isNeeded: false, now: .milliseconds(10))
        requester.update(isNeeded: true, now: .milliseconds(20))
        #expect(requester.nextDeadline == .milliseconds(300))
    }

    @Test func aLongRoundTripStretchesThePauses() {
        var requester = KeyFrameRequester()
        requester.update(isNeeded: true, now: .zero)
        _ = requester.handleTimeout(now: .zero, roundTrip: .milliseconds(400))
        #expect(requester.nextDeadline == .milliseconds(800))
    }
}
