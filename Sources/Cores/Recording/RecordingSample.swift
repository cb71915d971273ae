import Media
import Primitives

/// Something compressed that goes into a recording.
package struct RecordingSample: Sendable {
    package enum Medium: Sendable {
        /// One Opus packet.
        case audio
        /// One VP8 frame; they come in decode order and none is missing unless `noteLoss` says so.
        case video(isKey: Bool)
    }

    package enum Time: Sendable {
        /// A picture taken here at this moment.
        case own(Instant)
        /// Sound recorded here: a count of samples at 48 kHz, and the moment as well as a thread could tell it.
        case counted(timestamp: UInt32, captured: Instant)
        /// Recorded elsewhere; RTP time at the medium's rate.
        case remote(timestamp: UInt32, arrival: Instant)
    }

    package var participant: String
    package var medium: Medium
    package var time: Time
    package var bytes: [UInt8]

    package init(_ participant: String, _ medium: Medium, _ time: Time, _ bytes: [UInt8]) {
        self.participant = participant
        self.medium = medium
        self.time = time
        self.bytes = bytes
    }
}
