import LiveKitProtocol
import LiveKitRoom
import Logging
import MediaServer
import Primitives
import Runtime
import SignalTransport

/// The rooms of the media server on their loop: carries out what they decide, and tells them what happens.
@MediaLoop
final class LiveKitHost {
    let rooms: MediaRooms
    let log: Logger
    var service: LiveKitService
    var seats: [ParticipantID: MediaSeat] = [:]
    var producers: [TrackID: Producer] = [:]
    var sockets: [ConnectionID: SignalSocket] = [:]
    var timer: MediaTimer?
    var qualityTimer: MediaTimer?
    /// Names of those who are here by another protocol.
    var guests: [ObjectIdentifier: ParticipantID] = [:]
    var onReport: (@Sendable (LiveKitReport) -> Void)?

    static let qualityInterval = Duration.seconds(5)

    init(_ configuration: LiveKitService.Configuration, rooms: MediaRooms, log: Logger) {
        self.rooms = rooms
        self.log = log
        service = LiveKitService(configuration: configuration)
        timer = MediaTimer { [weak self] now in
            guard let self else { return }
            perform(service.handleTimeout(now: now))
        }
        qualityTimer = MediaTimer { [weak self] now in self?.measureQualities(now) }
        qualityTimer?.schedule(at: Clock.now() + Self.qualityInterval)
        rooms.onRoom = { [weak self] in self?.watch($0) }
    }

    /// Who hears of what happens, on whatever loop.
    nonisolated func report(to listener: @escaping @Sendable (LiveKitReport) -> Void) {
        MediaLoop.run { self.onReport = listener }
    }

    /// The server stops; clients are told to come back to the next one.
    func sayGoodbye() { perform(service.shutDown()) }

    func stop() {
        rooms.onRoom = nil
        timer?.schedule(at: nil)
        qualityTimer?.schedule(at: nil)
        for seat in Array(seats.values) { seat.close() }
        seats = [:]
    }

    /// Ends a room for all.
    func close(_ room: String) {
        if let actions = try? service.deleteRoom(room, now: Clock.now()) { perform(actions) }
    }

    /// Replaced by somebody of the same identity, or the room ends.
    private func dismiss(_ id: ParticipantID) { perform(service.dismiss(id, now: Clock.now())) }

    func remove(_ identity: String, from room: String) {
        let who = LKRoomParticipantIdentity.with { ($0.room, $0.identity) = (room, identity) }
        if let actions = try? service.removeParticipant(who, now: Clock.now()) { perform(actions) }
    }

    /// What a request of the admin API does.
    func administer<Answer>(
        _ work: (inout LiveKitService) throws(AdminError) -> (Answer, [LiveKitAction])
    ) throws(AdminError) -> Answer {
        let (answer, actions) = try work(&service)
        perform(actions)
        return answer
    }
}

// MARK: - Sockets

extension LiveKitHost {
    func enter(_ socket: SignalSocket, _ connection: ConnectionID, _ arrival: LiveKitArrival) {
        sockets[connection] = socket
        guard service.hasRoom(for: arrival.identity, in: arrival.room) else {
            return perform(LiveKitService.farewell(connection, .joinFailure, .disconnect))
        }
        let id = service.makeParticipantID()
        do {
            try makeSeat(id, arrival)
        } catch {
            log.error("no connection can be made", metadata: ["why": "\(error)"])
            return perform(LiveKitService.farewell(connection, .joinFailure, .disconnect))
        }
        perform(service.enter(connection, as: id, arrival, now: Clock.now()))
    }

    func resume(_ socket: SignalSocket, _ connection: ConnectionID, _ id: ParticipantID, _ arrival: LiveKitArrival) {
        sockets[connection] = socket
        perform(
            service.resume(connection, as: id, identity: arrival.identity, in: arrival.room, now: Clock.now()))
    }

    func handle(_ event: WebSocketEvent, from connection: ConnectionID) {
        let now = Clock.now()
        switch event {
        case .binary(let bytes):
            sockets[connection]?.encoding = .binary
            perform(service.receive(bytes, .binary, from: connection, now: now))
        case .text(let text):
            sockets[connection]?.encoding = .json
            perform(service.receive(Array(text.utf8), .json, from: connection, now: now))
        case .oversized: perform(service.receiveUnusable(from: connection, now: now))
        case .closed:
            sockets[connection] = nil
            perform(service.disconnected(connection, now: now))
        }
    }

    private func makeSeat(_ id: ParticipantID, _ arrival: LiveKitArrival) throws {
        let room = rooms.enter(arrival.room)
        let publisher = try room.router.makeTransport()
        let subscriber: WebRtcTransport
        do {
            var options = WebRtcTransport.Options()
            options.maySend = []
            subscriber = try room.router.makeTransport(options)
        } catch {
            publisher.close()
            throw error
        }
        let member = MediaRoom.Member(identity: arrival.identity, name: arrival.name) { [weak self] in
            self?.dismiss(id)
        }
        seats[id] = MediaSeat(id, in: room, as: member, publisher: publisher, subscriber: subscriber)
        // Whom nobody shall see, nobody can ask for either.
        if !arrival.permissions.isHidden { room.add(member) }
        watch(publisher, .publisher, of: id)
        watch(subscriber, .subscriber, of: id)
        publisher.onProducer = { [weak self] in self?.adopt($0, of: id) }
        publisher.onProducerClosed = { [weak self] in self?.release($0) }
        publisher.onMessage = { [weak self] channel, bytes, _ in self?.receive(bytes, on: channel.label, from: id) }
        subscriber.onDataChannel = { [weak self] channel in self?.seats[id]?.flush(channel.label) }
    }

    private func watch(_ transport: WebRtcTransport, _ side: ConnectionSide, of id: ParticipantID) {
        transport.onStateChange = { [weak self] state in
            guard let self else { return }
            switch state {
            case .connected:
                if side == .subscriber { seats[id]?.openChannels() }
                perform(service.connected(id, side, now: Clock.now()))
            case .failed(let reason):
                log.debug("a connection failed", metadata: ["participant": "\(id)", "why": "\(reason)"])
                perform(service.failed(id, side, now: Clock.now()))
            case .new, .connecting, .disconnected, .closed: break
            }
        }
    }
}
