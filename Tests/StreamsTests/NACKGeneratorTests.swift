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
        #expect(requests == 10)
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
