import Primitives
import Signalling

/// The client's side of mesh signalling: who is there, what to send, when to connect again.
///
/// The owner carries out the actions: it keeps one WebSocket and one peer connection for each peer. A lost socket is
/// connected again with the `resume` secret, and peers that are still there never notice (DESIGN: lost signalling never
/// closes working media).
package struct MeshSession: Sendable {
    package enum Action: Hashable, Sendable {
        /// Open the socket, with the secret where there was one.
        case connect(resume: String?)
        case send(MeshClientMessage)
        case closeSocket
        case joined(MeshServerMessage.Welcome)
        case peerJoined(MeshPeer)
        case peerLeft(MeshPeer, LeaveReason)
        case peerState(MeshPeer)
        case signal(from: MeshPeer, Signal)
        /// Somebody who may wants us to be silent.
        case mute
        /// We are at the door, and have to be let in.
        case waiting
        case knock(MeshPeer)
        case knockEnded(MeshPeer)
        case upgrade(url: String, token: String)
        case reconnecting(attempt: Int)
        case reconnected(after: Duration)
        /// The server complains about something of ours; the call goes on.
        case complaint(MeshErrorCode?, message: String)
        case ended(End)
    }

    /// How it came to an end.
    package enum End: Hashable, Sendable {
        case left
        /// Never connected.
        case unreachable(String)
        /// Was connected and could not be again, and no media flows any more.
        case lost
        case refused(MeshErrorCode, message: String)
    }

    private enum State: Hashable, Sendable {
        case idle
        /// `lostAt` is nil on the first attempt.
        case connecting(attempt: Int, lostAt: Instant?)
        case waiting(until: Instant, attempt: Int, lostAt: Instant)
        case open(pingAt: Instant, silentAt: Instant)
        case ended
    }

    private var state = State.idle
    private var resume: String?
    private var ownState: ParticipantState
    private var wasOpen = false
    private var peersByID: [String: MeshPeer] = [:]
    /// Peers that a restarted server does not know yet, and until when they are waited for: they resume as we did.
    private var missing: [String: Instant] = [:]

    /// Who waits at the door, where we may let them in.
    package private(set) var visitors: [MeshPeer] = []

    /// Own id and order, known after `joined`.
    package private(set) var selfID = ""
    package private(set) var order = 0

    private static let pingInterval = Duration.milliseconds(Int64(MeshProtocol.pingMilliseconds))
    private static let giveUpAfter = Duration.seconds(60)
    /// A server reports who stays away after 10 s; the slowest attempt to come back is 3 s later.
    private static let patience = Duration.seconds(13)

    package init(state: ParticipantState) { ownState = state }

    package var peers: [MeshPeer] { peersByID.values.sorted { $0.order < $1.order } }
    package func peer(_ id: String) -> MeshPeer? { peersByID[id] }
    package var isOpen: Bool { if case .open = state { true } else { false } }

    package var nextDeadline: Instant? { earliest(connectionDeadline, missing.values.min()) }

    private var connectionDeadline: Instant? {
        switch state {
        case .waiting(let until, _, _): until
        case .open(let pingAt, let silentAt): min(pingAt, silentAt)
        case .idle, .connecting, .ended: nil
        }
    }

    package mutating func start() -> [Action] {
        guard state == .idle else { return [] }
        state = .connecting(attempt: 1, lostAt: nil)
        return [.connect(resume: nil)]
    }

    /// Anything that the user does: mute, camera, hand.
    package mutating func setState(_ new: ParticipantState) -> [Action] {
        guard new != ownState else { return [] }
        ownState = new
        return isOpen ? [.send(.state(new))] : []
    }

    /// Nothing is kept while the socket is away: negotiation repairs itself when it is back.
    package func signal(_ signal: Signal, to id: String) -> [Action] {
        isOpen && peersByID[id] != nil ? [.send(.signal(to: id, signal))] : []
    }

    package mutating func leave() -> [Action] {
        guard state != .ended else { return [] }
        let actions: [Action] = isOpen ? [.send(.leave), .closeSocket] : [.closeSocket]
        state = .ended
        return actions + [.ended(.left)]
    }

    // MARK: What the socket tells

    /// `text` is one message; one that makes no sense is ignored.
    package mutating func receive(_ text: String, now: Instant) -> [Action] {
        guard state != .ended, let message = try? MeshServerMessage.parse(text) else { return [] }
        if case .open(let pingAt, _) = state { state = .open(pingAt: pingAt, silentAt: now + Self.silence) }
        switch message {
        case .welcome(let welcome): return handle(welcome, now: now)
        case .peerJoined(let peer): return add(peer)
        case .peerLeft(let id, let reason): return remove(id, reason)
        case .peerState(let id, let state): return update(id, state)
        case .signal(let id, let signal): return peersByID[id].map { [.signal(from: $0, signal)] } ?? []
        case .upgrade(let url, let token): return [.upgrade(url: url, token: token)]
        case .error(let code, let message): return handleComplaint(code, message)
        case .pong: return []
        case .mute: return [.mute]
        case .waiting: return [.waiting]
        case .knock(let peer): return addVisitor(peer)
        case .knockEnded(let id): return removeVisitor(id)
        }
    }

    private mutating func addVisitor(_ peer: MeshPeer) -> [Action] {
        guard !visitors.contains(where: { $0.id == peer.id }) else { return [] }
        visitors.append(peer)
        return [.knock(peer)]
    }

    private mutating func removeVisitor(_ id: String) -> [Action] {
        guard let index = visitors.firstIndex(where: { $0.id == id }) else { return [] }
        return [.knockEnded(visitors.remove(at: index))]
    }

    /// What only an administrator may do; the server checks it, and complains.
    package func moderate(_ wish: MeshClientMessage.Moderation) -> [Action] {
        isOpen ? [.send(.moderate(wish))] : []
    }

    private static let silence = Duration.milliseconds(Int64(MeshProtocol.silenceMilliseconds))

    private mutating func handle(_ welcome: MeshServerMessage.Welcome, now: Instant) -> [Action] {
        guard case .connecting(_, let lostAt) = state else { return [] }
        state = .open(pingAt: now + Self.pingInterval, silentAt: now + Self.silence)
        resume = welcome.resume
        var actions: [Action] = []
        // Another order: the others were told that we had gone, and have ended what connected us.
        if wasOpen, welcome.order != order { actions += peers.flatMap { remove($0.id, .replaced) } }
        selfID = welcome.selfID
        order = welcome.order
        if let lostAt, wasOpen {
            actions.append(.reconnected(after: now - lostAt))
        } else {
            actions.append(.joined(welcome))
        }
        wasOpen = true
        actions.append(.send(.state(ownState)))
        let present = Set(welcome.peers.map(\.id))
        for absent in peers where !present.contains(absent.id) { missing[absent.id] = now + Self.patience }
        for peer in welcome.peers {
            actions += add(peer)
        }
        return actions
    }

    private mutating func add(_ peer: MeshPeer) -> [Action] {
        missing[peer.id] = nil
        // Somebody who came back with a new connection of the same id begins anew.
        let replaced = peersByID[peer.id].map { $0.order == peer.order ? [] : remove($0.id, .replaced) } ?? []
        if let known = peersByID.updateValue(peer, forKey: peer.id) {
            return known.state == peer.state ? replaced : replaced + [.peerState(peer)]
        }
        return replaced + [.peerJoined(peer)]
    }

    private mutating func remove(_ id: String, _ reason: LeaveReason) -> [Action] {
        missing[id] = nil
        return peersByID.removeValue(forKey: id).map { [.peerLeft($0, reason)] } ?? []
    }

    private mutating func update(_ id: String, _ state: ParticipantState) -> [Action] {
        guard var peer = peersByID[id], peer.state != state else { return [] }
        peer.state = state
        peersByID[id] = peer
        return [.peerState(peer)]
    }

    private mutating func handleComplaint(_ code: MeshErrorCode?, _ message: String) -> [Action] {
        if let code, code.closeCode != nil {
            state = .ended
            return [.closeSocket, .ended(.refused(code, message: message))]
        }
        return [.complaint(code, message: message)]
    }

    /// The socket closed or could not be opened. `code` is the WebSocket close code where there was one.
    package mutating func handleClosed(code: UInt16?, reason: String, now: Instant) -> [Action] {
        if let fatal = code.flatMap({ MeshErrorCode(closeCode: $0) }), state != .ended {
            state = .ended
            return [.ended(.refused(fatal, message: reason))]
        }
        switch state {
        case .idle, .ended, .waiting: return []
        case .open: return retry(attempt: 1, lostAt: now, now: now)
        case .connecting(_, nil):
            state = .ended
            return [.ended(.unreachable(reason))]
        case .connecting(let attempt, let lostAt?): return retry(attempt: attempt + 1, lostAt: lostAt, now: now)
        }
    }

    /// 100 ms after the first loss, then twice as long each time, up to 3 s: a restarted server is found quickly.
    private mutating func retry(attempt: Int, lostAt: Instant, now: Instant) -> [Action] {
        let delay = Duration.milliseconds(min(3_000, 100 << Int64(min(attempt - 1, 10))))
        state = .waiting(until: now + delay, attempt: attempt, lostAt: lostAt)
        return [.reconnecting(attempt: attempt)]
    }

    /// The machine's network is another: a socket on the old one would be noticed dead much later, and an attempt that
    /// waits need not wait.
    package mutating func handleNetworkChange(now: Instant) -> [Action] {
        switch state {
        case .open:
            state = .connecting(attempt: 1, lostAt: now)
            return [.closeSocket, .reconnecting(attempt: 1), .connect(resume: resume)]
        case .waiting(_, _, let lostAt):
            state = .connecting(attempt: 1, lostAt: lostAt)
            return [.connect(resume: resume)]
        case .idle, .connecting, .ended: return []
        }
    }

    /// `mediaFlows` says whether any peer's media still does: then there is no reason to give up.
    package mutating func handleTimeout(now: Instant, mediaFlows: Bool) -> [Action] {
        let gone = missing.filter { $0.value <= now }.keys.sorted()
        return gone.flatMap { remove($0, .timeout) } + keepConnected(now: now, mediaFlows: mediaFlows)
    }

    /// The peer's media ended: one whom the server does not know any more is not waited for.
    package mutating func mediaEnded(with id: String) -> [Action] {
        missing[id] == nil ? [] : remove(id, .left)
    }

    private mutating func keepConnected(now: Instant, mediaFlows: Bool) -> [Action] {
        switch state {
        case .waiting(let until, let attempt, let lostAt) where until <= now:
            if now - lostAt > Self.giveUpAfter && !mediaFlows {
                state = .ended
                return [.ended(.lost)]
            }
            state = .connecting(attempt: attempt, lostAt: lostAt)
            return [.connect(resume: resume)]
        case .open(_, let silentAt) where silentAt <= now:
            // The connection is dead without having said so.
            return [.closeSocket] + retry(attempt: 1, lostAt: now, now: now)
        case .open(let pingAt, let silentAt) where pingAt <= now:
            state = .open(pingAt: now + Self.pingInterval, silentAt: silentAt)
            return [.send(.ping)]
        default: return []
        }
    }
}
