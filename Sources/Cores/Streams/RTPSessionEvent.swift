import Media
import Primitives
import RTP

/// One packet of sound in the order of arrival; a jitter buffer puts it in its place.
package struct ReceivedAudio: Equatable, Sendable {
    package var ssrc: SSRC
    /// Widened; of one `ssrc` these never wrap.
    package var sequence: Int64
    /// Widened RTP time.
    package var timestamp: Int64
    package var payload: [UInt8]
    package var level: AudioLevel?
    package var marker: Bool
    package var arrival: Instant
    /// Whether this is a copy that a later packet carried, of one that did not come.
    package var isRedundant: Bool

    package init(
        ssrc: SSRC, sequence: Int64, timestamp: Int64, payload: [UInt8], level: AudioLevel? = nil, marker: Bool = false,
        arrival: Instant, isRedundant: Bool = false
    ) {
        self.ssrc = ssrc
        self.sequence = sequence
        self.timestamp = timestamp
        self.payload = payload
        self.level = level
        self.marker = marker
        self.arrival = arrival
        self.isRedundant = isRedundant
    }
}

/// What an `RTPSession` has to tell its owner.
package enum RTPSessionEvent: Sendable {
    case audioPacket(mid: String, ReceivedAudio)
    /// Frames come in decode order and can be decoded; `timestamp` is the frame's RTP time, widened.
    case videoFrame(mid: String, EncodedFrame, timestamp: Int64)
    /// A section's stream began, or began anew: sequence numbers and timestamps start over.
    case sourceChanged(mid: String, SSRC)
    /// The other side cannot go on without a key frame.
    /// `mid` is a section's name: of a simulcast, that of one layer.
    case keyFrameRequested(mid: String)
    /// What the video of this connection may use from now on: the estimate less sound, retransmissions and headers.
    case targetBitrate(Bitrate)
    /// How the sound sent to the other side is guarded from now on; its encoder should know.
    case voiceProtection(mid: String, VoiceProtection)
    /// One moment as the other side's wall clock and as RTP time, widened, for lip sync.
    case senderReport(mid: String, NTPTime, timestamp: Int64)
    case remoteBye(mid: String, SSRC)
}

/// A packet to protect and to send.
package enum OutgoingPacket: Equatable, Sendable {
    case rtp([UInt8])
    case rtcp([UInt8])

    package var bytes: [UInt8] {
        switch self {
        case .rtp(let bytes), .rtcp(let bytes): bytes
        }
    }
}
