import Primitives
import Signalling

/// The rooms of a server: who is in which, who hears what, who has to go.
///
/// Sockets come as `connect`, `receive` and `disconnected`; what the owner shall do with them comes back as actions, to
/// be carried out in their order. A participant outlives its socket: one that closes without `leave` may be taken up
/// again by `resume` within ten seconds, and nobody is told.
///
/// `order` counts the arrivals of the whole server. It never repeats, so that a participant who comes back late, or
/// after the server was restarted, cannot meet its own number on somebody else.
package struct RoomService {
    /// One socket. The owner numbers them and never uses a number twice.
    package struct ConnectionID: Hashable, Sendable {
        package var value: UInt64
        package init(_ value: UInt64) { self.value = value }
    }

    package enum Action: Equatable, Sendable {
        case send(MeshServerMessage, to: ConnectionID)
        /// Close the socket after what was sent to it; `disconnected` need not follow.
        case close(ConnectionID, code: UInt16, reason: String)
        /// Send `upgrade`, with a token for this participant: the room is on the media server.
        case moveUp(ConnectionID, id: String, name: String, room: String)
        case report(Report)
    }

    /// What somebody who watches the server would like to know.
    package enum Report: Equatable, Sendable {
        case joined(room: String, id: String, name: String)
        case resumed(room: String, id: String)
        case left(room: String, id: String, reason: LeaveReason)
        case movedUp(room: String)
    }

    package struct Configuration: Sendable {
        package var maximumParticipants = 4
        /// The most people in a room, whichever way; nil where only a mesh has limits.
        package var limit: Int?
        /// How long a participant without a socket may stay away.
        package var absence = Duration.seconds(10)
        /// How long a participant may say nothing at all.
        package var silence = Duration.milliseconds(Int64(MeshProtocol.silenceMilliseconds))
        /// The order of the first arrival. A server that was restarted begins above all it has ever given.
        package var firstOrder = 1
        package var iceServers: [ICEServer] = []
        /// Whether those who may not admit have to wait until they are admitted.
        package var hasLobby = false
        package init() {}
    }

    let configuration: Configuration
    private let resumeSecret: ResumeSecret
    var rooms: [String: Room] = [:]
    /// Those at the door of a room with a lobby.
    var lobby = Lobby()
    private var places: [ConnectionID: Place] = [:]
    /// Whether there is a media server to move up to.
    package var hasMediaServer = false
    private var nextOrder: Int
    private var closedRooms = ClosedRooms()
    private var departures = Departures()
    /// A time before which no participant's time is up.
    package private(set) var nextDeadline: Instant?

    /// Where a connection's participant sits.
    struct Place {
        var room: String
        var id: String
    }

    /// `mac` authenticates resume secrets: HMAC-SHA256 with a key that survives restarts.
    package init(configuration: Configuration, mac: @escaping @Sendable ([UInt8]) -> [UInt8]) {
        self.configuration = configuration
        resumeSecret = ResumeSecret(mac: mac)
        nextOrder = configuration.firstOrder
    }
}

// MARK: - What can be asked

extension RoomService {
    /// Those with somebody in them.
    package var roomNames: [String] { rooms.filter { $0.value.count > 0 }.keys.sorted() }
    package var participantCount: Int { rooms.values.reduce(0) { $0 + $1.count } }

    /// Those in the room, in the order of their arrival; none where there is no such room.
    package func participants(of room: String) -> [MeshPeer] {
        rooms[room]?.participants.map(\.peer) ?? []
    }
}

// MARK: - Coming

/// Somebody whose token was found good, at the door of a room.
package struct Arrival: Sendable {
    package var room: String
    /// The token's identity.
    package var id: String
    package var name: String
    /// The secret of an earlier `welcome`.
    package var resume: String?
    /// Whether the client can go to the media server (`upgrade=1`).
    package var canMoveUp: Bool
    /// The token's grant `roomAdmin`.
    package var isAdmin: Bool

    package init(
        room: String, id: String, name: String, resume: String? = nil, canMoveUp: Bool = false, isAdmin: Bool = false
    ) {
        self.canMoveUp = canMoveUp
        self.room = room
        self.id = id
        self.name = name
        self.resume = resume
        self.isAdmin = isAdmin
    }
}

extension RoomService {
    package mutating func connect(_ connection: ConnectionID, _ arrival: Arrival, now: Instant) -> [Action] {
        let earlierOrder = arrival.resume.flatMap {
            resumeSecret.order(in: $0, room: arrival.room, id: arrival.id)
        }
        if let earlierOrder, closedRooms.closed(arrival.room, holding: earlierOrder) {
            return refuse(connection, .roomClosed, "the room was closed")
        }
        if rooms[arrival.room]?.removed.contains(arrival.id) == true {
            return refuse(connection, .notAllowed, "you were removed from this room")
        }
        if let earlierOrder, rooms[arrival.room]?[arrival.id]?.order == earlierOrder {
            return takeUp(connection, arrival, now: now)
        }
        if configuration.hasLobby, !arrival.isAdmin, earlierOrder == nil { return wait(connection, arrival) }
        // Those who were told of the departure connect anew. A new order tells whoever comes back to do so, too.
        let isNew = earlierOrder.map(departures.contains) ?? true
        return admit(connection, arrival, order: isNew ? nil : earlierOrder, now: now)
    }

    /// A participant who is still here has a new socket.
    private mutating func takeUp(_ connection: ConnectionID, _ arrival: Arrival, now: Instant) -> [Action] {
        guard let participant = rooms[arrival.room]?[arrival.id] else { return [] }
        var actions: [Action] = []
        if let old = participant.connection {
            places[old] = nil
            actions += refuse(old, .replaced, "this participant has connected again")
        }
        places[connection] = Place(room: arrival.room, id: arrival.id)
        rooms[arrival.room]?[arrival.id]?.attach(connection, now: now)
        wake(at: now + configuration.silence)
        actions.append(.send(welcome(participant.peer, in: arrival.room), to: connection))
        actions += participant.missed.messages.map { .send($0, to: connection) }
        if rooms[arrival.room]?.isOnServer == true {
            actions.append(moveUp(participant.peer, connection, arrival.room))
        }
        return actions + [.report(.resumed(room: arrival.room, id: arrival.id))]
    }

    /// Somebody arrives, or comes back to a server that was restarted meanwhile; then `order` is the earlier one.
    mutating func admit(
        _ connection: ConnectionID, _ arrival: Arrival, order: Int?, now: Instant
    ) -> [Action] {
        var actions: [Action] = []
        if rooms[arrival.room]?[arrival.id] != nil {
            actions += dismiss(arrival.id, from: arrival.room, reason: .replaced)
        }
        switch placement(of: arrival) {
        case .full(let count):
            return actions + refuse(connection, .roomFull, "the room is full: \(count) are in it")
        case .mesh: break
        case .server: actions += moveUp(arrival.room)
        }
        let participant = Participant(
            peer: MeshPeer(id: arrival.id, name: arrival.name, order: order ?? nextOrder), connection: connection,
            canMoveUp: arrival.canMoveUp, isAdmin: arrival.isAdmin, now: now)
        if order == nil { nextOrder += 1 }
        places[connection] = Place(room: arrival.room, id: arrival.id)
        rooms[arrival.room, default: Room()].add(participant)
        rooms[arrival.room]?.reservedUntil = nil
        wake(at: now + configuration.silence)
        actions.append(.send(welcome(participant.peer, in: arrival.room), to: connection))
        actions += tellOthers(.peerJoined(participant.peer), in: arrival.room, except: arrival.id)
        if rooms[arrival.room]?.isOnServer == true {
            actions.append(moveUp(participant.peer, connection, arrival.room))
        }
        if arrival.isAdmin { actions += knocks(at: arrival.room, for: connection) }
        return actions + [.report(.joined(room: arrival.room, id: arrival.id, name: arrival.name))]
    }

    private func welcome(_ peer: MeshPeer, in room: String) -> MeshServerMessage {
        .welcome(
            .init(
                selfID: peer.id, order: peer.order,
                resume: resumeSecret.secret(room: room, id: peer.id, order: peer.order),
                room: room, mode: mode(of: room).rawValue, peers: participants(of: room).filter { $0.id != peer.id },
                iceServers: configuration.iceServers))
    }

    func refuse(_ connection: ConnectionID, _ code: MeshErrorCode, _ message: String) -> [Action] {
        [
            .send(.error(code: code, message: message), to: connection),
            .close(connection, code: code.closeCode ?? 1008, reason: code.rawValue),
        ]
    }
}

// MARK: - Being there

extension RoomService {
    /// One text message; `bytes` may be anything.
    package mutating func receive(_ bytes: [UInt8], from connection: ConnectionID, now: Instant) -> [Action] {
        guard let place = places[connection] else { return receiveAtTheDoor(bytes, from: connection) }
        rooms[place.room]?[place.id]?.heardAt = now
        switch rooms[place.room]?[place.id]?.rate.take(now: now) {
        case .allowed?: break
        case .refusedLoudly?:
            return complain(.tooFast, "over \(MessageRate.perSecond) messages a second for a minute", to: connection)
        case .refused?, nil: return []
        }
        do throws(MeshMessageError) {
            guard let message = try MeshClientMessage.parse(bytes) else { return [] }
            return handle(message, from: place, connection, now: now)
        } catch .tooLarge {
            return complain(
                .tooLarge, "messages have at most \(MeshProtocol.maximumMessageBytes) bytes", to: connection)
        } catch {
            return complain(.badMessage, error.explanation, to: connection)
        }
    }

    /// A message larger than the owner cared to keep, or one that was not text.
    package mutating func receiveUnusable(
        _ code: MeshErrorCode, from connection: ConnectionID, now: Instant
    ) -> [Action] {
        guard let place = places[connection] else { return [] }
        rooms[place.room]?[place.id]?.heardAt = now
        return complain(
            code, code == .tooLarge ? "the message is too large" : "only text is understood", to: connection)
    }

    private mutating func handle(
        _ message: MeshClientMessage, from place: Place, _ connection: ConnectionID, now: Instant
    ) -> [Action] {
        switch message {
        case .ping: return [.send(.pong, to: connection)]
        case .signal(let to, let signal): return relay(signal, to: to, from: place, connection)
        case .state(let state): return setState(state, of: place)
        case .unreachable: return moveUpIfPossible(place.room)
        case .moderate(let wish): return moderate(wish, from: place, connection, now: now)
        case .leave:
            return dismiss(place.id, from: place.room, reason: .left) + [.close(connection, code: 1000, reason: "left")]
        }
    }

    private mutating func relay(
        _ signal: Signal, to id: String, from place: Place, _ connection: ConnectionID
    ) -> [Action] {
        guard id != place.id, let peer = rooms[place.room]?[id] else {
            return complain(.noSuchPeer, "\(id.prefix(64)) is not in this room", to: connection)
        }
        let message = MeshServerMessage.signal(from: place.id, signal)
        if let there = peer.connection { return [.send(message, to: there)] }
        guard rooms[place.room]?[id]?.missed.add(message) == true else {
            return complain(.noSuchPeer, "\(id.prefix(64)) is away", to: connection)
        }
        return []
    }

    private mutating func setState(_ state: ParticipantState, of place: Place) -> [Action] {
        guard let participant = rooms[place.room]?[place.id], participant.peer.state != state else { return [] }
        rooms[place.room]?[place.id]?.peer.state = state
        return tellOthers(.peerState(id: place.id, state: state), in: place.room, except: place.id)
    }

    func complain(_ code: MeshErrorCode, _ message: String, to connection: ConnectionID) -> [Action] {
        [.send(.error(code: code, message: message), to: connection)]
    }
}

// MARK: - Going

extension RoomService {
    /// The socket is gone, for whatever reason.
    package mutating func disconnected(_ connection: ConnectionID, now: Instant) {
        guard let place = places.removeValue(forKey: connection) else { return }
        rooms[place.room]?[place.id]?.detach(now: now)
        wake(at: now + configuration.absence)
    }

    /// Throws somebody out, for as long as the room lasts.
    package mutating func remove(_ id: String, from room: String) -> [Action] {
        guard let participant = rooms[room]?[id] else { return [] }
        rooms[room]?.removed.insert(id)
        let farewell = participant.connection.map { refuse($0, .notAllowed, "you were removed from this room") } ?? []
        if let connection = participant.connection { places[connection] = nil }
        return farewell + dismissQuietly(id, from: room, reason: .removed)
    }

    /// Ends the room for all. The name may be used again; whoever was in it does not come back by `resume`.
    package mutating func close(_ room: String) -> [Action] {
        guard let closed = rooms.removeValue(forKey: room) else { return [] }
        closedRooms.note(room, lastOrder: nextOrder - 1)
        var actions = dismissLobby(of: room)
        for participant in closed.participants {
            if let connection = participant.connection {
                places[connection] = nil
                actions += refuse(connection, .roomClosed, "the room was closed")
            }
            actions.append(.report(.left(room: room, id: participant.peer.id, reason: .removed)))
        }
        return actions
    }

    package mutating func handleTimeout(now: Instant) -> [Action] {
        guard let deadline = nextDeadline, deadline <= now else { return [] }
        var actions: [Action] = []
        for (name, room) in rooms {
            for participant in room.participants where participant.deadline(configuration) <= now {
                if let connection = participant.connection {
                    actions.append(.close(connection, code: 1001, reason: "nothing heard for too long"))
                    places[connection] = nil
                }
                actions += dismissQuietly(participant.peer.id, from: name, reason: .timeout)
            }
        }
        for (name, room) in rooms {
            guard let until = room.reservedUntil, until <= now else { continue }
            rooms[name]?.reservedUntil = nil
            discardIfEmpty(name)
        }
        let deadlines = rooms.values.flatMap { room in
            room.participants.map { $0.deadline(configuration) } + [room.reservedUntil].compactMap { $0 }
        }
        nextDeadline = deadlines.min()
        return actions
    }

    /// Takes a participant out of its room; where it is `replaced`, its socket is told.
    private mutating func dismiss(_ id: String, from room: String, reason: LeaveReason) -> [Action] {
        var actions: [Action] = []
        if let connection = rooms[room]?[id]?.connection {
            places[connection] = nil
            if reason == .replaced {
                actions += refuse(connection, .replaced, "this participant has joined again elsewhere")
            }
        }
        return actions + dismissQuietly(id, from: room, reason: reason)
    }

    private mutating func dismissQuietly(_ id: String, from room: String, reason: LeaveReason) -> [Action] {
        if let participant = rooms[room]?[id] { departures.note(participant.order) }
        rooms[room]?.remove(id)
        if reason != .replaced { discardIfEmpty(room) }
        return tellOthers(.peerLeft(id: id, reason: reason), in: room, except: id)
            + [.report(.left(room: room, id: id, reason: reason))]
    }

    /// Sends to everybody in the room but one; those who are away hear of departures when they come back.
    private mutating func tellOthers(_ message: MeshServerMessage, in room: String, except id: String) -> [Action] {
        var actions: [Action] = []
        for participant in rooms[room]?.participants ?? [] where participant.peer.id != id {
            if let connection = participant.connection {
                actions.append(.send(message, to: connection))
            } else if case .peerLeft = message {
                rooms[room]?[participant.peer.id]?.missed.add(message)
            }
        }
        return actions
    }

    mutating func discardIfEmpty(_ room: String) {
        if rooms[room]?.isEmpty == true { rooms[room] = nil }
    }

    mutating func wake(at deadline: Instant) {
        nextDeadline = earliest(nextDeadline, deadline)
    }
}

extension MeshMessageError {
    fileprivate var explanation: String {
        switch self {
        case .tooLarge: "the message is too large"
        case .notJSON: "the message is not JSON"
        case .noType: "the message has no type"
        case .malformed(let type): "\(type.prefix(32)): a member is missing or is not what it should be"
        }
    }
}
