import LiveKitProtocol
import Primitives
import Signalling

// Connecting, keeping connected, and leaving.
extension LiveKitSession {
    private static let answerTimeout = Duration.seconds(10)
    private static let giveUpAfter = Duration.seconds(60)

    package var nextDeadline: Instant? {
        switch state {
        case .connecting(_, let until), .waiting(let until, _): until
        case .open(let pingAt, let silentAt): min(pingAt, silentAt)
        case .idle, .ended: nil
        }
    }

    package mutating func start(now: Instant) -> [Action] {
        guard state == .idle else { return [] }
        return connect(Attempt(number: 1, lostAt: nil, isResume: false), now: now)
    }

    private mutating func connect(_ attempt: Attempt, now: Instant) -> [Action] {
        state = .connecting(attempt, until: now + Self.answerTimeout)
        var query = [
            LiveKitQuery.Item(LiveKitQuery.protocolVersion, String(protocolVersion)),
            .init(LiveKitQuery.autoSubscribe, "1"), .init("sdk", "confab"), .init("version", "1"),
        ]
        if attempt.isResume { query += [.init(LiveKitQuery.reconnect, "1"), .init(LiveKitQuery.participant, sid)] }
        return [.connect(query: query, token: token)]
    }

    package mutating func leave() -> [Action] {
        guard state != .ended else { return [] }
        var request = LKLeaveRequest()
        request.reason = .clientInitiated
        request.action = .disconnect
        let actions = send(.leave(request))
        state = .ended
        return actions + [.closeSocket, .ended(.left)]
    }

    /// The socket closed or could not be opened. `status` is that of an HTTP answer which refused it.
    package mutating func handleClosed(status: Int?, reason: String, now: Instant) -> [Action] {
        switch state {
        case .idle, .ended, .waiting: return []
        case .open: return retry(Attempt(number: 1, lostAt: now, isResume: true), now: now)
        case .connecting(var attempt, _):
            if let status, [401, 403].contains(status) { return end(.notAllowed(reason)) }
            guard attempt.lostAt != nil else { return end(.unreachable(reason)) }
            // Somebody answers, but does not know us any more.
            if status != nil { attempt.isResume = false }
            attempt.number += 1
            return retry(attempt, now: now)
        }
    }

    /// 100 ms after the first loss, then twice as long each time, up to 3 s.
    mutating func retry(_ attempt: Attempt, now: Instant) -> [Action] {
        let delay = Duration.milliseconds(min(3_000, 100 << Int64(min(attempt.number - 1, 10))))
        state = .waiting(until: now + delay, attempt)
        return [.reconnecting(attempt: attempt.number)]
    }

    mutating func end(_ end: End) -> [Action] {
        state = .ended
        return [.closeSocket, .ended(end)]
    }

    package mutating func handleTimeout(now: Instant) -> [Action] {
        switch state {
        case .waiting(let until, let attempt) where until <= now:
            if let lostAt = attempt.lostAt, now - lostAt > Self.giveUpAfter { return end(.lost) }
            return connect(attempt, now: now)
        case .connecting(_, let until) where until <= now:
            return [.closeSocket] + handleClosed(status: nil, reason: "the server does not answer", now: now)
        case .open(_, let silentAt) where silentAt <= now:
            return [.closeSocket] + retry(Attempt(number: 1, lostAt: now, isResume: true), now: now)
        case .open(let pingAt, let silentAt) where pingAt <= now:
            state = .open(pingAt: now + pingInterval, silentAt: silentAt)
            var ping = LKPing()
            ping.timestamp = now.nanoseconds / 1_000_000
            return send(.pingReq(ping)) + send(.ping(ping.timestamp))
        default: return []
        }
    }

    /// A media connection is lost for good, though the socket is not: a full reconnect mends it.
    package mutating func handleMediaLost(now: Instant) -> [Action] {
        guard case .open = state else { return [] }
        return [.closeSocket] + retry(Attempt(number: 1, lostAt: now, isResume: false), now: now)
    }

    // MARK: What the server says about the connection

    mutating func receive(_ join: LKJoinResponse, now: Instant) -> [Action] {
        guard case .connecting(let attempt, _) = state, !attempt.isResume else { return [] }
        take(join)
        state = .open(pingAt: now + pingInterval, silentAt: now + pingTimeout)
        var actions: [Action] = wasOpen ? [.discardMedia] : []
        offersMade = 0
        answerID = 0
        data.beginAnew()
        let joined = Joined(
            room: room, identity: identity, name: join.participant.name,
            iceServers: join.iceServers.map(ICEServer.init),
            isAgain: wasOpen)
        actions.append(.joined(joined))
        if let lostAt = attempt.lostAt { actions.append(.reconnected(after: now - lostAt)) }
        wasOpen = true
        localTracks = []
        settings = [:]
        return actions + replaceAll(by: join.otherParticipants)
    }

    mutating func receive(_ reconnect: LKReconnectResponse, now: Instant) -> [Action] {
        guard case .connecting(let attempt, _) = state, attempt.isResume else { return [] }
        state = .open(pingAt: now + pingInterval, silentAt: now + pingTimeout)
        expectsEverybody = true
        var actions = send(.syncState(syncState))
        for track in localTracks where track.sid.isEmpty { actions += send(.addTrack(track.request)) }
        actions.append(.restartICE)
        actions += data.repeated(after: reconnect.lastMessageSeq).map { .sendData($0, label: LiveKit.reliableLabel) }
        if let lostAt = attempt.lostAt { actions.append(.reconnected(after: now - lostAt)) }
        return actions
    }

    private var syncState: LKSyncState {
        var sync = LKSyncState()
        sync.subscription.subscribe = true
        sync.publishTracks = localTracks.filter { !$0.sid.isEmpty }.map { track in
            var published = LKTrackPublishedResponse()
            published.cid = track.request.cid
            published.track.sid = track.sid
            published.track.type = track.request.type
            published.track.source = track.request.source
            return published
        }
        sync.trackSidsDisabled = settings.filter(\.value.disabled).keys.sorted()
        return sync
    }

    mutating func receive(_ leave: LKLeaveRequest, now: Instant) -> [Action] {
        let lostAt: Instant? = if case .connecting(let attempt, _) = state { attempt.lostAt } else { now }
        switch leave.action {
        case .resume where lostAt != nil:
            return [.closeSocket] + retry(Attempt(number: 1, lostAt: lostAt, isResume: true), now: now)
        case .reconnect where lostAt != nil:
            return [.closeSocket] + retry(Attempt(number: 1, lostAt: lostAt, isResume: false), now: now)
        case .disconnect, .resume, .reconnect, .UNRECOGNIZED:
            return end(Self.end(for: leave.reason))
        }
    }

    private static func end(for reason: LKDisconnectReason) -> End {
        switch reason {
        case .duplicateIdentity: .replaced
        case .participantRemoved: .removed
        case .roomDeleted, .roomClosed, .serverShutdown: .roomClosed
        case .joinFailure: .notAllowed("the server refused to let us join")
        default: .lost
        }
    }
}

extension ICEServer {
    init(_ server: LKICEServer) {
        self.init(
            urls: server.urls, username: server.username.isEmpty ? nil : server.username,
            credential: server.credential.isEmpty ? nil : server.credential)
    }
}
