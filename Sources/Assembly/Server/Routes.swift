import Primitives
import Runtime
import RoomService
import Signalling
import SignalTransport

extension ServerCore {
    /// Every request, once it is complete.
    func respond(to request: HTTPRequest) -> HTTPAnswer {
        guard request.values(of: "host").count <= 1 else { return .response(.refusal(400, "Host stands twice")) }
        if let objection = gatekeeper.objection(to: request) {
            log.debug("refused a request", metadata: ["from": "\(request.remoteAddress)", "why": "\(objection)"])
            return .response(.refusal(403, objection))
        }
        if request.path == "/mesh" { return mesh(request) }
        let origin = gatekeeper.allowedOrigin(of: request)
        let segments = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        switch segments.first {
        case "rtc": return rtc(segments.dropFirst(), request)
        case "twirp": return twirp(segments.dropFirst(), request)
        case "whip", "whep", "session":
            return liveStream(request).addingHeaders(Self.allowing(origin) + [LiveStreamHTTP.exposed])
        default: break
        }
        if request.path == "/metrics", configuration.metrics, ["GET", "HEAD"].contains(request.method) {
            return mediaMetrics.addingHeaders(Self.allowing(origin))
        }
        return .response(route(request).addingHeaders(Self.allowing(origin)))
    }

    /// Signalling's numbers are here, those of media on their own loop.
    private var mediaMetrics: HTTPAnswer {
        let own = metrics
        let type = "text/plain; version=0.0.4; charset=utf-8"
        guard let media else { return .response(.text(own, contentType: type)) }
        return .later { answer in media.metrics { answer(.text(own + $0, contentType: type)) } }
    }

    private static func allowing(_ origin: String?) -> [(name: String, value: String)] {
        origin.map { [("Access-Control-Allow-Origin", $0), ("Vary", "Origin")] } ?? []
    }

    private func route(_ request: HTTPRequest) -> HTTPResponse {
        let segments = request.path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard request.path.hasPrefix("/"), let first = segments.first else { return .refusal(400, "not a path") }
        switch first {
        case "": return segments.count == 1 ? page(request) : .refusal(404, "there is nothing here")
        case "-": return file(segments.dropFirst().joined(separator: "/"), request)
        case "api": return api(Array(segments.dropFirst()), request)
        case "healthz": return reading(request) { .text("ok\n") }
        default:
            guard segments.count == 1 || (segments.count == 2 && segments.last == ""), RoomName(first) != nil else {
                return .refusal(404, "there is nothing here")
            }
            return page(request)
        }
    }

    private func page(_ request: HTTPRequest) -> HTTPResponse { reading(request) { web.page(for: request) } }

    private func file(_ path: String, _ request: HTTPRequest) -> HTTPResponse {
        reading(request) { web.file(path, for: request) }
    }

    private func reading(_ request: HTTPRequest, _ answer: () -> HTTPResponse) -> HTTPResponse {
        ["GET", "HEAD"].contains(request.method) ? answer() : .wrongMethod(allowed: "GET, HEAD")
    }
}

// MARK: - /api

extension ServerCore {
    private func api(_ path: [Substring], _ request: HTTPRequest) -> HTTPResponse {
        guard path.first == "rooms", path.count == 2 || (path.count == 3 && path[2] == "join") else {
            return .refusal(404, "there is nothing here")
        }
        guard let room = RoomName(path[1]) else { return .refusal(400, "this cannot be the name of a room") }
        if request.method == "OPTIONS" { return preflight }
        if path.count == 2 { return reading(request) { describe(room) } }
        guard request.method == "POST" else { return .wrongMethod(allowed: "POST") }
        return join(room, request)
    }

    /// Answers a browser that asks before it lets a page of another site send JSON (Fetch Standard, CORS protocol).
    private var preflight: HTTPResponse {
        HTTPResponse(
            status: 204,
            headers: [
                ("Access-Control-Allow-Methods", "GET, POST"),
                ("Access-Control-Allow-Headers", "Authorization, Content-Type"), ("Access-Control-Max-Age", "86400"),
            ])
    }

    private func describe(_ room: RoomName) -> HTTPResponse {
        .json([
            "mode": .string(rooms.mode(of: room.text).rawValue), "participants": JSON(rooms.count(in: room.text)),
            "open": .bool(admission.isOpen),
        ])
    }

    /// Exchanges an invitation for a personal token.
    private func join(_ room: RoomName, _ request: HTTPRequest) -> HTTPResponse {
        let body: JSON? = request.body.isEmpty ? [:] : try? JSON(parsing: request.body, limits: .message)
        guard let body, body.object != nil else { return .refusal(400, "the body is not a JSON object") }
        guard let wish = RoomMode(rawValue: body["mode"]?.string ?? "auto") else {
            return .refusal(400, "mode is auto, mesh or server")
        }
        guard wish != .server || media != nil else {
            return .refusal(501, "this server carries mesh calls only; it has no media server")
        }
        var claims = AccessToken(issuer: "", grants: .init(room: room.text, roomJoin: true))
        if !admission.isOpen {
            switch invited(to: room, request) {
            case .success(let token): claims = token
            case .failure(let refusal): return refusal.response
            }
        } else if case .success(let token) = invited(to: room, request) {
            // A token of ours may grant more than anybody has here.
            claims = token
        }
        let name = displayName(body["name"]?.string, claims.name)
        return admit(claims, name: name, to: room, wish, request)
    }

    private struct Refusal: Error {
        let response: HTTPResponse
    }

    private func invited(to room: RoomName, _ request: HTTPRequest) -> Result<AccessToken, Refusal> {
        let challenge = [(name: "WWW-Authenticate", value: "Bearer")]  // RFC 6750 §3
        guard let text = request.bearerToken ?? request.query["access_token"] else {
            return .failure(.init(response: .refusal(401, "this room needs an invitation", headers: challenge)))
        }
        do throws(AccessTokenError) {
            let token = try admission.verify(text, now: unixTime)
            guard token.grants.roomJoin, token.grants.room == room.text else {
                return .failure(.init(response: .refusal(403, "this invitation is for another room")))
            }
            return .success(token)
        } catch {
            return .failure(.init(response: .refusal(401, error.message, headers: challenge)))
        }
    }

    private func admit(
        _ invitation: AccessToken, name: String, to room: RoomName, _ wish: RoomMode, _ request: HTTPRequest
    ) -> HTTPResponse {
        guard let base = webSocketBase(of: request) else { return .refusal(400, "Host is missing") }
        var claims = personal(invitation)
        claims.identity = invitation.identity ?? Admission.freshIdentity()
        claims.name = name
        let mode = rooms.announce(room.text, wish: wish, now: Clock.now())
        schedule()
        return .json([
            "mode": .string(mode.rawValue), "room": .string(room.text), "identity": .string(claims.identity ?? ""),
            "name": .string(name), "token": .string(admission.sign(claims)), "mesh": .string(base + "/mesh"),
            "rtc": .string(base + "/rtc"), "iceServers": .array(configuration.iceServers.map(\.json)),
        ])
    }

    /// At most 64 characters, of those that were asked for or stand in the token.
    func displayName(_ asked: String?, _ inToken: String?) -> String {
        let name = [asked, inToken].compactMap { $0 }.first { $0.contains { !$0.isWhitespace } } ?? "guest"
        return String(String.UnicodeScalarView(name.unicodeScalars.prefix(64)))
    }

    /// Where the client reached us, for WebSockets. A proxy that speaks TLS for us says so.
    private func webSocketBase(of request: HTTPRequest) -> String? {
        let isSecure = request.isSecure || request.header("x-forwarded-proto")?.lowercased() == "https"
        let host = request.header("host").flatMap { try? ServerAddress(authority: $0, isSecure: isSecure) }
        return host?.webSocketURL
    }
}

// MARK: - /mesh

extension ServerCore {
    private func mesh(_ request: HTTPRequest) -> HTTPAnswer {
        guard request.isWebSocketUpgrade else {
            let upgrade = [(name: "Upgrade", value: "websocket")]
            return .response(.refusal(426, "this path is for WebSockets", headers: upgrade))
        }
        let arrival = self.arrival(request)
        // Only what the client offers may be chosen.
        let subprotocol = request.subprotocols.contains(MeshProtocol.subprotocol) ? MeshProtocol.subprotocol : nil
        return .webSocket(
            WebSocketAcceptance(subprotocol: subprotocol) { [unowned self] socket in
                switch arrival {
                case .success(let (arrival, claims)):
                    let rtcURL = (self.webSocketBase(of: request) ?? "") + "/rtc"
                    return self.connect(socket, arrival, claims: claims, rtcURL: rtcURL)
                case .failure(let refusal):
                    // Said inside, because a browser's script never sees the status of a refused upgrade.
                    socket.send(MeshServerMessage.error(code: .notAllowed, message: refusal.why).text)
                    socket.close(code: MeshErrorCode.notAllowed.closeCode ?? 1008, reason: "not-allowed")
                    return { _ in }
                }
            })
    }

    private struct MeshRefusal: Error {
        let why: String
    }

    private func arrival(_ request: HTTPRequest) -> Result<(Arrival, AccessToken), MeshRefusal> {
        guard let text = request.query["access_token"] ?? request.bearerToken else {
            return .failure(.init(why: "there is no access token"))
        }
        let token: AccessToken
        do throws(AccessTokenError) {
            token = try admission.verify(text, now: unixTime)
        } catch {
            return .failure(.init(why: error.message))
        }
        guard let identity = token.identity, identity.utf8.count <= 256 else {
            return .failure(.init(why: "this is an invitation: exchange it at /api/rooms/ROOM/join"))
        }
        guard token.grants.roomJoin, let room = token.grants.room.flatMap({ RoomName($0) }) else {
            return .failure(.init(why: "the token opens no room"))
        }
        let arrival = Arrival(
            room: room.text, id: identity, name: displayName(token.name, identity), resume: request.query["resume"],
            canMoveUp: request.query["upgrade"] == "1", isAdmin: token.grants.roomAdmin)
        return .success((arrival, token))
    }
}
