import Primitives
import Signalling

// What a participant with the grant `roomAdmin` may do to others, and the lobby.

/// Those who wait to be let in. Bounded: nobody can fill a server's memory by knocking.
struct Lobby {
    struct Visitor {
        var connection: RoomService.ConnectionID
        var arrival: Arrival

        /// A visitor has no order yet.
        var peer: MeshPeer { MeshPeer(id: arrival.id, name: arrival.name, order: 0) }
    }

    private(set) var visitors: [Visitor] = []

    static let maximumVisitors = 256

    mutating func add(_ visitor: Visitor) -> Bool {
        guard visitors.count < Self.maximumVisitors else { return false }
        visitors.append(visitor)
        return true
    }

    mutating func take(where matches: (Visitor) -> Bool) -> Visitor? {
        visitors.firstIndex(where: matches).map { visitors.remove(at: $0) }
    }
}

extension RoomService {
    mutating func moderate(
        _ wish: MeshClientMessage.Moderation, from place: Place, _ connection: ConnectionID, now: Instant
    ) -> [Action] {
        guard rooms[place.room]?[place.id]?.isAdmin == true else {
            return complain(.forbidden, "only who has the grant roomAdmin may do that", to: connection)
        }
        switch wish {
        case .admit(let id): return letIn(id, to: place.room, asked: connection, now: now)
        case .remove(let id): return throwOut(id, from: place.room, asked: connection)
        case .mute(let id):
            guard let there = rooms[place.room]?[id] else { return complainOfAbsence(of: id, to: connection) }
            return there.connection.map { [.send(.mute, to: $0)] } ?? []
        case .end: return close(place.room)
        }
    }

    private mutating func throwOut(_ id: String, from room: String, asked: ConnectionID) -> [Action] {
        if let visitor = lobby.take(where: { $0.arrival.room == room && $0.arrival.id == id }) {
            return refuse(visitor.connection, .notAllowed, "you were not let in")
                + tellAdmins(.knockEnded(id: id), in: room)
        }
        guard rooms[room]?[id] != nil else { return complainOfAbsence(of: id, to: asked) }
        return remove(id, from: room)
    }

    private func complainOfAbsence(of id: String, to connection: ConnectionID) -> [Action] {
        complain(.noSuchPeer, "\(id.prefix(64)) is not in this room", to: connection)
    }

    // MARK: The lobby

    mutating func wait(_ connection: ConnectionID, _ arrival: Arrival) -> [Action] {
        let earlier = lobby.take { $0.arrival.room == arrival.room && $0.arrival.id == arrival.id }
        let replaced = earlier.map { refuse($0.connection, .replaced, "this participant knocks elsewhere") } ?? []
        let visitor = Lobby.Visitor(connection: connection, arrival: arrival)
        guard lobby.add(visitor) else { return replaced + refuse(connection, .roomFull, "too many wait already") }
        return replaced + [.send(.waiting, to: connection)] + tellAdmins(.knock(visitor.peer), in: arrival.room)
    }

    private mutating func letIn(_ id: String, to room: String, asked: ConnectionID, now: Instant) -> [Action] {
        guard let visitor = lobby.take(where: { $0.arrival.room == room && $0.arrival.id == id }) else {
            return complain(.noSuchPeer, "\(id.prefix(64)) does not wait at the door", to: asked)
        }
        return tellAdmins(.knockEnded(id: id), in: room)
            + admit(visitor.connection, visitor.arrival, order: nil, now: now)
    }

    /// Somebody outside can say that they go, and nothing else.
    mutating func receiveAtTheDoor(_ bytes: [UInt8], from connection: ConnectionID) -> [Action] {
        guard lobby.visitors.contains(where: { $0.connection == connection }),
            let message = try? MeshClientMessage.parse(bytes)
        else { return [] }
        switch message {
        case .ping: return [.send(.pong, to: connection)]
        case .leave: return giveUp(connection) + [.close(connection, code: 1000, reason: "left")]
        case .signal, .state, .unreachable, .moderate: return []
        }
    }

    /// A visitor's socket is gone.
    package mutating func giveUp(_ connection: ConnectionID) -> [Action] {
        guard let visitor = lobby.take(where: { $0.connection == connection }) else { return [] }
        return tellAdmins(.knockEnded(id: visitor.arrival.id), in: visitor.arrival.room)
    }

    mutating func dismissLobby(of room: String) -> [Action] {
        var actions: [Action] = []
        while let visitor = lobby.take(where: { $0.arrival.room == room }) {
            actions += refuse(visitor.connection, .roomClosed, "the room was closed")
        }
        return actions
    }

    /// Who knocks already, for somebody who can let them in.
    func knocks(at room: String, for connection: ConnectionID) -> [Action] {
        lobby.visitors.filter { $0.arrival.room == room }.map { .send(.knock($0.peer), to: connection) }
    }

    private func tellAdmins(_ message: MeshServerMessage, in room: String) -> [Action] {
        (rooms[room]?.participants ?? []).filter(\.isAdmin).compactMap(\.connection).map { .send(message, to: $0) }
    }
}
