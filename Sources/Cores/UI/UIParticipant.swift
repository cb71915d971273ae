import Media
import Primitives

/// Somebody in the call, as the screen shows them.
package struct UIParticipant: Sendable, Identifiable {
    package let id: String
    package var name: String
    package var isMuted = false
    package var hasCamera = true
    /// False until media flow, and again while the connection is being repaired.
    package var isConnected = false
    package var isSpeaking = false
    /// Loudness, 0…1.
    package var level = 0.0
    package internal(set) var quality: UIQuality?
    /// When `quality` was told.
    var measuredAt = Instant.zero
    /// The newest picture; none before the first one and while the camera is off.
    package var picture: VideoFrame?

    package init(id: String, name: String) {
        self.id = id
        self.name = name
    }

    /// Up to two letters that stand for the name where there is no picture.
    var initials: String {
        let letters = name.split { !$0.isLetter && !$0.isNumber }.prefix(2).compactMap(\.first)
        return letters.isEmpty ? "?" : String(letters).uppercased()
    }
}

/// How well media arrive from one participant.
package struct UIQuality: Hashable, Sendable {
    package var roundTrip: Duration?
    package var jitter = Duration.zero
    /// Fraction of packets lost, 0…1.
    package var loss = 0.0
    package var bitrate = Bitrate.zero
    package var size = PixelSize.none
    /// Frames decoded since the call began; the model tells the rate from it.
    package var framesDecoded = 0
    package var concealed = Duration.zero
    package var playoutDelay = Duration.zero
    /// Decoded pictures a second, since the report before.
    var framesPerSecond = 0.0

    package init() {}

    var isPoor: Bool { loss > 0.05 || (roundTrip ?? .zero) > .milliseconds(600) }
}
