import LiveKitProtocol
import Media
import Primitives
import Signalling

@testable import LiveKitClient

/// A session and a server that says what the test wants; time stands still unless the test moves it.
struct Scripted {
    var session = LiveKitSession(token: "first")
    var now = Instant.seconds(100)
    var actions: [LiveKitSession.Action] = []

    mutating func say(_ message: LKSignalResponse.OneOf_Message) {
        actions = session.receive(LKSignalResponse(message).wire(.binary), now: now)
    }

    mutating func join(with others: [LKParticipantInfo] = []) {
        _ = session.start(now: now)
        var join = LKJoinResponse()
        join.room.name = "tea"
        join.participant = Self.participant("me", sid: "PA_me")
        join.otherParticipants = others
        join.pingInterval = 5
        join.pingTimeout = 15
        say(.join(join))
    }

    mutating func wait(_ duration: Duration) {
        now = now + duration
        actions = session.handleTimeout(now: now)
    }

    mutating func lose() { actions = session.handleClosed(status: nil, reason: "cut", now: now) }

    /// What the client asked of the server in its last answer.
    var requests: [LKSignalRequest.OneOf_Message] {
        actions.compactMap { action in
            guard case .send(let bytes) = action else { return nil }
            return (try? LKSignalRequest(wire: bytes, encoding: .binary))?.message
        }
    }

    static func participant(
        _ identity: String, sid: String, version: UInt32 = 1, tracks: [LKTrackInfo] = []
    ) -> LKParticipantInfo {
        var info = LKParticipantInfo()
        info.identity = identity
        info.name = identity.uppercased()
        info.sid = sid
        info.version = version
        info.state = .active
        info.tracks = tracks
        return info
    }

    static func track(_ sid: String, _ type: LKTrackType, muted: Bool = false) -> LKTrackInfo {
        var track = LKTrackInfo()
        track.sid = sid
        track.type = type
        track.source = type == .audio ? .microphone : .camera
        track.mimeType = type == .audio ? "audio/opus" : "video/VP8"
        track.muted = muted
        return track
    }

    static func update(_ infos: LKParticipantInfo...) -> LKSignalResponse.OneOf_Message {
        var update = LKParticipantUpdate()
        update.participants = infos
        return .update(update)
    }
}
