import Logging
import Primitives
import RoomService
import Runtime
import Signalling
import SignalTransport

/// All state of a server, on its loop: carries out what the rooms decide.
final class ServerCore: HTTPService {
    let configuration: ServerConfiguration
    let admission: Admission
    let gatekeeper: Gatekeeper
    let web: WebClient
    let log: Logger
    let loop: SignalLoop
    /// Nil where this server carries mesh calls only.
    let media: MediaHost?
    var rooms: RoomService
    private var connections: [RoomService.ConnectionID: MeshConnection] = [:]
    private var lastConnection: UInt64 = 0
    private var timer: SignalTimer?
    var counts = Counts()

    struct Counts {
        var joined = 0
        var messages = 0
    }

    /// A socket of `/mesh`, and what its owner needs to go to the media server.
    private struct MeshConnection {
        let socket: WebSocket
        let claims: AccessToken
        let rtcURL: String
    }

    init(
        _ configuration: ServerConfiguration, memory: ServerMemory, admission: Admission, gatekeeper: Gatekeeper,
        media: MediaHost?, log: Logger, loop: SignalLoop
    ) {
        // Nobody keeps the media server's door: a room where people wait to be let in stays a mesh.
        let media = configuration.hasLobby ? nil : media
        self.media = media
        self.configuration = configuration
        self.log = log
        self.loop = loop
        self.admission = admission
        self.gatekeeper = gatekeeper
        web = WebClient(frameAncestors: gatekeeper.frameAncestors)
        rooms = RoomService(configuration: .init(configuration, memory), resumeKey: memory.key(for: "resume"))
        rooms.hasMediaServer = media != nil
        timer = SignalTimer(on: loop) { [unowned self] in
            perform(rooms.handleTimeout(now: Clock.now()))
        }
    }

    var unixTime: Int64 { Clock.wallNanoseconds() / 1_000_000_000 }

    func close(_ room: RoomName) { perform(rooms.close(room.text)) }

    func remove(_ identity: String, from room: RoomName) { perform(rooms.remove(identity, from: room.text)) }

    /// The server stops: nothing is due any more.
    func end() {
        timer?.invalidate()
        timer = nil
    }

    // MARK: Sockets

    /// A number that no socket had before.
    func nextConnection() -> UInt64 {
        lastConnection += 1
        return lastConnection
    }

    func connect(
        _ socket: WebSocket, _ arrival: Arrival, claims: AccessToken, rtcURL: String
    ) -> (WebSocketEvent) -> Void {
        let id = RoomService.ConnectionID(nextConnection())
        connections[id] = MeshConnection(socket: socket, claims: claims, rtcURL: rtcURL)
        perform(rooms.connect(id, arrival, now: Clock.now()))
        return { [unowned self] in handle($0, id) }
    }

    private func handle(_ event: WebSocketEvent, _ id: RoomService.ConnectionID) {
        let now = Clock.now()
        counts.messages += 1
        switch event {
        case .text(let text): perform(rooms.receive(Array(text.utf8), from: id, now: now))
        case .binary: perform(rooms.receiveUnusable(.badMessage, from: id, now: now))
        case .oversized: perform(rooms.receiveUnusable(.tooLarge, from: id, now: now))
        case .closed:
            connections[id] = nil
            rooms.disconnected(id, now: now)
            perform(rooms.giveUp(id))
            timer?.schedule(at: rooms.nextDeadline)
        }
    }

    func perform(_ actions: [RoomService.Action]) {
        for action in actions {
            switch action {
            case .send(let message, let id): connections[id]?.socket.send(message.text)
            case .close(let id, let code, let reason):
                connections.removeValue(forKey: id)?.socket.close(code: code, reason: reason)
            case .moveUp(let id, _, _, _): moveUp(id)
            case .report(let report): handle(report)
            }
        }
        schedule()
    }

    /// After anything that may have set a deadline of the rooms.
    func schedule() { timer?.schedule(at: rooms.nextDeadline) }

    /// The same person, with the same rights, on the media server.
    private func moveUp(_ id: RoomService.ConnectionID) {
        guard let connection = connections[id] else { return }
        let token = admission.sign(personal(connection.claims))
        connection.socket.send(MeshServerMessage.upgrade(url: connection.rtcURL, token: token).text)
    }

    /// A token that outlasts the call.
    func personal(_ claims: AccessToken) -> AccessToken {
        var claims = claims
        claims.notBefore = unixTime
        claims.expires = unixTime + Admission.personalLifetime
        return claims
    }

    private func handle(_ report: RoomService.Report) {
        switch report {
        case .movedUp(let room): log.info("moved up", metadata: ["room": "\(room)"])
        case .joined(let room, let id, let name):
            counts.joined += 1
            log.info("joined", metadata: ["room": "\(room)", "id": "\(id)", "name": "\(name)"])
        case .resumed(let room, let id): log.info("resumed", metadata: ["room": "\(room)", "id": "\(id)"])
        case .left(let room, let id, let reason):
            log.info("left", metadata: ["room": "\(room)", "id": "\(id)", "reason": "\(reason.rawValue)"])
        }
    }

    /// Prometheus' text format.
    var metrics: String {
        let rows = [
            ("confab_rooms", "gauge", "Rooms with somebody in them.", rooms.roomNames.count),
            ("confab_participants", "gauge", "Participants in all rooms.", rooms.participantCount),
            ("confab_joined_total", "counter", "Participants that joined since the start.", counts.joined),
            ("confab_messages_total", "counter", "Signalling messages received.", counts.messages),
        ]
        return rows.map { "# HELP \($0.0) \($0.2)\n# TYPE \($0.0) \($0.1)\n\($0.0) \($0.3)\n" }.joined()
    }
}

extension RoomService.Configuration {
    fileprivate init(_ configuration: ServerConfiguration, _ memory: ServerMemory) {
        self.init()
        // A mesh of more than four asks more of each participant's uplink than most have.
        maximumParticipants = min(4, configuration.maximumParticipants ?? 4)
        limit = configuration.maximumParticipants
        iceServers = configuration.iceServers
        absence = configuration.absence
        hasLobby = configuration.hasLobby
        silence = configuration.silence
        // Each start counts from above everything that an earlier one gave.
        firstOrder = memory.generation << 20 | 1
    }
}
