import LiveKitProtocol
import Primitives
import Signalling

/// One room: its participants, their tracks, and who gets which.
struct Room {
    /// Now, in both of the clocks that are needed.
    struct Time {
        var now: Instant
        var unixMilliseconds: Int64
    }

    let name: String
    let sid: String
    let createdMilliseconds: Int64
    let configuration: LiveKitService.Configuration
    var metadata = ""
    var maximumParticipants: Int?
    var emptyTimeout: Duration
    var departureTimeout: Duration
    var participants: [ParticipantID: Participant] = [:]
    var tracks: [TrackID: PublishedTrack] = [:]
    var identifiers: IdentifierSource
    private var identities: [String: ParticipantID] = [:]
    private var actions: [LiveKitAction] = []
    /// When the room ends, should nobody come until then.
    private var emptyUntil: Instant?

    init(name: String, sid: String, configuration: LiveKitService.Configuration, seed: UInt64, _ time: Time) {
        self.name = name
        self.sid = sid
        self.configuration = configuration
        createdMilliseconds = time.unixMilliseconds
        emptyTimeout = configuration.emptyTimeout
        departureTimeout = configuration.departureTimeout
        identifiers = IdentifierSource(seed: seed)
        emptyUntil = time.now + emptyTimeout
    }

    func has(_ identity: String) -> Bool { identities[identity] != nil }
    func participant(_ identity: String) -> ParticipantID? { identities[identity] }

    mutating func takeActions() -> [LiveKitAction] {
        let taken = actions
        actions = []
        return taken
    }

    mutating func act(_ action: LiveKitAction) { actions.append(action) }
    mutating func command(_ command: MediaCommand) { actions.append(.media(command)) }

    mutating func send(_ message: LKSignalResponse.OneOf_Message, to id: ParticipantID) {
        guard let connection = participants[id]?.connection else { return }
        actions.append(.send(LKSignalResponse(message), to: connection))
    }

    /// To everybody with a socket, but one.
    mutating func broadcast(_ message: LKSignalResponse.OneOf_Message, except: ParticipantID? = nil) {
        let response = LKSignalResponse(message)
        for participant in participants.values where participant.id != except {
            if let connection = participant.connection { actions.append(.send(response, to: connection)) }
        }
    }
}

// MARK: - Coming

extension Room {
    mutating func enter(
        _ connection: ConnectionID?, as id: ParticipantID, _ arrival: LiveKitArrival, _ time: Time
    ) {
        emptyUntil = nil
        if let old = identities[arrival.identity] { dismiss(old, .duplicateIdentity) }
        let participant = Participant(
            id: id, identity: arrival.identity, joinedAtMilliseconds: time.unixMilliseconds, name: arrival.name,
            metadata: arrival.metadata, attributes: arrival.attributes, kind: .init(claim: arrival.kind),
            permissions: arrival.permissions, client: arrival.client, connection: connection,
            rate: SignalRate(now: time.now))
        participants[id] = participant
        participants[id]?.isGuest = connection == nil
        identities[arrival.identity] = id
        emptyUntil = nil
        send(.join(joinResponse(for: id)), to: id)
        announce(id, toItself: false)
        if connection != nil {
            for track in tracks.keys.sorted() { subscribe(id, to: track) }
            negotiate(id)
        }
        act(.report(.joined(room: name, identity: arrival.identity, id)))
    }

    private func joinResponse(for id: ParticipantID) -> LKJoinResponse {
        .with {
            $0.room = info
            $0.participant = participants[id].map(wire) ?? .init()
            $0.otherParticipants = visible(to: id)
            $0.serverVersion = configuration.serverVersion
            $0.serverInfo.version = configuration.serverVersion
            $0.serverInfo.protocol = LiveKit.protocolVersion
            $0.iceServers = configuration.iceServers.map(LKICEServer.init)
            $0.subscriberPrimary = true
            $0.pingInterval = configuration.pingInterval
            $0.pingTimeout = configuration.pingTimeout
            $0.enabledPublishCodecs = ["audio/opus", "video/VP8"].map { mime in .with { $0.mime = mime } }
            $0.fastPublish = participants[id]?.permissions.canPublish ?? false
        }
    }

    /// The same person with another socket; its media never stopped.
    mutating func resume(_ connection: ConnectionID, _ id: ParticipantID, _ time: Time) {
        participants[id]?.connection = connection
        participants[id]?.awayUntil = nil
        participants[id]?.rate = SignalRate(now: time.now)
        let lastSequence = participants[id]?.lastSequence ?? 0
        send(
            .reconnect(
                .with {
                    $0.iceServers = configuration.iceServers.map(LKICEServer.init)
                    $0.serverInfo.version = configuration.serverVersion
                    $0.lastMessageSeq = lastSequence
                }), to: id)
        // Everybody: who is missing, the client takes as gone.
        let everybody = visible(to: id) + (participants[id].map { [wire($0)] } ?? [])
        send(.update(.with { $0.participants = everybody }), to: id)
        act(.report(.resumed(room: name, identity: participants[id]?.identity ?? "")))
        if let open = participants[id]?.openOffer {
            // It, or its answer, may have got lost with the socket.
            send(.offer(open), to: id)
        } else if participants[id]?.hasAnswered == true {
            command(.restart(id))
        }
        negotiate(id)
    }

    /// Its media flows.
    mutating func activate(_ id: ParticipantID) {
        guard participants[id]?.state == .joined else { return }
        participants[id]?.state = .active
        announce(id)
    }
}

// MARK: - Going

extension Room {
    /// The socket is lost; the media may go on for a while.
    mutating func lose(_ id: ParticipantID, now: Instant) {
        participants[id]?.connection = nil
        participants[id]?.awayUntil = now + configuration.absence
    }

    /// Tells somebody why they must go.
    mutating func dismiss(
        _ id: ParticipantID, _ reason: LKDisconnectReason, _ action: LKLeaveRequest.Action = .disconnect
    ) {
        send(.leave(LKLeaveRequest(reason, action)), to: id)
        remove(id, reason)
    }

    mutating func remove(_ id: ParticipantID, _ reason: LKDisconnectReason) {
        guard var participant = participants[id] else { return }
        for track in participant.tracks { endTrack(track, tellOwner: false) }
        participant.state = .disconnected
        participant.version &+= 1
        participants[id] = nil
        if identities[participant.identity] == id { identities[participant.identity] = nil }
        if let connection = participant.connection { act(.close(connection)) }
        command(.close(id))
        if !participant.permissions.isHidden {
            var info = participant.info(tracks: [])
            info.disconnectReason = reason
            broadcast(.update(.with { $0.participants = [info] }))
        }
        act(.report(.left(room: name, identity: participant.identity, id, reason)))
    }

    /// An empty room waits that long.
    mutating func wait(_ timeout: Duration, now: Instant) {
        emptyTimeout = timeout
        if participants.isEmpty { emptyUntil = now + timeout }
    }

    /// The room is deleted.
    mutating func endNow(_ now: Instant) { emptyUntil = now }

    mutating func handleTimeout(_ time: Time) {
        for participant in participants.values {
            if let until = participant.awayUntil, until <= time.now { remove(participant.id, .connectionTimeout) }
        }
        if participants.isEmpty && emptyUntil == nil { emptyUntil = time.now + departureTimeout }
    }

    var deadline: Instant? {
        participants.values.reduce(emptyUntil) { earliest($0, $1.awayUntil) }
    }

    /// Whether it has been empty for long enough. The clock starts when this is first asked of an empty room.
    mutating func isOver(now: Instant) -> Bool {
        guard participants.isEmpty else { return false }
        if let emptyUntil { return emptyUntil <= now }
        emptyUntil = now + departureTimeout
        return false
    }
}

// MARK: - What others see

extension Room {
    var info: LKRoom {
        .with {
            $0.sid = sid
            $0.name = name
            $0.metadata = metadata
            $0.creationTime = createdMilliseconds / 1_000
            $0.creationTimeMs = createdMilliseconds
            $0.numParticipants = UInt32(clamping: participants.values.count { !$0.permissions.isHidden })
            $0.numPublishers = UInt32(clamping: participants.values.count { !$0.tracks.isEmpty })
            $0.maxParticipants = UInt32(clamping: maximumParticipants ?? 0)
            $0.emptyTimeout = UInt32(clamping: emptyTimeout.nanoseconds / 1_000_000_000)
            $0.departureTimeout = UInt32(clamping: departureTimeout.nanoseconds / 1_000_000_000)
        }
    }

    func wire(_ participant: Participant) -> LKParticipantInfo {
        participant.info(tracks: participant.tracks.compactMap { tracks[$0]?.info })
    }

    func visible(to id: ParticipantID) -> [LKParticipantInfo] {
        participants.values
            .filter { $0.id != id && !$0.permissions.isHidden }
            .sorted { ($0.joinedAtMilliseconds, $0.id) < ($1.joinedAtMilliseconds, $1.id) }
            .map(wire)
    }

    /// Tells everybody of somebody's new state; of hidden ones only themselves.
    mutating func announce(_ id: ParticipantID, toItself: Bool = true) {
        participants[id]?.version &+= 1
        guard let participant = participants[id] else { return }
        let update = LKSignalResponse.OneOf_Message.update(.with { $0.participants = [wire(participant)] })
        if participant.permissions.isHidden {
            if toItself { send(update, to: id) }
        } else {
            broadcast(update, except: toItself ? nil : id)
        }
    }
}

extension LKICEServer {
    init(_ server: ICEServer) {
        self.init()
        urls = server.urls
        username = server.username ?? ""
        credential = server.credential ?? ""
    }
}

extension LKParticipantInfo.Kind {
    /// As tokens spell it.
    fileprivate init(claim: String?) {
        switch claim {
        case "ingress": self = .ingress
        case "egress": self = .egress
        case "sip": self = .sip
        case "agent": self = .agent
        default: self = .standard
        }
    }
}
