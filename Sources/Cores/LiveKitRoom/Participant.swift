import LiveKitProtocol
import Primitives
import Signalling

/// Somebody in a room of the media server.
struct Participant {
    let id: ParticipantID
    let identity: String
    let joinedAtMilliseconds: Int64
    var name: String
    var metadata: String
    var attributes: [String: String]
    var kind: LKParticipantInfo.Kind
    var permissions: Permissions
    var client: ClientDescription
    /// Nil while its socket is lost.
    var connection: ConnectionID?
    /// Here by another protocol: it sends, and gets nothing.
    var isGuest = false
    var awayUntil: Instant?
    var state = LKParticipantInfo.State.joined
    /// Rises with each change, so that clients can tell old news.
    var version: UInt32 = 1
    /// The offer that this server waits to see answered.
    var openOffer: LKSessionDescription?
    /// Counts our offers.
    var lastOffer: UInt32 = 0
    /// Whether there was an answer, so that a lost connection can be mended.
    var hasAnswered = false
    /// Announced, but not in any offer yet.
    var announced: [AnnouncedTrack] = []
    var tracks: [TrackID] = []
    /// Tracks it does not want, where it wants all others; and the other way round.
    var refused: Set<TrackID> = []
    var wanted: Set<TrackID> = []
    /// What was asked of the media plane.
    var subscribed: Set<TrackID> = []
    var preferences: [TrackID: LayerPreference] = [:]
    /// The last reliable data packet that came.
    var lastSequence: UInt32 = 0
    var isSpeaking = false
    var quality: LKConnectionQuality?
    var rate: SignalRate

    func info(tracks: [LKTrackInfo]) -> LKParticipantInfo {
        .with {
            $0.sid = id.text
            $0.identity = identity
            $0.state = state
            $0.tracks = tracks
            $0.metadata = metadata
            $0.joinedAt = joinedAtMilliseconds / 1_000
            $0.joinedAtMs = joinedAtMilliseconds
            $0.name = name
            $0.version = version
            $0.permission = permissions.wire
            $0.isPublisher = !tracks.isEmpty
            $0.kind = kind
            $0.attributes = attributes
            $0.clientProtocol = client.clientProtocol
            $0.capabilities = client.capabilities
        }
    }

    func wants(_ track: TrackID) -> Bool {
        permissions.canSubscribe && (client.autoSubscribe ? !refused.contains(track) : wanted.contains(track))
    }
}

/// What a client says of itself in the query of `/rtc`.
package struct ClientDescription: Hashable, Sendable {
    package var protocolVersion: Int32
    package var clientProtocol: Int32
    package var capabilities: [LKClientCapability]
    package var autoSubscribe: Bool

    package init(
        protocolVersion: Int32 = LiveKit.protocolVersion, clientProtocol: Int32 = 0,
        capabilities: [LKClientCapability] = [], autoSubscribe: Bool = true
    ) {
        self.protocolVersion = protocolVersion
        self.clientProtocol = clientProtocol
        self.capabilities = capabilities
        self.autoSubscribe = autoSubscribe
    }

    package init(query: [String: String]) {
        func number(_ name: String) -> Int32? { query[name].flatMap { Int32($0) } }
        let names = query[LiveKitQuery.capabilities]?.split(separator: ",") ?? []
        self.init(
            protocolVersion: number(LiveKitQuery.protocolVersion) ?? 0,
            clientProtocol: number(LiveKitQuery.clientProtocol) ?? 0,
            capabilities: names.prefix(16).compactMap { LKClientCapability(name: $0) },
            autoSubscribe: ["1", "true"].contains(query[LiveKitQuery.autoSubscribe] ?? "1"))
    }
}

extension LKClientCapability {
    fileprivate init?(name: Substring) {
        switch name {
        case "CAP_PACKET_TRAILER": self = .capPacketTrailer
        case "CAP_COMPRESSION_DEFLATE_RAW": self = .capCompressionDeflateRaw
        default: return nil
        }
    }
}

/// A track between `add_track` and the offer that carries it.
struct AnnouncedTrack {
    var info: LKTrackInfo
    var cids: [String]

    var id: TrackID { TrackID(info.sid) }
}

/// How many messages a client may send: 50 a second, and what that gives in twenty seconds at once (a token bucket); a
/// client that joins a large room trickles and subscribes in bursts.
struct SignalRate {
    static let perSecond = 50
    private static let cost = Duration.milliseconds(1_000 / Int64(perSecond))
    private static let burst = Duration.seconds(20)

    /// The messages so far are paid for up to this moment, which may lie in the future.
    private var paidUntil: Instant

    init(now: Instant) { paidUntil = now }

    /// False where it is one too many.
    mutating func take(now: Instant) -> Bool {
        let paid = max(paidUntil, now) + Self.cost
        guard paid - now <= Self.burst else { return false }
        paidUntil = paid
        return true
    }
}
