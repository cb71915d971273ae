import Media
import Primitives
import TerminalGraphics

/// All that the screen shows. `update` changes it, `UIView` draws it.
package struct UIModel: Sendable {
    /// How people are shown where there are several.
    package enum Arrangement: Sendable, CaseIterable {
        /// All the same.
        case grid
        /// One large, the others in a strip beside.
        case speaker
        /// One alone.
        case focus
        /// One alone, and the own picture in the corner.
        case pictureInPicture
    }

    /// What stands beside the pictures.
    package enum Panel: Sendable {
        case chat, people, statistics
    }

    /// What lies over everything.
    package enum Dialog: Sendable {
        case help, invitation, leaving
    }

    /// What is wrong, with whom, and when it is tried again.
    package struct Trouble: Sendable {
        var about: String
        var text: String
        var retryAt: Instant?
    }

    struct Notice: Sendable {
        var text: String
        var until: Instant
    }

    package internal(set) var size: CellSize
    package internal(set) var profile: TerminalProfile
    package var keys = KeyBindings()
    /// Whether leaving ends the room for all.
    package var isHost = false
    /// Whether pictures of others are wanted at all.
    package var receivesVideo = true

    package internal(set) var room = ""
    package internal(set) var mode = ""
    package internal(set) var invitations: [String] = []
    package internal(set) var own: UIParticipant
    /// In the order in which they came.
    package internal(set) var others: [UIParticipant] = []
    package internal(set) var arrangement = Arrangement.grid
    /// The id of whom is looked at.
    package internal(set) var focus: String?
    package internal(set) var panel: Panel?
    package internal(set) var dialog: Dialog?
    package internal(set) var recording: String?
    package internal(set) var troubles: [Trouble] = []
    /// 1 is as received, 0 is silence, 2 is the most.
    package internal(set) var volume = 1.0

    var chat = ChatLog()
    var draft = TextField()
    var notices: [Notice] = []
    /// The shape of the tiles' pictures, width by height.
    var pictureAspect = 16.0 / 9
    var now = Instant.zero
    var joinedAt: Instant?
    /// Who spoke last, by id.
    var lastSpeaker: String?
    var ownSpeechUntil = Instant.zero
    /// Whether the microphone is open only as long as a key is held.
    var isTalkHeld = false
    /// What was last told by `UIEffect.viewport`.
    var viewports: [String: PixelSize] = [:]

    package init(ownName: String, size: CellSize, profile: TerminalProfile = TerminalProfile()) {
        self.size = size
        self.profile = profile
        own = UIParticipant(id: "", name: ownName)
        own.isConnected = true
    }

    /// The link to be shown where there is room for one.
    var invitation: String { invitations.first ?? "" }

    /// Whom all layouts but the grid show large.
    var speaker: UIParticipant? {
        others.first { $0.id == focus } ?? others.first { $0.id == lastSpeaker } ?? others.first
    }

    /// What is wrong, with the seconds until the next attempt; nil where all is well.
    package var trouble: String? {
        guard let first = troubles.first else { return nil }
        let others = troubles.count > 1 ? " (and \(troubles.count - 1) more)" : ""
        guard let retryAt = first.retryAt else { return first.text + others }
        let seconds = Int((retryAt - now).seconds.rounded(.up))
        return first.text + (seconds > 0 ? "; trying again in \(seconds) s" : "; trying again") + others
    }

    /// The chat's input line takes the keys.
    var isTyping: Bool { panel == .chat && dialog == nil }
}
