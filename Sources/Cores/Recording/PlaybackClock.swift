import Primitives

/// Where a film that is played stands: it runs at a speed, can be stopped, and be put elsewhere.
///
/// Whoever plays the sound tells what is heard, as a sound card keeps time by a clock of its own; in between, and where
/// there is no sound, time passes as it does.
package struct PlaybackClock: Sendable {
    package private(set) var isPaused = false
    /// 1 is as recorded.
    package private(set) var speed = 1.0
    package let duration: Duration
    private var base = Duration.zero
    private var since: Instant

    package static let speeds: ClosedRange<Double> = 0.25...4
    /// What is heard may differ by so much before the clock follows; less is the grain of a sound card.
    private static let tolerance = Duration.milliseconds(15)

    package init(duration: Duration, now: Instant) {
        self.duration = duration
        since = now
    }

    /// Never before the beginning nor after the end.
    package func position(at now: Instant) -> Duration {
        let passed = isPaused ? Duration.zero : (now - since) * speed
        return (base + passed).clamped(to: .zero...max(.zero, duration))
    }

    package func hasEnded(at now: Instant) -> Bool { position(at: now) >= duration }

    package mutating func setPaused(_ paused: Bool, now: Instant) {
        hold(now)
        isPaused = paused
    }

    package mutating func setSpeed(_ speed: Double, now: Instant) {
        hold(now)
        self.speed = speed.clamped(to: Self.speeds)
    }

    /// Gives the place that was really taken.
    @discardableResult
    package mutating func seek(to position: Duration, now: Instant) -> Duration {
        base = position.clamped(to: .zero...max(.zero, duration))
        since = now
        return base
    }

    /// `position` is what is heard at this moment.
    package mutating func isHeard(_ position: Duration, now: Instant) {
        guard !isPaused else { return }
        let difference = position - self.position(at: now)
        guard difference < -Self.tolerance || difference > Self.tolerance else { return }
        seek(to: position, now: now)
    }

    private mutating func hold(_ now: Instant) {
        base = position(at: now)
        since = now
    }
}
