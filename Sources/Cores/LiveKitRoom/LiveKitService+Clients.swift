import LiveKitProtocol
import Primitives

// Those who come, go and talk.
extension LiveKitService {
    /// A name for the next participant, by which the owner makes its connections before it enters.
    package mutating func makeParticipantID() -> ParticipantID { identifiers.participant() }

    /// Whether there is room for one more, who may also replace one of the same identity.
    package func hasRoom(for identity: String, in name: String) -> Bool {
        guard let room = rooms[name], !room.has(identity) else { return true }
        let limits = [room.maximumParticipants, configuration.maximumParticipants].compactMap { $0 }
        return room.participants.count < limits.min() ?? .max
    }

    /// Somebody comes, for whom two connections were made.
    package mutating func enter(
        _ connection: ConnectionID, as id: ParticipantID, _ arrival: LiveKitArrival, now: Instant
    ) -> [LiveKitAction] {
        let moment = time(now)
        seats[connection] = Seat(room: arrival.room, participant: id)
        places[id] = arrival.room
        makeRoom(arrival.room, moment)
        rooms[arrival.room]?.enter(connection, as: id, arrival, moment)
        return finish(arrival.room, now)
    }

    /// Somebody comes by another protocol: without a socket, and only to send.
    package mutating func enter(as id: ParticipantID, _ arrival: LiveKitArrival, now: Instant) -> [LiveKitAction] {
        let moment = time(now)
        places[id] = arrival.room
        makeRoom(arrival.room, moment)
        rooms[arrival.room]?.enter(nil, as: id, arrival, moment)
        rooms[arrival.room]?.activate(id)
        return finish(arrival.room, now)
    }

    /// What such a participant is about to send.
    package mutating func announce(_ track: ProducedTrack, of id: ParticipantID) {
        guard let room = places[id] else { return }
        rooms[room]?.announceForGuest(track, of: id)
    }

    package mutating func leave(_ id: ParticipantID, now: Instant) -> [LiveKitAction] {
        guard let room = places[id] else { return [] }
        rooms[room]?.remove(id, .clientInitiated)
        return finish(room, now)
    }

    /// Somebody has to go, for another of the same identity.
    package mutating func dismiss(_ id: ParticipantID, now: Instant) -> [LiveKitAction] {
        expel(id, .duplicateIdentity, now: now)
    }

    /// Somebody whose socket was lost is back with another one. Those whom nobody misses are told to join anew.
    package mutating func resume(
        _ connection: ConnectionID, as id: ParticipantID, identity: String, in room: String, now: Instant
    ) -> [LiveKitAction] {
        guard let participant = rooms[room]?.participants[id], participant.identity == identity else {
            return Self.farewell(connection, .stateMismatch, .reconnect)
        }
        if let old = participant.connection {
            seats[old] = nil
            actions.append(.close(old))
        }
        seats[connection] = Seat(room: room, participant: id)
        let moment = time(now)
        rooms[room]?.resume(connection, id, moment)
        return finish(room, now)
    }

    /// Turned away at the door.
    package static func farewell(
        _ connection: ConnectionID, _ reason: LKDisconnectReason, _ action: LKLeaveRequest.Action
    ) -> [LiveKitAction] {
        [.send(LKSignalResponse(.leave(.init(reason, action))), to: connection), .close(connection)]
    }

    /// The socket is gone, for whatever reason.
    package mutating func disconnected(_ connection: ConnectionID, now: Instant) -> [LiveKitAction] {
        guard let seat = seats.removeValue(forKey: connection) else { return [] }
        rooms[seat.room]?.lose(seat.participant, now: now)
        return finish(seat.room, now)
    }

    /// The server stops: clients shall come back to the next one.
    package mutating func shutDown() -> [LiveKitAction] {
        seats.keys.flatMap { Self.farewell($0, .serverShutdown, .reconnect) }
    }

    package mutating func handleTimeout(now: Instant) -> [LiveKitAction] {
        guard let deadline = nextDeadline, deadline <= now else { return [] }
        nextDeadline = nil
        let moment = time(now)
        for name in Array(rooms.keys) {
            rooms[name]?.handleTimeout(moment)
            collect(name, now)
        }
        return take()
    }
}

// MARK: - What clients say

extension LiveKitService {
    /// One frame; `bytes` may be anything.
    package mutating func receive(
        _ bytes: [UInt8], _ encoding: SignalEncoding, from connection: ConnectionID, now: Instant
    ) -> [LiveKitAction] {
        guard let seat = seats[connection] else { return [] }
        guard rooms[seat.room]?.participants[seat.participant]?.rate.take(now: now) == true else {
            counts.tooMany += 1
            return expel(seat.participant, .stateMismatch, now: now)
        }
        do throws(SignalCodingError) {
            let request = try LKSignalRequest(wire: bytes, encoding: encoding)
            let moment = time(now)
            rooms[seat.room]?.handle(request, from: seat.participant, moment)
            return finish(seat.room, now)
        } catch {
            return receiveUnusable(from: connection, now: now)
        }
    }

    /// A message that was too large, or none. A client that does not speak the protocol has nothing to do here.
    package mutating func receiveUnusable(from connection: ConnectionID, now: Instant) -> [LiveKitAction] {
        guard let seat = seats[connection] else { return [] }
        counts.malformed += 1
        return expel(seat.participant, .stateMismatch, now: now)
    }

    /// A packet from one of a participant's data channels; `bytes` may be anything.
    package mutating func receiveData(_ bytes: [UInt8], reliable: Bool, from id: ParticipantID) -> [LiveKitAction] {
        guard let room = places[id], rooms[room]?.participants[id]?.permissions.canPublishData == true else {
            counts.notAllowed += 1
            return []
        }
        guard bytes.count <= Room.maximumDataBytes,
            let packet = try? LKDataPacket(wire: bytes, encoding: .binary)
        else {
            counts.malformed += 1
            return []
        }
        rooms[room]?.forward(packet, reliable: reliable, from: id)
        return take(from: room)
    }
}

extension LKLeaveRequest {
    init(_ reason: LKDisconnectReason, _ action: Action) {
        self.init()
        self.reason = reason
        self.action = action
        canReconnect = action != .disconnect
    }
}
