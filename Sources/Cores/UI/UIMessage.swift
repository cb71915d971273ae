import Media
import Primitives
import TerminalGraphics

/// Everything that can change what the screen shows.
package enum UIMessage: Sendable {
    case input(InputEvent)
    case resized(CellSize)
    /// The terminal can do other things than was thought.
    case profile(TerminalProfile)
    /// Time goes on; once for each frame drawn.
    case tick(Instant)

    case joined(room: String, mode: String, invitations: [String])
    case modeChanged(String)
    case participantJoined(id: String, name: String)
    case participantLeft(id: String, reason: String)
    case connected(id: String, Bool)
    case muted(id: String, Bool)
    case camera(id: String, Bool)
    case speaking(id: String, Bool)
    case level(id: String, Double)
    case quality(id: String, UIQuality)
    case picture(id: String, VideoFrame)
    case chat(ChatLine)

    /// What is true of ourselves, whoever changed it.
    case ownState(isMuted: Bool, hasCamera: Bool)
    case ownLevel(Double)
    case ownPicture(VideoFrame)
    /// The file being recorded to, or nil.
    case recording(String?)
    /// What is wrong with somebody's connection, or with the server's (`about` tells them apart), until nil; and when it
    /// is tried to mend it again.
    case trouble(about: String, String?, retryIn: Duration?)
    /// Something to read for a few seconds.
    case notice(String)
    /// What a controller asks of the screen.
    case command(UICommand)
}

/// What can be done to the screen without a key.
package enum UICommand: Hashable, Sendable {
    /// By id; nil for nobody in particular.
    case focus(String?)
    case arrange(UIModel.Arrangement)
    /// 0…2; those who are there have been set already.
    case volume(Double)
}

/// What the program shall do because of a key, a click or a change of the layout.
package enum UIEffect: Hashable, Sendable {
    case setMuted(Bool)
    case setCamera(Bool)
    case sendChat(String)
    /// Loudness of everybody, 0…2.
    case setVolume(Double)
    /// Who is looked at, by id; nil for nobody in particular.
    case focus(String?)
    /// How many pixels of a participant's picture are shown; `.none` for none.
    case viewport(id: String, PixelSize)
    case copyToClipboard(String)
    /// Begin to record, or end.
    case setRecording(Bool)
    case leave(endsRoom: Bool)
}
