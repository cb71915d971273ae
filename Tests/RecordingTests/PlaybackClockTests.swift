import Primitives
import Testing

@testable import Recording

@Suite struct PlaybackClockTests {
    @Test func timePassesAtTheSpeedUnlessPaused() {
        var clock = PlaybackClock(duration: .seconds(60), now: .zero)
        #expect(clock.position(at: .seconds(2)) == .seconds(2))
        clock.setSpeed(2, now: .seconds(2))
        #expect(clock.position(at: .seconds(3)) == .seconds(4))
        clock.setPaused(true, now: .seconds(3))
        #expect(clock.position(at: .seconds(9)) == .seconds(4))
        clock.setPaused(false, now: .seconds(9))
        clock.setSpeed(1, now: .seconds(9))
        #expect(clock.position(at: .seconds(10)) == .seconds(5))
    }

    @Test func noPlaceOutsideTheFilmIsTaken() {
        var clock = PlaybackClock(duration: .seconds(10), now: .zero)
        #expect(clock.seek(to: .seconds(-5), now: .zero) == .zero)
        #expect(clock.seek(to: .seconds(50), now: .zero) == .seconds(10))
        #expect(clock.hasEnded(at: .zero))
        clock.seek(to: .seconds(9), now: .seconds(1))
        #expect(!clock.hasEnded(at: .seconds(1)))
        #expect(clock.position(at: .seconds(100)) == .seconds(10))
    }

    @Test func whatIsHeardLeadsTheClock() {
        var clock = PlaybackClock(duration: .seconds(60), now: .zero)
        clock.isHeard(.milliseconds(1_005), now: .seconds(1))
        #expect(clock.position(at: .seconds(1)) == .seconds(1))
        clock.isHeard(.milliseconds(1_900), now: .seconds(2))
        #expect(clock.position(at: .seconds(2)) == .milliseconds(1_900))
        clock.setPaused(true, now: .seconds(2))
        clock.isHeard(.seconds(5), now: .seconds(3))
        #expect(clock.position(at: .seconds(3)) == .milliseconds(1_900))
    }
}
