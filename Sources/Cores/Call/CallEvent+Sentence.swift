import Primitives
import Signalling

extension CallEvent {
    /// What happened, as one would say it, for people who read line by line or have it read to them. Nil for what is
    /// only noise there.
    package var sentence: String? {
        switch self {
        case .listening(_, let link, _): "Invite others with \(link)"
        case .joined(let room, _, let own, _, _): "You are in \(room) as \(own.name)."
        case .participantJoined(let who): "\(who.name) has come."
        case .participantLeft(let who, let reason): "\(who.name) \(reason.sentence)."
        case .trackStarted(let who, .camera, _): "\(who.name) shows a picture."
        case .trackStopped(let who, .camera): "\(who.name) shows no picture any more."
        case .trackStarted(let who, .screen, _): "\(who.name) shows a screen."
        case .trackStopped(let who, .screen): "\(who.name) shows no screen any more."
        case .muted(let who, _): "\(who.name) is muted."
        case .unmuted(let who, _): "\(who.name) can be heard."
        case .firstAudio(let who, _): "You hear \(who.name)."
        case .modeChanged: "The call has moved to the server."
        case .chat(let who, let text): "\(who.name): \(text)"
        case .waiting: "You wait at the door until somebody lets you in."
        case .knocking(let who, true): "\(who.name) waits at the door; /admit \(who.name) lets them in."
        case .knocking(let who, false): "\(who.name) does not wait any more."
        case .reconnecting(.signalling, _, 1, _): "The server does not answer; trying again."
        case .reconnecting(.media, let who?, 1, _): "The connection to \(who.name) is lost; trying again."
        case .reconnected(.signalling, _, _): "The server answers again."
        case .reconnected(.media, let who?, _): "The connection to \(who.name) is back."
        case .trouble(let who, let trouble, false): "Trouble: \(trouble.text(who.name))."
        case .recording(let file, .started, _, _): "The call is being recorded to \(file)."
        case .recording(let file, .stopped, _, _): "The recording \(file) is complete."
        case .recording(let file, .failed, _, _): "The recording \(file) cannot be written any more."
        case .error(_, let message, _): "Trouble: \(message)."
        case .left(let reason): reason.sentence
        case .summary(let duration, _, _): "The call took \(duration.spoken)."
        default: nil
        }
    }
}

extension LeaveReason {
    fileprivate var sentence: String {
        switch self {
        case .left: "has left"
        case .timeout: "is gone"
        case .removed: "was removed"
        case .replaced: "has joined again elsewhere"
        }
    }
}

extension LeftReason {
    fileprivate var sentence: String {
        switch self {
        case .asked, .signal: "You have left."
        case .duration: "You have left, as the time is up."
        case .alone: "You have left, as everybody else had."
        case .removed: "You were removed from the call."
        case .lost: "The call is lost."
        case .roomClosed: "The call was ended for everybody."
        }
    }
}

extension Duration {
    /// `2 minutes 5 seconds`.
    fileprivate var spoken: String {
        let seconds = Int(self.seconds.rounded())
        func count(_ number: Int, _ unit: String) -> String { "\(number) \(unit)\(number == 1 ? "" : "s")" }
        let parts = [(seconds / 3_600, "hour"), (seconds / 60 % 60, "minute"), (seconds % 60, "second")]
        let spoken = parts.filter { $0.0 > 0 }.map { count($0.0, $0.1) }.joined(separator: " ")
        return spoken.isEmpty ? "no time" : spoken
    }
}
