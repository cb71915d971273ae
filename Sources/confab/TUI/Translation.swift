import Call
import Media
import Primitives
import Runtime
import UI

/// What the call tells, in the words of the screen.
enum Translation {
    static func messages(for event: CallEvent, invitations: [String]) -> [UIMessage] {
        switch event {
        case .joined(let room, let mode, _, _, _):
            [.joined(room: room, mode: mode, invitations: invitations), .trouble(about: "door", nil, retryIn: nil)]
        case .participantJoined(let who): [.participantJoined(id: who.id, name: who.name)]
        case .participantLeft(let who, let reason): [.participantLeft(id: who.id, reason: reason.rawValue)]
        case .speaking(let who, let speaking): [.speaking(id: who.id, speaking)]
        case .chat(let who, let text): [.chat(ChatLine(name: who.name, text: text, time: clock(), isOwn: false))]
        case .modeChanged: [.notice("the call has moved to the server")]
        case .reconnecting(.signalling, _, _, let next):
            [.trouble(about: "server", "the server does not answer", retryIn: next ?? .zero)]
        case .reconnecting(.media, let who, _, let next):
            [.trouble(about: who?.id ?? "media", "no connection to \(who?.name ?? "others")", retryIn: next ?? .zero)]
        case .reconnected(.signalling, _, _): [.trouble(about: "server", nil, retryIn: nil)]
        case .reconnected(.media, let who, _): [.trouble(about: who?.id ?? "media", nil, retryIn: nil)]
        case .trouble(let who, let trouble, let isOver):
            [.trouble(about: "\(trouble.rawValue) \(who.id)", isOver ? nil : trouble.text(who.name), retryIn: nil)]
        case .recording(let file, let state, _, _): [.recording(state == .started ? file : nil)]
        case .error(_, let message, _): [.notice(message)]
        case .waiting: [.trouble(about: "door", "waiting at the door until somebody lets you in", retryIn: nil)]
        case .knocking(let who, true): [.notice("\(who.name) waits at the door: confab ctl admit \(who.name)")]
        case .knocking, .listening, .trackStarted, .trackStopped, .muted, .unmuted, .firstFrame, .firstAudio, .quality,
            .playback,
            .left,
            .summary:
            []
        }
    }

    /// Hours and minutes, local time.
    static func clock() -> String { Clock.localHoursAndMinutes() }
}

extension CommandDesk.ScreenCommand {
    /// Nil for what does not change the screen.
    var message: UICommand? {
        switch self {
        case .focus(let id): .focus(id)
        case .layout(let layout): .arrange(UIModel.Arrangement(layout))
        case .volume(let gain): .volume(gain)
        case .snapshot: nil
        }
    }
}

extension UIModel.Arrangement {
    fileprivate init(_ layout: ControlCommand.Layout) {
        switch layout {
        case .grid: self = .grid
        case .speaker: self = .speaker
        case .focus: self = .focus
        case .pictureInPicture: self = .pictureInPicture
        }
    }
}

extension UIQuality {
    init(_ report: QualityReport) {
        self.init()
        roundTrip = report.roundTrip
        jitter = report.jitter
        loss = report.loss
        bitrate = report.bitrate
        size = report.size
        framesDecoded = report.framesDecoded
        concealed = report.concealed
        playoutDelay = report.playoutDelay
    }
}
