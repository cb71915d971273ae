import Call
import Primitives
import SignalTransport
import Signalling
import Runtime

/// Why a room could not be joined, with the exit status that says so.
package struct JoinRefusal: Error, Sendable {
    package var code: String
    package var message: String
    package var exitStatus: Int32

    static func unreachable(_ message: String) -> JoinRefusal {
        JoinRefusal(code: "unreachable", message: message, exitStatus: ExitStatus.unavailable)
    }

    static func notAllowed(_ message: String) -> JoinRefusal {
        JoinRefusal(code: "not-allowed", message: message, exitStatus: ExitStatus.notAllowed)
    }

    static func status(of code: MeshErrorCode) -> Int32 {
        switch code {
        case .roomClosed: ExitStatus.unavailable
        case .notAllowed, .roomFull, .replaced: ExitStatus.notAllowed
        case .badMessage, .tooLarge, .tooFast, .noSuchPeer, .forbidden: ExitStatus.lost
        }
    }
}

/// What a server has granted: where to signal, and the token that lets one in.
struct RoomAccess: Sendable {
    /// How the room's media go (DESIGN §2).
    enum Way: Sendable {
        /// The address of the mesh socket.
        case mesh(SignalURL)
        /// That of LiveKit's signalling.
        case server(SignalURL)
    }

    var way: Way
    /// Where it was reached.
    var server: ServerAddress
    var token: String
    var trust: TLSTrust

    /// The address of the mesh socket; `resume` gives back an earlier id.
    func meshURL(resume: String?) -> SignalURL? {
        guard case .mesh(var url) = way else { return nil }
        url.add("access_token", token)
        // This client can move to a media server.
        url.add("upgrade", "1")
        if let resume { url.add("resume", resume) }
        return url
    }

    /// Asks the server of a link for access (DESIGN §4, `POST /api/rooms/ROOM/join`); a LiveKit server's token says all.
    /// The answer comes on the call loop.
    @CallLoop
    static func request(
        _ link: JoinLink, accessToken: String?, name: String, mode: CallMode, certificateFile: String?,
        client loop: SignalLoop,
        then handler: @escaping @CallLoop @Sendable (Result<RoomAccess, JoinRefusal>) -> Void
    ) {
        let trust: TLSTrust =
            link.fingerprint.map { .fingerprint($0) } ?? certificateFile.map { .authorities(file: $0) } ?? .system
        let server: ServerAddress
        let room: RoomName
        switch link.target {
        case .confab(let address, let name): (server, room) = (address, name)
        case .liveKit(let address, let path):
            return handler(liveKit(address, path: path, token: accessToken, trust: trust))
        case .room(let room): return handler(.failure(noServer(room)))
        }
        var headers: SignalClient.Headers = [("Content-Type", "application/json")]
        if let bearer = accessToken ?? link.invitation { headers.append(("Authorization", "Bearer " + bearer)) }
        let body: JSON = ["name": .string(name), "mode": .string(mode.rawValue)]
        SignalClient(loop: loop, configuration: .init(trust: trust)).request(
            "POST", SignalURL(server: server, path: "/api/rooms/\(room.text)/join"), headers: headers,
            body: Array(body.text.utf8)
        ) { result in
            let access = result.mapError(refusal).flatMap { read($0, server: server, trust: trust) }
            CallLoop.post { handler(access) }
        }
    }

    private static func liveKit(
        _ server: ServerAddress, path: String, token: String?, trust: TLSTrust
    ) -> Result<RoomAccess, JoinRefusal> {
        guard let token else {
            return .failure(
                JoinRefusal(
                    code: "no-token", message: "a LiveKit server needs an access token: --token or --token-file",
                    exitStatus: ExitStatus.usage))
        }
        let url = SignalURL(server: server, path: path + "/rtc")
        return .success(RoomAccess(way: .server(url), server: server, token: token, trust: trust))
    }

    private static func noServer(_ room: RoomName) -> JoinRefusal {
        JoinRefusal(
            code: "no-server",
            message:
                "\(room.text): a room alone needs a default server; give the whole link, https://host/\(room.text)",
            exitStatus: ExitStatus.usage)
    }

    private static func refusal(_ error: SignalError) -> JoinRefusal {
        switch error {
        case .untrustedCertificate(_, let message): .notAllowed(message)
        default: .unreachable(error.message)
        }
    }

    private static func read(
        _ response: HTTPResponse, server: ServerAddress, trust: TLSTrust
    ) -> Result<RoomAccess, JoinRefusal> {
        let json = try? JSON(parsing: response.body)
        guard response.status == 200 else {
            let reason =
                (json?["error"]?.string ?? json?["message"]?.string
                ?? String(decoding: response.body.prefix(200), as: UTF8.self))
                .controlCharactersVisible
            let text = "\(server.authority) answers \(response.status)\(reason.isEmpty ? "" : ": " + reason)"
            return .failure([401, 403].contains(response.status) ? .notAllowed(text) : .unreachable(text))
        }
        guard let token = json?["token"]?.string, let way = way(json, server: server) else {
            return .failure(.unreachable("\(server.authority) does not answer like a confab server"))
        }
        return .success(RoomAccess(way: way, server: server, token: token, trust: trust))
    }

    private static func way(_ json: JSON?, server: ServerAddress) -> Way? {
        let isServed = json?["mode"]?.string == "server"
        guard let text = json?[isServed ? "rtc" : "mesh"]?.string, var url = try? SignalURL(parsing: text) else {
            return nil
        }
        // A server behind a proxy may not know its own name: keep to where we reached it.
        url.server = server
        return isServed ? .server(url) : .mesh(url)
    }
}
