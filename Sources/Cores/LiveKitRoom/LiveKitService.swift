import LiveKitProtocol
import Primitives
import Signalling

/// The rooms of the media server as LiveKit's clients see them: who is there, who sends what to whom.
///
/// Knows nothing of sockets and packets. The owner passes on what comes from clients and the media plane, and carries out
/// the actions that every method returns. Whatever a client sends, the worst that happens is that this client has to
/// leave.
package struct LiveKitService {
    package struct Configuration: Sendable {
        package var iceServers: [ICEServer] = []
        /// Nil: no limit.
        package var maximumParticipants: Int?
        /// How long a participant without a socket may stay away, its media going on.
        package var absence = Duration.seconds(20)
        /// How long a room that was made for nobody in particular waits for somebody.
        package var emptyTimeout = Duration.seconds(300)
        /// How long a room stays after the last one has left.
        package var departureTimeout = Duration.seconds(20)
        /// What clients are told of pings, in seconds.
        package var pingInterval: Int32 = 5
        package var pingTimeout: Int32 = 15
        package var serverVersion = "1.8.0"
        /// Milliseconds since 1970 at `Instant.zero`.
        package var unixMillisecondsAtZero: Int64 = 0
        /// For names and numbers that others need not foresee, but may.
        package var seed: UInt64 = 1
        package init() {}
    }

    let configuration: Configuration
    var rooms: [String: Room] = [:]
    var seats: [ConnectionID: Seat] = [:]
    var places: [ParticipantID: String] = [:]
    var identifiers: IdentifierSource
    var actions: [LiveKitAction] = []
    package internal(set) var counts = Counts()
    /// A time before which nothing is due.
    package internal(set) var nextDeadline: Instant?

    /// What was refused, for whoever watches the server.
    package struct Counts: Equatable, Sendable {
        package var malformed = 0
        package var tooMany = 0
        package var notAllowed = 0
    }

    /// Whose socket it is.
    struct Seat {
        var room: String
        var participant: ParticipantID
    }

    package init(configuration: Configuration) {
        self.configuration = configuration
        identifiers = IdentifierSource(seed: configuration.seed)
    }
}

// MARK: - Book-keeping

extension LiveKitService {
    func time(_ now: Instant) -> Room.Time {
        .init(
            now: now,
            unixMilliseconds: configuration.unixMillisecondsAtZero &+ now.nanoseconds / 1_000_000)
    }

    @discardableResult
    mutating func makeRoom(_ name: String, _ time: Room.Time) -> Bool {
        guard rooms[name] == nil else { return false }
        rooms[name] = Room(
            name: name, sid: identifiers.room(), configuration: configuration, seed: identifiers.number(), time)
        return true
    }

    mutating func noteDeadline(of room: String) {
        nextDeadline = earliest(nextDeadline, rooms[room]?.deadline)
    }

    mutating func expel(_ id: ParticipantID, _ reason: LKDisconnectReason, now: Instant) -> [LiveKitAction] {
        guard let room = places[id] else { return [] }
        rooms[room]?.dismiss(id, reason)
        return finish(room, now)
    }

    /// After anything that may have made people leave, or set a deadline.
    mutating func finish(_ room: String, _ now: Instant) -> [LiveKitAction] {
        collect(room, now)
        return take()
    }

    mutating func take(from room: String) -> [LiveKitAction] {
        actions += rooms[room]?.takeActions() ?? []
        return take()
    }

    mutating func take() -> [LiveKitAction] {
        let taken = actions
        actions = []
        return taken
    }

    mutating func collect(_ name: String, _ now: Instant) {
        guard let new = rooms[name]?.takeActions() else { return }
        for action in new {
            if case .report(.left(_, _, let id, _)) = action { places[id] = nil }
            if case .close(let connection) = action { seats[connection] = nil }
        }
        actions += new
        if rooms[name]?.isOver(now: now) == true {
            rooms[name] = nil
            actions.append(.report(.ended(room: name)))
        } else {
            noteDeadline(of: name)
        }
    }
}
