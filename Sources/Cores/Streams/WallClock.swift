import Primitives

/// Which moment on the wall clock a moment on the monotonic clock is.
package struct WallClock: Equatable, Sendable {
    private let reference: NTPTime
    private let instant: Instant

    /// `time` was the time at `instant`.
    package init(_ time: NTPTime, at instant: Instant) {
        reference = time
        self.instant = instant
    }

    package func time(at moment: Instant) -> NTPTime {
        let elapsed = (moment - instant).nanoseconds
        var seconds = elapsed / 1_000_000_000
        var nanoseconds = elapsed % 1_000_000_000
        if nanoseconds < 0 {
            nanoseconds += 1_000_000_000
            seconds -= 1
        }
        let difference = seconds &<< 32 &+ (nanoseconds << 32) / 1_000_000_000
        return NTPTime(bits: reference.bits &+ UInt64(bitPattern: difference))
    }
}
