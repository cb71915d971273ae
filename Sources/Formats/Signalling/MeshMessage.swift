/// Messages of the mesh protocol (`confab.mesh.v1`): text frames, one JSON object each, with a `type`.
package enum MeshProtocol {
    package static let subprotocol = "confab.mesh.v1"
    /// The most bytes a message may have.
    package static let maximumMessageBytes = 64 << 10
    /// A participant is silent, and so gone, when nothing came for this long (milliseconds).
    package static let silenceMilliseconds = 35_000
    /// How often a client pings when it has nothing else to say (milliseconds).
    package static let pingMilliseconds = 10_000
}

/// Why a message cannot be understood. Unknown types are no error: they are ignored.
package enum MeshMessageError: Error, Equatable, Sendable {
    case tooLarge
    case notJSON(JSONError)
    case noType
    /// A member that `type` needs is missing, or is not what it should be.
    case malformed(type: String)
}

/// How a participant went.
package enum LeaveReason: String, Sendable {
    case left, timeout, removed, replaced
}

/// The server's `error` codes. The last four end the connection, with a close code each.
package enum MeshErrorCode: String, Sendable, CaseIterable {
    case badMessage = "bad-message"
    case tooLarge = "too-large"
    case tooFast = "too-fast"
    case noSuchPeer = "no-such-peer"
    /// Asked for something that only others may do; the call goes on.
    case forbidden
    case notAllowed = "not-allowed"
    case roomFull = "room-full"
    case roomClosed = "room-closed"
    case replaced

    /// The WebSocket close code that follows, from the range for private use (RFC 6455 §7.4.2).
    package var closeCode: UInt16? {
        switch self {
        case .badMessage, .tooLarge, .tooFast, .noSuchPeer, .forbidden: nil
        case .notAllowed: 4000
        case .roomFull: 4001
        case .roomClosed: 4002
        case .replaced: 4003
        }
    }

    package init?(closeCode: UInt16) {
        guard let code = Self.allCases.first(where: { $0.closeCode == closeCode }) else { return nil }
        self = code
    }
}

/// From the server to a client.
package enum MeshServerMessage: Hashable, Sendable {
    case welcome(Welcome)
    case peerJoined(MeshPeer)
    case peerLeft(id: String, reason: LeaveReason)
    case peerState(id: String, state: ParticipantState)
    case signal(from: String, Signal)
    /// The room moves to the SFU: join it there, under the same identity.
    case upgrade(url: String, token: String)
    /// `code` is nil where it is one this version does not know.
    case error(code: MeshErrorCode?, message: String)
    case pong
    /// Somebody who may asks us to be silent.
    case mute
    /// The room has a lobby: `welcome` comes when somebody inside admits us.
    case waiting
    /// To those who may admit: somebody waits, or does not any more.
    case knock(MeshPeer)
    case knockEnded(id: String)

    package struct Welcome: Hashable, Sendable {
        /// The own id.
        package var selfID: String
        package var order: Int
        /// Handing this back on the next connection gives back id and order.
        package var resume: String
        package var room: String
        /// `mesh` or `server`.
        package var mode: String
        package var peers: [MeshPeer]
        package var iceServers: [ICEServer]

        package init(
            selfID: String, order: Int, resume: String, room: String, mode: String, peers: [MeshPeer],
            iceServers: [ICEServer]
        ) {
            self.selfID = selfID
            self.order = order
            self.resume = resume
            self.room = room
            self.mode = mode
            self.peers = peers
            self.iceServers = iceServers
        }
    }
}

/// From a client to the server.
package enum MeshClientMessage: Hashable, Sendable {
    case signal(to: String, Signal)
    case state(ParticipantState)
    /// No connection to this peer within ten seconds: the room had better move to the media server.
    case unreachable(peer: String)
    case ping
    case leave
    /// What a token with the grant `roomAdmin` allows.
    case moderate(Moderation)

    package enum Moderation: Hashable, Sendable {
        case admit(id: String)
        case remove(id: String)
        case mute(id: String)
        /// Ends the room for everybody.
        case end
    }
}

extension MeshServerMessage {
    /// Nil for a type that this version does not know.
    package static func parse(_ text: String) throws(MeshMessageError) -> MeshServerMessage? {
        // A server is trusted with more: the welcome of a crowded room is larger than any client's message.
        let (type, json) = try parseEnvelope(Array(text.utf8), limits: .init(bytes: 1 << 20, depth: 16))
        switch type {
        case "welcome": return .welcome(try require(Welcome(json), type))
        case "peer-joined": return .peerJoined(try require(MeshPeer(json["peer"]), type))
        case "peer-left":
            let reason = json["reason"]?.string.flatMap(LeaveReason.init(rawValue:)) ?? .left
            return .peerLeft(id: try require(json["id"]?.string, type), reason: reason)
        case "peer-state":
            return .peerState(id: try require(json["id"]?.string, type), state: ParticipantState(json["state"]))
        case "signal":
            return .signal(from: try require(json["from"]?.string, type), try require(Signal(message: json), type))
        case "upgrade":
            return .upgrade(
                url: try require(json["url"]?.string, type), token: try require(json["token"]?.string, type))
        case "error":
            let code = try require(json["code"]?.string, type)
            return .error(code: MeshErrorCode(rawValue: code), message: json["message"]?.string ?? code)
        case "pong": return .pong
        case "mute": return .mute
        case "waiting": return .waiting
        case "knock": return .knock(try require(MeshPeer(json["peer"]), type))
        case "knock-ended": return .knockEnded(id: try require(json["id"]?.string, type))
        default: return nil
        }
    }

    package var json: JSON {
        switch self {
        case .welcome(let welcome): return welcome.json
        case .peerJoined(let peer): return ["type": "peer-joined", "peer": peer.json]
        case .peerLeft(let id, let reason):
            return ["type": "peer-left", "id": .string(id), "reason": .string(reason.rawValue)]
        case .peerState(let id, let state): return ["type": "peer-state", "id": .string(id), "state": state.json]
        case .signal(let from, let signal): return signalMessage("from", from, signal)
        case .upgrade(let url, let token):
            return ["type": "upgrade", "url": .string(url), "token": .string(token)]
        case .error(let code, let message):
            return ["type": "error", "code": .string(code?.rawValue ?? "error"), "message": .string(message)]
        case .pong: return ["type": "pong"]
        case .mute: return ["type": "mute"]
        case .waiting: return ["type": "waiting"]
        case .knock(let peer): return ["type": "knock", "peer": peer.json]
        case .knockEnded(let id): return ["type": "knock-ended", "id": .string(id)]
        }
    }

    package var text: String { json.text }
}

extension MeshServerMessage.Welcome {
    fileprivate init?(_ json: JSON) {
        guard let id = json["self"]?.string, !id.isEmpty, let order = json["order"]?.int else { return nil }
        let peers = json["peers"]?.array ?? []
        self.init(
            selfID: id, order: order, resume: json["resume"]?.string ?? "", room: json["room"]?.string ?? "",
            mode: json["mode"]?.string ?? "mesh", peers: peers.compactMap { MeshPeer($0) },
            iceServers: (json["iceServers"]?.array ?? []).compactMap(ICEServer.init))
    }

    fileprivate var json: JSON {
        [
            "type": "welcome", "self": .string(selfID), "order": JSON(order), "resume": .string(resume),
            "room": .string(room), "mode": .string(mode), "peers": .array(peers.map(\.json)),
            "iceServers": .array(iceServers.map(\.json)),
        ]
    }
}

extension MeshClientMessage {
    /// Nil for a type that this version does not know.
    package static func parse(_ text: String) throws(MeshMessageError) -> MeshClientMessage? {
        try parse(Array(text.utf8))
    }

    package static func parse(_ bytes: [UInt8]) throws(MeshMessageError) -> MeshClientMessage? {
        let (type, json) = try parseEnvelope(bytes, limits: .message)
        switch type {
        case "signal":
            return .signal(to: try require(json["to"]?.string, type), try require(Signal(message: json), type))
        case "state": return .state(ParticipantState(try require(json["state"], type)))
        case "unreachable": return .unreachable(peer: try require(json["peer"]?.string, type))
        case "ping": return .ping
        case "leave": return .leave
        case "admit": return .moderate(.admit(id: try require(json["id"]?.string, type)))
        case "remove": return .moderate(.remove(id: try require(json["id"]?.string, type)))
        case "mute": return .moderate(.mute(id: try require(json["id"]?.string, type)))
        case "end": return .moderate(.end)
        default: return nil
        }
    }

    package var json: JSON {
        switch self {
        case .signal(let to, let signal): signalMessage("to", to, signal)
        case .state(let state): ["type": "state", "state": state.json]
        case .unreachable(let peer): ["type": "unreachable", "peer": .string(peer)]
        case .ping: ["type": "ping"]
        case .leave: ["type": "leave"]
        case .moderate(.admit(let id)): ["type": "admit", "id": .string(id)]
        case .moderate(.remove(let id)): ["type": "remove", "id": .string(id)]
        case .moderate(.mute(let id)): ["type": "mute", "id": .string(id)]
        case .moderate(.end): ["type": "end"]
        }
    }

    package var text: String { json.text }
}

private func parseEnvelope(_ bytes: [UInt8], limits: JSONLimits) throws(MeshMessageError) -> (String, JSON) {
    guard bytes.count <= limits.bytes else { throw .tooLarge }
    let json: JSON
    do { json = try JSON(parsing: bytes, limits: limits) } catch { throw .notJSON(error) }
    guard let type = json["type"]?.string else { throw .noType }
    return (type, json)
}

private func require<Value>(_ value: Value?, _ type: String) throws(MeshMessageError) -> Value {
    guard let value else { throw .malformed(type: type) }
    return value
}

private func signalMessage(_ direction: String, _ id: String, _ signal: Signal) -> JSON {
    var message = JSONObject()
    message["type"] = "signal"
    message[direction] = .string(id)
    signal.add(to: &message)
    return .object(message)
}
