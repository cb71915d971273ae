import LiveKitProtocol
import LiveKitRoom
import Primitives
import Runtime
import Signalling
import SignalTransport

/// LiveKit signalling (v0) at `/rtc`: who may come in. What is said there is for the media loop.
extension ServerCore {
    func rtc(_ segments: ArraySlice<Substring>, _ request: HTTPRequest) -> HTTPAnswer {
        guard let host = media?.liveKit else {
            return .response(.refusal(501, "this server carries mesh calls only; it has no media server"))
        }
        switch (segments.first, segments.count) {
        case (nil, 0), ("", 1):
            // LiveKit's own servers answer the same to what is no WebSocket.
            guard request.isWebSocketUpgrade else { return .response(.plain(404, "use a WebSocket")) }
            return accept(request, host)
        case ("validate", 1): return .response(validate(request))
        // Signalling v1 is not spoken here; at this answer clients go on with v0.
        default: return .response(.plain(404, "use /rtc"))
        }
    }

    /// Clients ask here why they were refused.
    private func validate(_ request: HTTPRequest) -> HTTPResponse {
        switch liveKitArrival(request) {
        case .success: .plain(200, "success")
        case .failure(let refusal): .plain(refusal.status, refusal.why)
        }
    }

    private func accept(_ request: HTTPRequest, _ host: LiveKitHost) -> HTTPAnswer {
        let arrival: LiveKitArrival
        switch liveKitArrival(request) {
        case .success(let found): arrival = found
        case .failure(let refusal): return .response(.plain(refusal.status, refusal.why))
        }
        let isBack = ["1", "true"].contains(request.query[LiveKitQuery.reconnect] ?? "")
        let earlier = isBack ? request.query[LiveKitQuery.participant].map(ParticipantID.init) : nil
        let encoding = request.query[SignalEncoding.parameter].flatMap(SignalEncoding.init) ?? .binary
        let connection = ConnectionID(nextConnection())
        var acceptance = WebSocketAcceptance { [loop] socket in
            let signal = SignalSocket(LoopConfined(socket, on: loop), on: loop, encoding: encoding)
            MediaLoop.post {
                if let earlier {
                    host.resume(signal, connection, earlier, arrival)
                } else {
                    host.enter(signal, connection, arrival)
                }
            }
            return { event in MediaLoop.post { host.handle(event, from: connection) } }
        }
        // A description of fifty sections has some 150 KiB.
        acceptance.configuration.maximumMessageBytes = 256 << 10
        acceptance.configuration.maximumQueuedBytes = 4 << 20
        acceptance.configuration.deadAfter = .seconds(25)
        return .webSocket(acceptance)
    }

    struct RTCRefusal: Error {
        let status: Int
        let why: String
    }

    private func liveKitArrival(_ request: HTTPRequest) -> Result<LiveKitArrival, RTCRefusal> {
        guard let text = request.bearerToken ?? request.query[LiveKitQuery.accessToken] else {
            return .failure(.init(status: 401, why: "no access token"))
        }
        let token: AccessToken
        do throws(AccessTokenError) {
            token = try admission.verify(text, now: unixTime)
        } catch {
            return .failure(.init(status: 401, why: error.message))
        }
        guard token.grants.roomJoin else { return .failure(.init(status: 401, why: "the token allows no room")) }
        guard let identity = token.identity, identity.utf8.count <= 256 else {
            return .failure(.init(status: 400, why: "the token has no identity"))
        }
        guard let room = token.grants.room, 1...256 ~= room.utf8.count else {
            return .failure(.init(status: 400, why: "the token names no room"))
        }
        guard rooms.admitsServed(in: room) else {
            return .failure(.init(status: 503, why: "somebody in this room cannot leave its mesh"))
        }
        return .success(arrival(token, identity, room, request))
    }

    private func arrival(
        _ token: AccessToken, _ identity: String, _ room: String, _ request: HTTPRequest
    ) -> LiveKitArrival {
        var attributes = token.attributes
        if token.grants.canUpdateOwnMetadata, let text = request.query[LiveKitQuery.attributes],
            let bytes = Base64URL.decode(text), bytes.count <= 16 << 10, let json = try? JSON(parsing: bytes)
        {
            for (name, value) in json.object ?? .init() { attributes[name] = value.string }
        }
        return LiveKitArrival(
            room: room, identity: identity, name: token.name ?? "", metadata: token.metadata ?? "",
            attributes: attributes, kind: token.kind, permissions: Permissions(token.grants),
            client: ClientDescription(query: request.query))
    }

    // MARK: What the media loop reports

    /// Keeps the register of who is in which room, whichever way.
    func handle(_ report: LiveKitReport) {
        switch report {
        case .joined(let room, let identity, _):
            counts.joined += 1
            log.info("joined", metadata: ["room": "\(room)", "id": "\(identity)", "by": "rtc"])
            perform(rooms.enterServed(identity, in: room))
        case .resumed(let room, let identity):
            log.info("resumed", metadata: ["room": "\(room)", "id": "\(identity)"])
        case .left(let room, let identity, _, let reason):
            log.info("left", metadata: ["room": "\(room)", "id": "\(identity)", "reason": "\(reason)"])
            rooms.leaveServed(identity, in: room)
        case .published(let room, let identity, let track):
            log.debug("published", metadata: ["room": "\(room)", "id": "\(identity)", "track": "\(track)"])
        case .unpublished(let room, let track):
            log.debug("unpublished", metadata: ["room": "\(room)", "track": "\(track)"])
        case .ended(let room): log.debug("ended", metadata: ["room": "\(room)"])
        }
    }
}

extension HTTPResponse {
    /// As LiveKit's clients expect it: text that any page may read.
    static func plain(_ status: Int, _ text: String) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: [
                ("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store"),
                ("Access-Control-Allow-Origin", "*"),
            ], body: Array(text.utf8))
    }
}
