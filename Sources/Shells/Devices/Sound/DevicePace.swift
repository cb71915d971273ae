import Media
import Primitives
import Runtime

/// Holds back a device that claims to keep time and does not (ALSA's `null` and `file` plugins take and give any
/// amount at once), so that its thread runs at the pace of sound.
struct DevicePace {
    private let tolerance: Duration
    private var began: Instant?
    private var samples = 0

    /// A sound server may hand over a second of backlog; that is caught up, not held back.
    private static let backlog = Duration.seconds(2)
    /// A sound card's quick crystal must not count as ahead one day.
    private static let window = Duration.seconds(10)

    init(keepsNoTime: Bool) {
        tolerance = keepsNoTime ? .milliseconds(60) : Self.backlog
    }

    /// After a block of `samples` at 48 kHz went through.
    mutating func wait(samples count: Int) {
        let now = Clock.now()
        let start = began ?? now
        samples += count
        let ahead = Duration.nanoseconds(Int64(samples) * 1_000_000_000 / Int64(AudioFormat.sampleRate)) - (now - start)
        if ahead > tolerance { Clock.sleep(until: now + min(ahead - tolerance, .seconds(1))) }
        let isOver = now - start > Self.window
        began = isOver ? nil : start
        if isOver { samples = 0 }
    }
}

/// Tells a device that has stopped giving or taking sound from one that is late.
struct StallWatch {
    /// One attempt; a thread that shall end notices it after this time.
    static let patience = Duration.milliseconds(100)
    private static let limit = Duration.seconds(5)

    private var since: Instant?

    /// To be asked after each attempt that brought nothing.
    var isStalled: Bool {
        mutating get {
            let now = Clock.now()
            guard let since else {
                self.since = now
                return false
            }
            return now - since > Self.limit
        }
    }

    mutating func reset() { since = nil }
}
