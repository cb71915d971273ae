import Media
import Primitives
import Signalling

/// Somebody in the call.
package struct Participant: Hashable, Sendable {
    /// The opaque identity.
    package var id: String
    /// The display name with control characters made visible.
    package var name: String

    package init(id: String, name: String) {
        self.id = id
        self.name = name.controlCharactersVisible
    }
}

/// Why the own part of a call ended.
package enum LeftReason: String, Sendable {
    case asked, signal, duration, alone, removed, lost
    case roomClosed = "room-closed"
}

/// What is being connected again.
package enum ReconnectSubject: String, Sendable {
    case signalling, media
}

/// What is wrong with the connection to somebody, while it works.
package enum ConnectionTrouble: String, CaseIterable, Sendable {
    /// The own packets do not arrive there: they neither hear nor see us.
    case unheard
    /// So much is lost that sound breaks up and pictures stand still.
    case lossy

    /// For people; `name` is the other's.
    package func text(_ name: String) -> String {
        switch self {
        case .unheard: "\(name) cannot hear you: your packets do not arrive"
        case .lossy: "the network loses much of what \(name) sends"
        }
    }
}

/// What became of a recording.
package enum RecordingState: String, Sendable {
    case started, stopped
    /// It could not be written; what is there can be read.
    case failed
}

/// What became of a film that is played.
package enum PlaybackState: String, Sendable {
    case started, ended
}

/// One remote participant's connection over the last seconds.
package struct QualityReport: Hashable, Sendable {
    package var participant: Participant
    package var roundTrip: Duration?
    package var jitter: Duration = .zero
    /// Fraction of packets lost, 0...1.
    package var loss = 0.0
    /// Received.
    package var bitrate: Bitrate = .zero
    package var size: PixelSize = .none
    package var framesDecoded = 0
    package var framesRendered = 0
    package var concealed: Duration = .zero
    package var playoutDelay: Duration = .zero
    /// Times that the picture stood still, and for how long altogether, since it began.
    package var freezes = 0
    package var frozen: Duration = .zero
    /// What is sent to them.
    package var sentSize: PixelSize = .none
    package var sentFramesPerSecond = 0
    /// What the path to them is thought to carry.
    package var estimate: Bitrate = .zero

    package init(participant: Participant) { self.participant = participant }
}

/// What was received from, and sent to, one participant during the whole call.
package struct ParticipantSummary: Hashable, Sendable {
    package var participant: Participant
    package var firstFrame: Duration?
    package var firstAudio: Duration?
    package var framesDecoded = 0
    package var framesLost = 0
    /// Times that the picture stood still, the longest of them, and all together.
    package var freezes = 0
    package var longestFreeze: Duration = .zero
    package var frozen: Duration = .zero
    /// Decoded frames whose burned-in counter could be read, and the latency it told (synthetic pictures only).
    package var countedFrames = 0
    package var pictureLatency: Duration?
    package var audio: Duration = .zero
    package var concealed: Duration = .zero
    /// Mean level of the received, decoded sound in dBFS; nil where none was heard.
    package var audioLevelDb: Double?
    /// Strongest frequency of the received sound in hertz, where one stands out.
    package var audioFrequencyHz: Double?
    package var bytesReceived = 0
    package var bytesSent = 0

    package init(participant: Participant) { self.participant = participant }
}

/// Everything that a call tells its user, its events file and its scripts.
package enum CallEvent: Sendable {
    case listening(url: String, link: String, rtcPort: Int?)
    case joined(room: String, mode: String, self: Participant, link: String, after: Duration)
    case participantJoined(Participant)
    case participantLeft(Participant, LeaveReason)
    case trackStarted(Participant, TrackKind, codec: String)
    case trackStopped(Participant, TrackKind)
    case muted(Participant, TrackKind)
    case unmuted(Participant, TrackKind)
    case firstFrame(Participant, TrackKind, after: Duration)
    case firstAudio(Participant, after: Duration)
    case speaking(Participant, Bool)
    case chat(Participant, text: String)
    /// We are at the door and have to be let in.
    case waiting
    /// Somebody waits at the door, or has stopped waiting.
    case knocking(Participant, Bool)
    /// The media go another way now: `server`.
    case modeChanged(String)
    case quality([QualityReport])
    /// `next` is the time until the attempt after this one.
    case reconnecting(ReconnectSubject, Participant?, attempt: Int, next: Duration? = nil)
    case reconnected(ReconnectSubject, Participant?, after: Duration)
    case trouble(Participant, ConnectionTrouble, isOver: Bool)
    /// `seconds` and `bytes` of what was written, where it has ended.
    case recording(file: String, state: RecordingState, seconds: Duration?, bytes: Int?)
    case playback(file: String, state: PlaybackState, position: Duration, duration: Duration)
    case error(code: String, message: String, fatal: Bool)
    case left(LeftReason)
    case summary(duration: Duration, exitStatus: Int32, [ParticipantSummary])
}
