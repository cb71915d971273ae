import Primitives
import Runtime
import SignalTransport
import Signalling

// What a host does to others through LiveKit's admin API (RoomService over Twirp, with the own token).
extension ServerCall {
    struct AdminRequest {
        var method: String
        var body: JSON
    }

    /// Nil for what the media server knows nothing of.
    func request(for wish: MeshClientMessage.Moderation) -> AdminRequest? {
        let room = JSON.string(session.room)
        switch wish {
        case .admit: return nil
        case .end: return AdminRequest(method: "DeleteRoom", body: ["room": room])
        case .remove(let id):
            guard members[id] != nil else { return nil }
            return AdminRequest(method: "RemoveParticipant", body: ["room": room, "identity": .string(id)])
        case .mute(let id):
            guard let track = members[id]?.info.track(.microphone) else { return nil }
            return AdminRequest(
                method: "MutePublishedTrack",
                body: ["room": room, "identity": .string(id), "trackSid": .string(track.sid), "muted": true])
        }
    }

    func administer(
        _ request: AdminRequest, then answer: @escaping @CallLoop @Sendable (ModerationRefusal?) -> Void
    ) {
        let folder = access.url.target.prefix { $0 != "?" }.dropLast("/rtc".count)
        let url = SignalURL(
            server: access.url.server, path: "\(folder)/twirp/livekit.RoomService/\(request.method)")
        let headers = [("Content-Type", "application/json"), ("Authorization", "Bearer " + access.token)]
        SignalClient(loop: controller.signalLoop, configuration: .init(trust: access.trust)).request(
            "POST", url, headers: headers, body: Array(request.body.text.utf8)
        ) { result in
            let refusal = Self.refusal(result)
            CallLoop.post { answer(refusal) }
        }
    }

    nonisolated private static func refusal(_ result: Result<HTTPResponse, SignalError>) -> ModerationRefusal? {
        switch result {
        case .failure(let error): return .failed(error.message)
        case .success(let response) where response.status == 200: return nil
        case .success(let response) where [401, 403].contains(response.status): return .notAllowed
        case .success(let response):
            let told = (try? JSON(parsing: response.body))?["msg"]?.string?.controlCharactersVisible
            return .failed("the server answers \(response.status)\(told.map { ": " + $0 } ?? "")")
        }
    }
}
