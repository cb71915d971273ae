import MediaServer
import Primitives
import Runtime
import SignalTransport
import Signalling

// WHIP and WHEP: what is said before the media loop is asked.
extension ServerCore {
    private struct Refusal: Error {
        let response: HTTPResponse

        init(_ status: Int, _ why: String, headers: [(name: String, value: String)] = []) {
            response = .refusal(status, why, headers: headers)
        }
    }

    func liveStream(_ request: HTTPRequest) -> HTTPAnswer {
        guard let media else { return .response(.refusal(501, "this server has no media server")) }
        let segments = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard segments.count == 2, let last = segments.last, !last.isEmpty else {
            return .response(.refusal(404, "there is nothing here"))
        }
        let isSession = segments.first == "session"
        if request.method == "OPTIONS" {
            return .response(LiveStreamHTTP.preflight(isSession ? "PATCH, DELETE, OPTIONS" : "POST, OPTIONS"))
        }
        do throws(Refusal) {
            let asked =
                try isSession
                ? changing(String(last), request) : beginning(last, isPublishing: segments.first == "whip", request)
            return .later { answer in media.respond(to: asked, answer) }
        } catch {
            return .response(error.response)
        }
    }

    private func beginning(
        _ name: Substring, isPublishing: Bool, _ request: HTTPRequest
    ) throws(Refusal) -> LiveStreamRequest {
        guard request.method == "POST" else { throw Refusal(405, "POST a session description", headers: allow("POST")) }
        guard let room = RoomName(name) else { throw Refusal(400, "this cannot be the name of a room") }
        guard rooms.admitsServed(in: room.text) else {
            throw Refusal(409, "somebody in this room cannot leave its mesh")
        }
        let offer = try body(of: request, type: LiveStreamHTTP.description)
        let claims = try authorised(request)
        if let claims {
            guard claims.grants.roomJoin, claims.grants.room == room.text else {
                throw Refusal(403, "this token is for another room")
            }
            guard isPublishing ? claims.grants.canPublish ?? true : claims.grants.canSubscribe ?? true else {
                throw Refusal(403, "this token does not allow that")
            }
        }
        if !isPublishing { perform(rooms.moveUpIfPossible(room.text)) }
        let name = displayName(request.query["name"], claims?.name)
        let identity = claims?.identity ?? Admission.freshIdentity()
        let action: LiveStreamRequest.Action =
            isPublishing
            ? .publish(room: room.text, offer: offer)
            : .play(room: room.text, offer: offer, participant: request.query["participant"])
        return LiveStreamRequest(action: action, identity: identity, name: name)
    }

    private func changing(_ id: String, _ request: HTTPRequest) throws(Refusal) -> LiveStreamRequest {
        let claims = try authorised(request)
        // A token without a room may end nothing.
        let room = claims.map { $0.grants.room ?? "" }
        switch request.method {
        case "DELETE":
            return LiveStreamRequest(action: .end(session: id), identity: "", name: "", permittedRoom: room)
        case "PATCH":
            let fragment = try body(of: request, type: LiveStreamHTTP.fragment)
            // RFC 9725 §4.3: which state of ICE is meant must be said.
            guard let match = request.header("if-match") else { throw Refusal(428, "If-Match is missing") }
            return LiveStreamRequest(
                action: .patch(session: id, fragment: fragment, match: match), identity: "", name: "",
                permittedRoom: room)
        default: throw Refusal(405, "PATCH or DELETE", headers: allow("PATCH, DELETE"))
        }
    }

    private func body(of request: HTTPRequest, type: String) throws(Refusal) -> String {
        let said = request.header("content-type")?.split(separator: ";").first.map { $0.filter { $0 != " " } }
        guard said?.lowercased() == type else { throw Refusal(415, "the body must be \(type)") }
        guard let text = String(validating: request.body, as: UTF8.self), !text.isEmpty else {
            throw Refusal(400, "the body is no text")
        }
        return text
    }

    /// The claims of the token where tokens are needed, nil where anybody may come.
    private func authorised(_ request: HTTPRequest) throws(Refusal) -> AccessToken? {
        guard !admission.isOpen else { return nil }
        let challenge = [(name: "WWW-Authenticate", value: "Bearer")]  // RFC 6750 §3
        guard let text = request.bearerToken ?? request.query["access_token"] else {
            throw Refusal(401, "a bearer token is needed", headers: challenge)
        }
        do {
            return try admission.verify(text, now: unixTime)
        } catch {
            throw Refusal(401, error.message, headers: challenge)
        }
    }

    private func allow(_ methods: String) -> [(name: String, value: String)] { [("Allow", methods)] }
}

extension HTTPAnswer {
    /// The same with more headers.
    func addingHeaders(_ headers: [(name: String, value: String)]) -> HTTPAnswer {
        switch self {
        case .response(let response): .response(response.addingHeaders(headers))
        case .later(let begin): .later { answer in begin { answer($0.addingHeaders(headers)) } }
        case .webSocket: self
        }
    }
}

extension HTTPResponse {
    func addingHeaders(_ headers: [(name: String, value: String)]) -> HTTPResponse {
        var response = self
        response.headers += headers.filter { new in !response.headers.contains { $0.name == new.name } }
        return response
    }
}
