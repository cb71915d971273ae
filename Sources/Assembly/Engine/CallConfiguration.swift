import ICE
import Media
import Primitives

/// How a room's media go (DESIGN §2).
package enum CallMode: String, Sendable, CaseIterable {
    case auto, mesh, server
}

/// What a client was asked to do, in the words of the command line.
package struct CallConfiguration: Sendable {
    package var name = "guest"
    package var camera = "auto"
    package var microphone = "auto"
    package var speaker = "auto"
    package var pcmRate = 48_000
    package var pcmChannels = 1
    /// No camera, and no picture from others.
    package var audioOnly = false
    package var muted = false
    /// Nothing is sent but while somebody speaks into the microphone.
    package var opensByVoice = false
    /// Files start playing when so many others are there.
    package var waitFor: Int?
    /// How the microphone's sound is cleaned.
    package var voice = VoiceSettings()
    /// Whether devices that are not there are replaced by synthetic ones (`demo`).
    package var usesSyntheticDevices = false
    /// What is asked of every remote video until the front end says otherwise.
    package var view = PixelSize(160, 90)
    package var viewFramesPerSecond = 30
    /// Ceilings for what is sent to each peer.
    package var size = PixelSize(640, 360)
    package var framesPerSecond = 30
    package var bitrate = Bitrate.kilobits(1_000)
    package var duration: Duration?
    /// Leave when alone for this long, after somebody was there.
    package var exitWhenAlone: Duration?
    package var chat: String?
    /// Where the call is recorded from the beginning: a file, a FIFO or `-`.
    package var record: String?
    /// The folder for one file of each other participant.
    package var recordEach: String?
    /// What is asked of every picture while recording, whether it is shown or not.
    package var recordSize = PixelSize(640, 360)
    /// What is asked for on creating a room.
    package var mode = CallMode.auto
    /// `stun:`, `turn:` and `turns:` URLs, with user:password.
    package var iceServers: [String] = []
    package var icePolicy = ICEPolicy.all
    package var certificateFile: String?

    package init() {}
}
