import Primitives

/// Finds how long one participant's pictures have to wait for their sound.
///
/// Sender reports tell, for each stream, which RTP timestamp belongs to which moment on the sender's wall clock
/// (RFC 3550 §6.4.1). With that, a picture and the sound that is being played can be put on one timeline.
package struct LipSync: Sendable {
    package enum Medium: Sendable { case audio, video }

    private struct Clock: Sendable {
        let rate: Double
        var report: (ntp: NTPTime, timestamp: UInt32)?

        /// Seconds on the sender's wall clock.
        func seconds(at timestamp: UInt32) -> Double? {
            report.map { $0.ntp.seconds + Double(Int32(bitPattern: timestamp &- $0.timestamp)) / rate }
        }
    }

    private var audio: Clock
    private var video: Clock
    /// The wall-clock time of the sound that is played at an instant.
    private var playing: (seconds: Double, at: Instant)?
    /// Smoothed, in seconds.
    private var delay: Double?

    /// Pictures are never held back longer: who sends sound much later than pictures has other troubles.
    package static let longestDelay = Duration.milliseconds(500)
    /// Beyond this the reports make no sense.
    private static let largestDifference = 5.0
    /// Sound that was last heard of longer ago says nothing.
    private static let memory = Duration.seconds(2)
    private static let smoothing = 0.1
    /// A difference of more than this is followed at once: a stream has changed its delay.
    private static let jump = 0.2

    package init(audioRate: Int = 48_000, videoRate: Int = 90_000) {
        audio = Clock(rate: Double(audioRate))
        video = Clock(rate: Double(videoRate))
    }

    /// Takes what a sender report says of a stream.
    package mutating func receiveReport(_ medium: Medium, ntp: NTPTime, timestamp: UInt32) {
        guard ntp.bits != 0 else { return }  // a sender without a wall clock (§6.4.1)
        switch medium {
        case .audio: audio.report = (ntp, timestamp)
        case .video: video.report = (ntp, timestamp)
        }
    }

    /// Tells which timestamp of the sound is heard at `now`.
    package mutating func audioPlays(timestamp: UInt32, now: Instant) {
        if let seconds = audio.seconds(at: timestamp) { playing = (seconds, now) }
    }

    /// How long a picture that could be shown at `now` has to wait; zero where nothing is known.
    package mutating func videoDelay(timestamp: UInt32, now: Instant) -> Duration {
        guard let playing, now - playing.at <= Self.memory, let taken = video.seconds(at: timestamp) else {
            return .zero
        }
        let heard = playing.seconds + (now - playing.at).seconds
        let ahead = taken - heard
        guard abs(ahead) <= Self.largestDifference else { return .zero }
        let old = delay.flatMap { abs($0 - ahead) < Self.jump ? $0 : nil } ?? ahead
        let new = old + Self.smoothing * (ahead - old)
        delay = new
        return Duration(seconds: new).clamped(to: .zero...Self.longestDelay)
    }
}
