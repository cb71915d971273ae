import Primitives
import Testing

@testable import Streams

@Suite struct NACKGeneratorTests {
    @Test func asksAgainUntilThePacketArrives() {
        var nack = NACKGenerator()
        nack.receive(10, now: .zero)
        nack.receive(13, now: .zero)
        #expect(nack.nextDeadline == .milliseconds(10))
        #expect(nack.handleTimeout(now: .milliseconds(9)) == [])
        #expect(nack.handleTimeout(now: .milliseconds(10), roundTrip: .milliseconds(40)) == [11, 12])
        nack.receive(12, now: .milliseconds(60))
        #expect(nack.handleTimeout(now: .milliseconds(64), roundTrip: .milliseconds(40)) == [])
        #expect(nack.handleTimeout(now: .milliseconds(65), roundTrip: .milliseconds(40)) == [11])
        nack.receive(11, now: .milliseconds(110))
        #expect(nack.nextDeadline == nil)
    }

    @Test func neighboursThatSwapPlacesCauseNoRequest() {
        var nack = NACKGenerator()
        nack.receive(1, now: .zero)
        nack.receive(3, now: .milliseconds(1))
        nack.receive(2, now: .milliseconds(5))
        #expect(nack.nextDeadline == nil)
    }

    @Test func givesUpInTheEnd() {
        var nack = NACKGenerator()
        nack.receive(1, now: .zero)
        nack.receive(3, now: .zero)
        var requests = 0
        var now = Instant.zero
        while let deadline = nack.nextDeadline {
            now = deadline
            requests += nack.handleTimeout(now: now, roundTrip: .milliseconds(20)).count
        }
        #expect(requests == 6)
        #expect(nack.abandoned == 1)
        #expect(now < .seconds(1))
    }

    @Test func pausesGrowWithTheTimeAnswersTake() {
        var nack = NACKGenerator()
        nack.receive(1, now: .zero)
        nack.receive(3, now: .zero)
        _ = nack.handleTimeout(now: .milliseconds(10))
        nack.receive(2, now: .milliseconds(310))
        #expect(nack.answerTime == .milliseconds(300))
        nack.receive(5, now: .milliseconds(320))
        #expect(nack.handleTimeout(now: .milliseconds(330)) == [4])
        #expect(nack.nextDeadline == .milliseconds(330 + 375 + 5))
    }

    @Test func aQueueThatHasGrownIsNotFilledWithAnswers() {
        var nack = NACKGenerator()
        var now = Instant.zero
        var next: Int64 = 1
        /// How often each of so many lost packets is asked for, when answers come `after` the first request.
        func requests(packets: Int, after answerTime: Duration) -> [Int] {
            (0..<packets).map { _ in
                nack.receive(next, now: now)
                nack.receive(next + 2, now: now)
                var count = 0
                var answered: Instant?
                while let deadline = nack.nextDeadline, answered.map({ deadline < $0 }) ?? true {
                    now = deadline
                    count += nack.handleTimeout(now: now).count
                    answered = answered ?? now + answerTime
                }
                now = answered ?? now
                nack.receive(next + 1, now: now)
                next += 3
                return count
            }
        }
        #expect(requests(packets: 20, after: .milliseconds(10)).max() == 1)
        #expect(requests(packets: 20, after: .milliseconds(400)).max() == 7)
    }

    @Test func anOutageIsNotRepairedPacketByPacket() {
        var nack = NACKGenerator()
        nack.receive(1, now: .zero)
        nack.receive(3, now: .zero)
        nack.receive(1_000, now: .zero)
        #expect(nack.nextDeadline == nil)
    }

    @Test func theListStaysBounded() {
        var nack = NACKGenerator()
        for sequence in stride(from: Int64(1), to: 2_001, by: 2) { nack.receive(sequence, now: .zero) }
        #expect(nack.handleTimeout(now: .seconds(1)).count == 400)
    }

    @Test func whatIsNotNeededIsNotAskedFor() {
        var nack = NACKGenerator()
        nack.receive(1, now: .zero)
        nack.receive(5, now: .zero)
        nack.discard(before: 4)
        #expect(nack.handleTimeout(now: .seconds(1)) == [4])
    }
}
