import Signalling

/// The answer to a request: `{"id":1,"ok":true}`, with members where there is something to tell, or
/// `{"id":1,"ok":false,"error":"no-such-participant","message":"…"}`.
package enum ControlReply: Hashable, Sendable {
    case done([Member])
    case refused(Refusal, message: String)

    package struct Member: Hashable, Sendable {
        package var name: String
        package var value: JSON

        package init(_ name: String, _ value: JSON) {
            self.name = name
            self.value = value
        }
    }

    /// Why it was not done, with the exit status that `confab ctl` gives.
    package enum Refusal: String, Sendable, CaseIterable {
        case badRequest = "bad-request"
        case noSuchParticipant = "no-such-participant"
        case ambiguous
        case notAllowed = "not-allowed"
        /// The client has no screen to do it on.
        case noScreen = "no-screen"
        case noDevice = "no-device"
        case cannotRead = "cannot-read"
        case cannotWrite = "cannot-write"
        /// It makes no sense now: stopping a recording that is none.
        case wrongState = "wrong-state"
        case timeout
        /// The call ended before it was done.
        case ended

        package var exitStatus: Int32 {
            switch self {
            case .badRequest: ExitStatus.usage
            case .cannotRead, .noDevice: ExitStatus.noInput
            case .noSuchParticipant, .ambiguous, .noScreen, .wrongState, .ended: ExitStatus.unavailable
            case .cannotWrite: ExitStatus.cannotCreate
            case .timeout: ExitStatus.lost
            case .notAllowed: ExitStatus.notAllowed
            }
        }
    }

    package static let done = ControlReply.done([])

    package func json(id: JSON?) -> JSON {
        var members = JSONObject()
        members["id"] = id
        switch self {
        case .done(let more):
            members["ok"] = true
            for member in more { members[member.name] = member.value }
        case .refused(let why, let message):
            members["ok"] = false
            members["error"] = .string(why.rawValue)
            members["message"] = .string(message)
        }
        return .object(members)
    }
}
