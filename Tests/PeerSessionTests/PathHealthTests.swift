import PeerSession
import Primitives
import Testing

struct PathHealthTests {
    @Test func silenceIsNoticedOnceAndSoIsItsEnd() {
        var health = PathHealth()
        #expect(health.nextDeadline == nil)
        health.begin(now: .zero)
        #expect(health.received(now: .seconds(1)) == nil)
        #expect(health.nextDeadline == .seconds(4))
        #expect(health.handleTimeout(now: .milliseconds(3_900)) == nil)
        #expect(health.handleTimeout(now: .seconds(4)) == .silent)
        #expect(health.handleTimeout(now: .seconds(5)) == nil)
        #expect(health.received(now: .seconds(20)) == .alive)
        #expect(health.received(now: .seconds(20)) == nil)
    }

    /// A process that was stopped for a while finds packets waiting.
    @Test func whoLooksLateReadsFirst() {
        var health = PathHealth()
        health.begin(now: .zero)
        #expect(health.handleTimeout(now: .seconds(8)) == nil)
        #expect(health.nextDeadline == .milliseconds(8_300))
        #expect(health.received(now: .milliseconds(8_001)) == nil)
        #expect(health.nextDeadline == .milliseconds(11_001))
        #expect(health.handleTimeout(now: .seconds(20)) == nil)
        #expect(health.handleTimeout(now: .milliseconds(20_300)) == .silent)
    }

    /// RFC 7675 §5.1: 30 s without consent end the sending, a new path begins it again.
    @Test func consentRunsOutAfterHalfAMinute() {
        var health = PathHealth()
        health.begin(now: .zero)
        #expect(health.handleTimeout(now: .seconds(3)) == .silent)
        #expect(health.nextDeadline == .seconds(30))
        _ = health.handleTimeout(now: .seconds(29))
        #expect(health.maySend)
        _ = health.handleTimeout(now: .seconds(30))
        #expect(!health.maySend && health.nextDeadline == nil)
        health.grant(now: .seconds(40))
        #expect(health.maySend && health.isSilent)
        #expect(health.received(now: .seconds(41)) == .alive)
    }
}
