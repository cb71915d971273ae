import Primitives
import Signalling

/// From mesh to media server. A room moves up when one more comes than a mesh bears, when somebody comes who knows only
/// the media server, or when a pair cannot connect; and then it stays there. It cannot while somebody is in it whose
/// client did not say that it can follow.
extension RoomService {
    /// How long the mode that somebody was told holds for a room in which nobody is.
    private static let reservation = Duration.seconds(30)

    /// How media flows in a room: `mesh` or `server`.
    package func mode(of name: String) -> RoomMode {
        guard let room = rooms[name] else { return .mesh }
        return room.isOnServer || room.wish == .server ? .server : .mesh
    }

    /// How many people are in it, whichever way.
    package func count(in name: String) -> Int { rooms[name]?.count ?? 0 }

    /// Tells somebody who is about to come how to join. The first one's wish counts.
    package mutating func announce(_ name: String, wish: RoomMode, now: Instant) -> RoomMode {
        if rooms[name]?.isEmpty ?? true {
            let isServed = wish == .server && hasMediaServer
            guard isServed || wish == .mesh else { return .mesh }
            rooms[name] = Room()
            rooms[name]?.wish = wish
            rooms[name]?.isOnServer = isServed
            rooms[name]?.reservedUntil = now + Self.reservation
            wake(at: now + Self.reservation)
        }
        guard mode(of: name) == .mesh, let room = rooms[name], hasMediaServer, room.canMoveUp else {
            return mode(of: name)
        }
        // Whoever would be one too many for the mesh, or asks for more, goes to the server at once; the others follow.
        let isFull =
            room.participants.count >= configuration.maximumParticipants && room.count < configuration.limit ?? .max
        return isFull || wish == .server ? .server : .mesh
    }

    enum Placement {
        case mesh, server
        case full(Int)
    }

    /// Where somebody fits who comes by the mesh.
    func placement(of arrival: Arrival) -> Placement {
        guard let room = rooms[arrival.room] else { return .mesh }
        if let limit = configuration.limit, room.count >= limit { return .full(room.count) }
        if room.isOnServer { return arrival.canMoveUp ? .server : .full(room.count) }
        guard room.participants.count >= configuration.maximumParticipants else { return .mesh }
        let canMove = hasMediaServer && arrival.canMoveUp && room.canMoveUp
        return canMove ? .server : .full(room.count)
    }

    /// Somebody comes by way of the media server. False where the room is pinned to the mesh.
    package func admitsServed(in name: String) -> Bool {
        guard let room = rooms[name] else { return true }
        return room.isOnServer || room.canMoveUp
    }

    package mutating func enterServed(_ id: String, in name: String) -> [Action] {
        rooms[name, default: Room()].served.insert(id)
        rooms[name]?.reservedUntil = nil
        return moveUp(name)
    }

    package mutating func leaveServed(_ id: String, in name: String) {
        rooms[name]?.served.remove(id)
        discardIfEmpty(name)
    }

    /// A player of live streams comes, or a pair cannot connect.
    package mutating func moveUpIfPossible(_ name: String) -> [Action] {
        guard hasMediaServer, rooms[name]?.canMoveUp == true else { return [] }
        return moveUp(name)
    }

    /// Tells everybody, once.
    mutating func moveUp(_ name: String) -> [Action] {
        guard let room = rooms[name], !room.isOnServer else { return [] }
        rooms[name]?.isOnServer = true
        let told = room.participants.compactMap { participant in
            participant.connection.map { moveUp(participant.peer, $0, name) }
        }
        return told + [.report(.movedUp(room: name))]
    }

    func moveUp(_ peer: MeshPeer, _ connection: ConnectionID, _ room: String) -> Action {
        .moveUp(connection, id: peer.id, name: peer.name, room: room)
    }
}
