import Primitives
import Runtime
import Streams

/// Where the playout thread and the decoder thread meet to keep sound and picture of each participant in step.
package final class LipSyncBoard: Sendable {
    private let voices = Protected<[String: LipSync]>([:])

    /// Pictures ahead of their sound by less than this are not noticed (ITU-R BT.1359), and not delayed for it.
    private static let tolerance = Duration.milliseconds(30)

    package init() {}

    package func receiveReport(of peer: String, isAudio: Bool, ntp: NTPTime, timestamp: Int64) {
        voices.withLock {
            $0[peer, default: LipSync()].receiveReport(
                isAudio ? .audio : .video, ntp: ntp, timestamp: UInt32(truncatingIfNeeded: timestamp))
        }
    }

    /// The sound of this RTP time is heard at `time`.
    func audioPlays(of peer: String, timestamp: Int64, at time: Instant) {
        voices.withLock { $0[peer]?.audioPlays(timestamp: UInt32(truncatingIfNeeded: timestamp), now: time) }
    }

    /// How long a picture that is ready now should wait for its sound.
    func videoDelay(of peer: String, timestamp: UInt32, now: Instant) -> Duration {
        let delay = voices.withLock { $0[peer]?.videoDelay(timestamp: timestamp, now: now) } ?? .zero
        return max(.zero, delay - Self.tolerance)
    }

    package func remove(_ peer: String) { voices.withLock { _ = $0.removeValue(forKey: peer) } }
}
