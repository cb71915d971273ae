import Primitives
import Signalling

/// Those who are in one room, in the order of their arrival here.
struct Room {
    private(set) var participants: [Participant] = []
    /// What the room's first visitor asked for.
    var wish = RoomMode.automatic
    /// The room lives on the media server, for good.
    var isOnServer = false
    /// Who is there by way of the media server; the same person may be here and there while moving.
    var served: Set<String> = []
    /// Kept open for somebody who was told the mode and is on the way.
    var reservedUntil: Instant?
    /// Ids that were thrown out and may not come back.
    var removed: Set<String> = []

    subscript(id: String) -> Participant? {
        get { participants.first { $0.peer.id == id } }
        set {
            guard let index = participants.firstIndex(where: { $0.peer.id == id }) else { return }
            if let newValue { participants[index] = newValue } else { participants.remove(at: index) }
        }
    }

    mutating func add(_ participant: Participant) { participants.append(participant) }
    mutating func remove(_ id: String) { self[id] = nil }

    var isEmpty: Bool { participants.isEmpty && served.isEmpty && reservedUntil == nil }

    /// How many people are in it.
    var count: Int { served.count + participants.count { !served.contains($0.peer.id) } }

    /// Whether everybody here said that they can go to the media server.
    var canMoveUp: Bool { wish != .mesh && participants.allSatisfy(\.canMoveUp) }
}

/// How the media of a room flows, as its creator may say.
package enum RoomMode: String, Sendable {
    case automatic = "auto"
    case mesh, server
}

struct Participant {
    var peer: MeshPeer
    /// Nil while it is away.
    private(set) var connection: RoomService.ConnectionID?
    /// May admit, remove and mute others, and end the room.
    let isAdmin: Bool
    var heardAt: Instant
    private var leftAt: Instant?
    var rate: MessageRate
    /// Whether its client can go to the media server.
    var canMoveUp: Bool
    /// What it shall hear when it comes back.
    var missed = MissedMessages()

    init(
        peer: MeshPeer, connection: RoomService.ConnectionID, canMoveUp: Bool, isAdmin: Bool, now: Instant
    ) {
        self.peer = peer
        self.canMoveUp = canMoveUp
        self.isAdmin = isAdmin
        self.connection = connection
        heardAt = now
        rate = MessageRate(now: now)
    }

    var order: Int { peer.order }

    mutating func attach(_ connection: RoomService.ConnectionID, now: Instant) {
        self.connection = connection
        leftAt = nil
        heardAt = now
        missed = MissedMessages()
    }

    mutating func detach(now: Instant) {
        connection = nil
        leftAt = now
    }

    /// When it counts as gone, should it say nothing until then.
    func deadline(_ configuration: RoomService.Configuration) -> Instant {
        let silent = heardAt + configuration.silence
        guard let leftAt else { return silent }
        return min(silent, leftAt + configuration.absence)
    }
}

/// Messages for somebody who is away for a moment: the offers and candidates with which a peer may already be mending
/// the connection. Bounded; what does not fit is refused, as losing one in the middle would confuse more.
struct MissedMessages {
    private(set) var messages: [MeshServerMessage] = []
    private var bytes = 0

    static let maximumCount = 256
    static let maximumBytes = 256 << 10

    @discardableResult
    mutating func add(_ message: MeshServerMessage) -> Bool {
        let size = message.text.utf8.count
        guard messages.count < Self.maximumCount, bytes + size <= Self.maximumBytes else { return false }
        messages.append(message)
        bytes += size
        return true
    }
}

/// Whose departure the others were told of, by their orders, which nobody else gets. The oldest are forgotten.
struct Departures {
    private var orders: Set<Int> = []
    private var inTurn = RingBuffer<Int>(capacity: 1_024)

    mutating func note(_ order: Int) {
        guard orders.insert(order).inserted else { return }
        if inTurn.isFull, let oldest = inTurn.popFirst() { orders.remove(oldest) }
        inTurn.append(order)
    }

    func contains(_ order: Int) -> Bool { orders.contains(order) }
}

/// Which rooms were closed, so that nobody re-opens one by resuming. The oldest are forgotten.
struct ClosedRooms {
    private var lastOrders: [String: Int] = [:]
    private var names = RingBuffer<String>(capacity: 1_024)

    mutating func note(_ room: String, lastOrder: Int) {
        if lastOrders.updateValue(lastOrder, forKey: room) != nil { return }
        if names.isFull, let oldest = names.popFirst() { lastOrders[oldest] = nil }
        names.append(room)
    }

    /// Whether somebody with that order was there when the room was closed.
    func closed(_ room: String, holding order: Int) -> Bool {
        lastOrders[room].map { order <= $0 } ?? false
    }
}
