import LiveKitProtocol
import LiveKitRoom
import Primitives
import SDP

/// Rooms of the media server in which everything happens at once. The first byte of a piece says who does what, the rest
/// is what they say: signalling in either encoding, data packets, or a request of the admin API.
@Sendable func fuzzLiveKit(_ bytes: [UInt8]) {
    fuzzSignalMessages(bytes)
    var server = FuzzedRooms()
    for piece in pieces(of: bytes) {
        guard let first = piece.first else { continue }
        server.handle(first, Array(piece.dropFirst()))
    }
}

/// What was read and written again reads the same.
private func fuzzSignalMessages(_ bytes: [UInt8]) {
    for encoding in [SignalEncoding.binary, .json] {
        _ = try? LKSignalResponse(wire: bytes, encoding: encoding)
        guard let request = try? LKSignalRequest(wire: bytes, encoding: encoding) else { continue }
        precondition((try? LKSignalRequest(wire: request.wire(.binary), encoding: .binary)) != nil)
    }
}

private struct FuzzedRooms {
    private var service = LiveKitService(configuration: .init())
    private var now = Instant.seconds(1)
    private var connections: UInt64 = 0
    private var people: [ParticipantID] = []

    mutating func handle(_ first: UInt8, _ rest: [UInt8]) {
        let connection = ConnectionID(UInt64(first >> 3))
        switch first & 7 {
        case 0: enter(String(decoding: rest.prefix(4), as: UTF8.self))
        case 1: take(service.disconnected(connection, now: now))
        case 2: now += .milliseconds(Int64(first) * 100)
        case 3:
            guard let person = person(first) else { return }
            take(service.receiveData(rest, reliable: first & 8 == 0, from: person))
        case 4: produce(first)
        case 5: administer(rest)
        case 6: take(service.receive(rest, .json, from: connection, now: now))
        default: take(service.receive(rest, .binary, from: connection, now: now))
        }
        if let deadline = service.nextDeadline, deadline <= now { take(service.handleTimeout(now: now)) }
    }

    private func person(_ first: UInt8) -> ParticipantID? {
        people.isEmpty ? nil : people[Int(first >> 3) % people.count]
    }

    private mutating func enter(_ identity: String) {
        let id = service.makeParticipantID()
        people.append(id)
        take(service.enter(.init(connections), as: id, .init(room: "r", identity: identity), now: now))
        connections += 1
    }

    private mutating func produce(_ first: UInt8) {
        guard let person = person(first) else { return }
        let produced = ProducedTrack(isVideo: first & 8 == 0, cid: nil, mid: "1", codec: "x", rids: ["q", "h"])
        if let track = service.published(person, produced) { take(service.start(track, of: person)) }
    }

    private mutating func administer(_ rest: [UInt8]) {
        if let update = try? LKUpdateParticipantRequest(wire: rest, encoding: .binary),
            let (_, actions) = try? service.updateParticipant(update, now: now)
        {
            take(actions)
        }
    }

    /// The media plane does as it is told.
    private mutating func take(_ actions: [LiveKitAction]) {
        for case .media(let command) in actions {
            switch command {
            case .answer(let id, let offer, let number): take(service.answered(id, offer, id: number, now: now))
            case .offer(let id): take(service.offered(id, SessionDescription()))
            default: break
            }
        }
    }
}
