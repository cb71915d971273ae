import Call
import Engine
import Media
import Primitives
import Runtime
import Signalling

/// Carries out commands, whoever gives them: a controller, standard input, a typed line. It knows who is there by
/// hearing what the front end hears.
@CallLoop
final class CommandDesk {
    typealias Answer = @Sendable (ControlReply) -> Void

    private(set) weak var call: CallController?
    private(set) var roster: [RosterEntry] = []
    private(set) var joined: (room: String, mode: String, link: String, at: Instant)?
    private var waiters: [Waiter] = []
    private var hasEnded = false
    /// What a screen does for commands; nil where there is none.
    private var screen: Screen?

    /// What only a front end with a screen can do.
    typealias Screen = @Sendable (ScreenCommand) -> Void

    enum ScreenCommand: Sendable {
        case focus(String?)
        case layout(ControlCommand.Layout)
        case volume(Double)
        /// Writes what the screen shows to a file and answers.
        case snapshot(file: String, Answer)
    }

    private struct Waiter {
        var others: Int
        var answer: Answer
    }

    nonisolated init() {}

    func attach(_ call: CallController, screen: Screen?) {
        self.call = call
        self.screen = screen
    }

    // MARK: What the call tells

    func note(_ event: CallEvent) {
        switch event {
        case .joined(let room, let mode, _, let link, _): joined = (room, mode, link, Clock.now())
        case .left:
            hasEnded = true
            for waiter in waiters { waiter.answer(.refused(.ended, message: "the call has ended")) }
            waiters = []
        default: break
        }
    }

    func note(_ roster: [RosterEntry]) {
        self.roster = roster
        let ready = waiters.filter { $0.others <= others.count }
        waiters.removeAll { $0.others <= others.count }
        for waiter in ready { waiter.answer(.done) }
    }

    var others: [RosterEntry] { roster.filter { !$0.isSelf } }

    // MARK: Commands

    func carryOut(_ command: ControlCommand, _ answer: @escaping Answer) {
        guard let call, !hasEnded else { return answer(.refused(.ended, message: "the call has ended")) }
        switch command {
        case .mute, .unmute: answer(setMuted(command == .mute, call))
        case .cameraOn, .cameraOff: answer(setCamera(command == .cameraOn, call))
        case .chat(let text):
            call.sendChat(text)
            answer(.done)
        case .volume(let percent, let name): answer(setVolume(percent, of: name, call))
        case .focus(let name): answer(focus(name))
        case .layout(let layout): answer(onScreen(.layout(layout)))
        case .snapshot(let file):
            if let screen {
                screen(.snapshot(file: file, answer))
            } else {
                answer(.refused(.noScreen, message: "this client has no screen"))
            }
        case .stats: answer(stats(call))
        case .participants: answer(.done([.init("participants", .array(roster.map(\.json)))]))
        case .status: answer(status)
        case .wait(let count, let seconds): wait(for: count, seconds: seconds, answer)
        case .leave:
            answer(.done)
            call.leave(.asked)
        case .admit(let name):
            moderate(find(name, among: call.visitors, place: "at the door"), call, answer) { .admit(id: $0) }
        case .remove(let name):
            let everybody = others.map(\.participant) + call.visitors
            moderate(find(name, among: everybody, place: "in the call"), call, answer) { .remove(id: $0) }
        case .muteOther(let name): moderate(findOther(name), call, answer) { .mute(id: $0) }
        case .end: moderate(.end, call, answer)
        case .play(let file, let waits): play(file, waits: waits, call, answer)
        case .record(let file): answer(record(to: file, call))
        case .stopRecording: answer(stopRecording(call))
        }
    }

    private func play(_ file: String, waits: Bool, _ call: CallController, _ answer: @escaping Answer) {
        call.play(file) { failure in
            if let failure { return answer(.refused(.cannotRead, message: failure.message)) }
            if !waits { answer(.done) }
        } done: {
            if waits { answer(.done) }
        }
    }

    private func setMuted(_ muted: Bool, _ call: CallController) -> ControlReply {
        guard call.media.hasMicrophone else { return .refused(.noDevice, message: "there is no microphone") }
        call.setMuted(muted)
        return .done
    }

    private func setCamera(_ on: Bool, _ call: CallController) -> ControlReply {
        guard call.media.hasCamera else { return .refused(.noDevice, message: "there is no camera") }
        call.setCamera(on)
        return .done
    }

    private func setVolume(_ percent: Int, of name: String?, _ call: CallController) -> ControlReply {
        let gain = Double(percent) / 100
        guard let name else {
            for other in others { call.setVolume(Float(gain), of: other.participant.id) }
            screen?(.volume(gain))
            return .done
        }
        return withOther(name) {
            call.setVolume(Float(gain), of: $0.id)
            return .done
        }
    }

    private func record(to file: String, _ call: CallController) -> ControlReply {
        do throws(DeviceError) {
            try call.record(to: file)
            return .done
        } catch {
            return .refused(.cannotWrite, message: error.message)
        }
    }

    private func stopRecording(_ call: CallController) -> ControlReply {
        call.stopRecording() ? .done : .refused(.wrongState, message: "nothing is being recorded")
    }

    private func focus(_ name: String?) -> ControlReply {
        guard let name else { return onScreen(.focus(nil)) }
        return withOther(name) { onScreen(.focus($0.id)) }
    }

    private func onScreen(_ command: ScreenCommand) -> ControlReply {
        guard let screen else { return .refused(.noScreen, message: "this client has no screen") }
        screen(command)
        return .done
    }

    private func moderate(_ wish: MeshClientMessage.Moderation, _ call: CallController, _ answer: @escaping Answer) {
        call.moderate(wish) { refusal in
            switch refusal {
            case nil: answer(.done)
            case .notAllowed: answer(.refused(.notAllowed, message: "only a host may do that"))
            case .failed(let reason): answer(.refused(.wrongState, message: reason))
            }
        }
    }

    private func moderate(
        _ search: Search, _ call: CallController, _ answer: @escaping Answer,
        _ wish: (String) -> MeshClientMessage.Moderation
    ) {
        switch search {
        case .found(let who): moderate(wish(who.id), call, answer)
        case .refused(let reply): answer(reply)
        }
    }

    private func wait(for count: Int, seconds: Double?, _ answer: @escaping Answer) {
        if others.count >= count, joined != nil { return answer(.done) }
        // Whichever comes first answers; the mailbox of the other side takes one answer only.
        waiters.append(Waiter(others: count, answer: answer))
        guard let seconds else { return }
        CallLoop.after(Duration(seconds: seconds)) { answer(.refused(.timeout, message: "they have not come")) }
    }

    // MARK: Words

    private var status: ControlReply {
        let own = roster.first(where: \.isSelf)
        return .done([
            .init("room", joined.map { .string($0.room) } ?? .null),
            .init("mode", joined.map { .string($0.mode) } ?? .null),
            .init("link", joined.map { .string($0.link) } ?? .null),
            .init("self", own.map { .string($0.participant.name) } ?? .null),
            .init("others", JSON(others.count)), .init("muted", .bool(own?.state.muted ?? true)),
            .init("camera", .bool(own?.state.camera ?? false)),
            .init("seconds", JSON(joined.map { Int((Clock.now() - $0.at).seconds) } ?? 0)),
        ])
    }

    private func stats(_ call: CallController) -> ControlReply {
        .done([.init("participants", .array(call.qualityReports().map(\.json)))])
    }

    // MARK: People

    private enum Search {
        case found(Participant)
        case refused(ControlReply)
    }

    private func findOther(_ name: String) -> Search {
        find(name, among: others.map(\.participant), place: "in the call")
    }

    private func withOther(_ name: String, _ body: (Participant) -> ControlReply) -> ControlReply {
        switch findOther(name) {
        case .found(let who): body(who)
        case .refused(let reply): reply
        }
    }

    /// Finds somebody by id or name.
    private func find(_ name: String, among people: [Participant], place: String) -> Search {
        let byID = people.filter { $0.id == name }
        let found = byID.isEmpty ? people.filter { $0.name == name } : byID
        guard let first = found.first else {
            return .refused(.refused(.noSuchParticipant, message: "\(name.controlCharactersVisible) is not \(place)"))
        }
        guard found.count == 1 else {
            let ids = found.map(\.id).joined(separator: ", ")
            return .refused(
                .refused(.ambiguous, message: "several are called \(name.controlCharactersVisible): \(ids)"))
        }
        return .found(first)
    }
}

extension RosterEntry {
    fileprivate var json: JSON {
        [
            "participant": .string(participant.name), "participantId": .string(participant.id), "self": .bool(isSelf),
            "muted": .bool(state.muted), "camera": .bool(state.camera), "screen": .bool(state.screen),
            "hand": .bool(state.hand), "connected": .bool(isConnected),
        ]
    }
}
