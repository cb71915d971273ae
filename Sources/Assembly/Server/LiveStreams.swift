import MediaServer
import PeerSession
import Primitives
import Runtime
import SDP
import SecureTransport
import Signalling
import SignalTransport

/// The sessions of WHIP publishers and WHEP players, on the media loop.
@MediaLoop
final class LiveStreams {
    private let rooms: MediaRooms
    private let iceServers: [ICEServer]
    private var sessions: [String: LiveStreamSession] = [:]

    /// In seconds: how soon a player may ask again for a room where nobody publishes yet.
    private static let retryAfter = "2"
    private static let sessionLimit = 10_000

    init(rooms: MediaRooms, iceServers: [ICEServer]) {
        self.rooms = rooms
        self.iceServers = iceServers
    }

    var count: Int { sessions.count }

    func respond(to request: LiveStreamRequest) -> HTTPResponse {
        switch request.action {
        case .publish(let room, let offer): return publish(offer, in: room, request)
        case .play(let room, let offer, let participant): return play(offer, in: room, participant)
        case .patch(let id, let fragment, let match):
            return with(id, request) { patch($0, fragment, match: match) }
        case .end(let id):
            return with(id, request) { session in
                session.end()
                return HTTPResponse(status: 200)
            }
        }
    }

    /// A token lets one change the sessions of its room only, whoever else's name one comes to know.
    private func with(
        _ id: String, _ request: LiveStreamRequest, _ change: (LiveStreamSession) -> HTTPResponse
    ) -> HTTPResponse {
        guard let session = sessions[id] else { return .refusal(404, "there is no such session") }
        guard request.permittedRoom.map({ $0 == session.room.name }) ?? true else {
            return .refusal(403, "this token is for another room")
        }
        return change(session)
    }

    // MARK: Beginning

    private func publish(_ offer: String, in name: String, _ request: LiveStreamRequest) -> HTTPResponse {
        begin(offer, in: rooms.enter(name)) { transport, room in
            LiveStreamPublisher(
                transport: transport, room: room, identity: request.identity, name: request.name)
        }
    }

    private func play(_ offer: String, in name: String, _ participant: String?) -> HTTPResponse {
        guard let room = rooms[name], LiveStreamPlayer.source(in: room, participant: participant) != nil else {
            let who = participant.map { " by \($0.controlCharactersVisible)" } ?? ""
            return .refusal(
                409, "nothing is published in this room yet\(who)", headers: [("Retry-After", Self.retryAfter)])
        }
        return begin(offer, in: room) { transport, room in
            LiveStreamPlayer(transport: transport, room: room, participant: participant)
        }
    }

    private func begin(
        _ offer: String, in room: MediaRoom, _ make: (WebRtcTransport, MediaRoom) -> LiveStreamSession
    ) -> HTTPResponse {
        guard sessions.count < Self.sessionLimit else { return .refusal(503, "there are too many sessions") }
        var options = WebRtcTransport.Options()
        options.hasDataChannels = false
        guard let transport = try? room.router.makeTransport(options) else {
            return .refusal(500, "no transport could be made")
        }
        let session = make(transport, room)
        do throws(NegotiationError) {
            let answer = try session.start(offer)
            guard answer.media.contains(where: { !$0.isRejected }) else {
                session.end()
                rooms.release(room)
                return .refusal(422, "the offer has nothing that can be accepted: VP8 and Opus are")
            }
            let id = Base64URL.encode(secureRandom(18))
            sessions[id] = session
            session.onEnd = { [weak self] in self?.forget(id, room) }
            return created(session, id: id, answer: answer)
        } catch {
            session.end()
            rooms.release(room)
            if case .unreadable = error { return .refusal(400, error.description) }
            return .refusal(422, error.description)
        }
    }

    private func created(_ session: LiveStreamSession, id: String, answer: SessionDescription) -> HTTPResponse {
        HTTPResponse(
            status: 201,
            headers: [
                ("Content-Type", LiveStreamHTTP.description), ("Location", "/session/\(id)"), ("ETag", session.etag),
                ("Accept-Patch", LiveStreamHTTP.fragment), ("Cache-Control", "no-store"),
            ] + LiveStreamHTTP.links(iceServers), body: Array(answer.text.utf8))
    }

    private func forget(_ id: String, _ room: MediaRoom) {
        sessions[id] = nil
        rooms.release(room)
    }

    // MARK: Changing

    /// With the session's tag, candidates are told; with `*`, ICE starts anew (RFC 9725 §4.3.2, §4.3.3).
    private func patch(_ session: LiveStreamSession, _ text: String, match: String) -> HTTPResponse {
        guard let fragment = try? ICEFragment(parsing: text) else {
            return .refusal(400, "the body is no fragment of a session description")
        }
        let isRestart = fragment.credentials.map { $0.ufrag != session.transport.remoteUfrag } ?? false
        if match == "*" {
            guard isRestart, let credentials = fragment.credentials else {
                return .refusal(400, "a restart brings new credentials")
            }
            guard let answer = session.restart(credentials) else {
                return .refusal(422, "ICE cannot be restarted")
            }
            return HTTPResponse(
                status: 200,
                headers: [("Content-Type", LiveStreamHTTP.fragment), ("ETag", session.etag)],
                body: Array(answer.text.utf8))
        }
        guard match.split(separator: ",").contains(where: { $0.filter { $0 != " " } == session.etag }), !isRestart
        else {
            return .refusal(412, "this is not the state that the session is in")
        }
        // Candidates are of no use to an agent that sends no checks.
        return HTTPResponse(status: 204, headers: [("ETag", session.etag)])
    }

    /// Ends all sessions.
    func stop() {
        for session in Array(sessions.values) { session.end() }
    }
}
