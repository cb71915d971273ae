import Runtime

/// The rooms of a server that have media, by name. Whoever speaks a signalling protocol enters people here, so that all
/// of them share one room: LiveKit, WHIP and WHEP.
@MediaLoop
package final class MediaRooms {
    package let server: MediaServer
    package private(set) var rooms: [String: MediaRoom] = [:]
    /// A room was made; whoever wants to know who comes observes it.
    package var onRoom: ((MediaRoom) -> Void)?

    package init(server: MediaServer) { self.server = server }

    package subscript(name: String) -> MediaRoom? { rooms[name] }

    /// The room of that name, made where there is none. It goes when `release` finds it empty.
    package func enter(_ name: String) -> MediaRoom {
        if let room = rooms[name] { return room }
        let room = MediaRoom(name: name, router: server.makeRouter())
        rooms[name] = room
        onRoom?(room)
        return room
    }

    /// Ends a room in which nobody is any more.
    package func release(_ room: MediaRoom) {
        guard room.members.isEmpty, room.router.transports.isEmpty, rooms[room.name] === room else { return }
        end(room)
    }

    /// Ends a room, whoever is in it.
    package func end(_ room: MediaRoom) {
        rooms[room.name] = nil
        for member in room.members { room.remove(member) }
        room.router.close()
    }

    package func stop() {
        for room in Array(rooms.values) { end(room) }
        server.stop()
    }
}

/// One room: its media, and who is in it by whatever protocol.
@MediaLoop
package final class MediaRoom {
    package enum Event {
        case joined(Member)
        case left(Member)
        case published(Member, Producer)
        case unpublished(Member, Producer)
    }

    /// Somebody in the room who publishes or may do so.
    @MediaLoop
    package final class Member {
        package let identity: String
        package let name: String
        package fileprivate(set) var producers: [Producer] = []
        /// Asked to go: thrown out, replaced, or the room ends.
        package let leave: () -> Void

        package init(identity: String, name: String, leave: @escaping () -> Void) {
            self.identity = identity
            self.name = name
            self.leave = leave
        }
    }

    package let name: String
    package let router: Router
    package private(set) var members: [Member] = []
    private var observers: [(owner: ObjectIdentifier, tell: (Event) -> Void)] = []

    init(name: String, router: Router) {
        self.name = name
        self.router = router
    }

    package func member(identity: String) -> Member? { members.first { $0.identity == identity } }

    /// Somebody else under the same identity is asked to go first.
    package func add(_ member: Member) {
        if let old = self.member(identity: member.identity) {
            old.leave()
            remove(old)
        }
        members.append(member)
        tell(.joined(member))
    }

    package func remove(_ member: Member) {
        guard members.contains(where: { $0 === member }) else { return }
        members.removeAll { $0 === member }
        for producer in member.producers { tell(.unpublished(member, producer)) }
        member.producers = []
        tell(.left(member))
    }

    package func publish(_ producer: Producer, of member: Member) {
        guard !member.producers.contains(where: { $0 === producer }) else { return }
        member.producers.append(producer)
        tell(.published(member, producer))
    }

    package func unpublish(_ producer: Producer) {
        guard let member = members.first(where: { $0.producers.contains { $0 === producer } }) else { return }
        member.producers.removeAll { $0 === producer }
        tell(.unpublished(member, producer))
    }

    /// Whose track it is.
    package func publisher(of producer: Producer) -> Member? {
        members.first { $0.producers.contains { $0 === producer } }
    }

    // MARK: Observing

    /// Tells `owner` what happens from now on, until `removeObserver`.
    package func observe(_ owner: AnyObject, _ tell: @escaping (Event) -> Void) {
        observers.append((ObjectIdentifier(owner), tell))
    }

    package func removeObserver(_ owner: AnyObject) {
        observers.removeAll { $0.owner == ObjectIdentifier(owner) }
    }

    private func tell(_ event: Event) {
        for observer in observers { observer.tell(event) }
    }
}
