import LiveKitProtocol
import LiveKitRoom
import Primitives
import SDP
import Signalling

/// The rooms of a server, and everything they asked for since the last `clear`.
struct TestServer {
    struct Client {
        var identity: String
        var id: ParticipantID
        var connection: ConnectionID
    }

    var service: LiveKitService
    var now = Instant.seconds(1_000)
    private(set) var commands: [MediaCommand] = []
    private(set) var closed: Set<ConnectionID> = []
    private(set) var reports: [LiveKitReport] = []
    private var sent: [(LKSignalResponse, ConnectionID)] = []
    private var nextConnection: UInt64 = 1

    static let sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"

    init() {
        var configuration = LiveKitService.Configuration()
        configuration.seed = 7
        service = LiveKitService(configuration: configuration)
    }

    mutating func clear() {
        commands = []
        sent = []
        reports = []
    }

    mutating func take(_ actions: [LiveKitAction]) {
        for action in actions {
            switch action {
            case .send(let message, let connection): sent.append((message, connection))
            case .close(let connection): closed.insert(connection)
            case .media(let command): commands.append(command)
            case .report(let report): reports.append(report)
            }
        }
    }

    func messages(to client: Client) -> [LKSignalResponse] {
        sent.filter { $0.1 == client.connection }.map(\.0)
    }

    func updates(to client: Client) -> [LKParticipantInfo] {
        messages(to: client).flatMap(\.update.participants)
    }

    mutating func enter(
        _ identity: String, grants: AccessToken.Grants = .init(room: "r", roomJoin: true),
        client: ClientDescription = ClientDescription()
    ) -> Client {
        let id = service.makeParticipantID()
        let connection = makeConnection()
        let arrival = LiveKitArrival(
            room: "r", identity: identity, permissions: Permissions(grants), client: client)
        take(service.enter(connection, as: id, arrival, now: now))
        return Client(identity: identity, id: id, connection: connection)
    }

    mutating func enterAndJoin(_ identity: String) -> LKJoinResponse {
        let client = enter(identity)
        return messages(to: client).compactMap(\.joinResponse).first ?? .init()
    }

    mutating func resume(_ client: Client) -> Client {
        let connection = makeConnection()
        take(service.resume(connection, as: client.id, identity: client.identity, in: "r", now: now))
        return Client(identity: client.identity, id: client.id, connection: connection)
    }

    mutating func send(_ request: LKSignalRequest.OneOf_Message, from client: Client) {
        let bytes = LKSignalRequest(request).wire(.binary)
        take(service.receive(bytes, .binary, from: client.connection, now: now))
    }

    /// The media plane has an offer for the client.
    mutating func offer(to client: Client) {
        guard let offer = try? SessionDescription(parsing: Self.sdp) else { return }
        take(service.offered(client.id, offer))
    }

    @discardableResult
    mutating func publish(_ client: Client, cid: String, video: Bool, rids: [String] = []) -> TrackID {
        let request = LKAddTrackRequest.with {
            $0.cid = cid
            $0.type = video ? .video : .audio
            $0.source = video ? .camera : .microphone
            if rids.count == 3 {
                $0.layers = [(LKVideoQuality.low, 320, 180), (.medium, 640, 360), (.high, 1_280, 720)].map { layer in
                    .with { ($0.quality, $0.width, $0.height) = layer }
                }
            }
        }
        send(.addTrack(request), from: client)
        let produced = ProducedTrack(
            isVideo: video, cid: cid, mid: "1", codec: video ? "VP8" : "opus", rids: rids)
        guard let track = service.published(client.id, produced) else { return TrackID("") }
        take(service.start(track, of: client.id))
        return track
    }

    mutating func data(
        _ payload: [UInt8], from client: Client, to identities: [String] = [], pretending identity: String = ""
    ) {
        let packet = LKDataPacket.with {
            $0.participantIdentity = identity
            $0.destinationIdentities = identities
            $0.sequence = 1
            $0.user = LKUserPacket(payload: payload)
            $0.user.participantIdentity = identity
        }
        take(service.receiveData(packet.wire(.binary), reliable: true, from: client.id))
    }

    private mutating func makeConnection() -> ConnectionID {
        defer { nextConnection += 1 }
        return ConnectionID(nextConnection)
    }
}

extension LKSignalResponse {
    var joinResponse: LKJoinResponse? {
        if case .join(let response) = message { response } else { nil }
    }
}
