import Call
import LiveKitClient
import Primitives
import Runtime
import SignalTransport
import Signalling

// Calls through a media server, from the beginning or after moving up from a mesh (DESIGN §2).
extension CallController {
    func startServer(_ url: SignalURL, token: String, isMove: Bool) {
        guard let access else { return }
        let server = ServerCall(
            .init(url: url, token: token, trust: access.trust), isMove: isMove, controller: self)
        self.server = server
        server.start()
    }

    func serverJoined(_ joined: LiveKitSession.Joined) {
        guard server?.isMove != true else { return observer.event(.modeChanged("server")) }
        let now = Clock.now()
        phase = .inCall
        joinedAt = now
        qualityDueAt = now + Self.qualityInterval
        ownIdentity = joined.identity
        observer.event(
            .joined(room: joined.room, mode: "server", self: ownParticipant, link: link.text, after: now - startedAt))
        for note in media.notes { observer.event(.error(code: "device", message: note, fatal: false)) }
        servers.resolve(configuration.iceServers, joined.iceServers) { url in
            log.warning("ICE server of a kind that is not supported", metadata: ["url": "\(url)"])
        }
        membersChanged()
    }

    /// `--chat` is said once others can hear it.
    func greet() {
        guard let server, !server.isMove, server.isChannelOpen, !server.members.isEmpty, let text = chatToSay else {
            return
        }
        chatToSay = nil
        sendChat(text)
    }

    func serverEnded(_ end: LiveKitSession.End) {
        guard phase != .leaving, phase != .finished else {
            if phase == .leaving { finishLeaving() }
            return
        }
        if server?.isMove == true, session.isOpen { return abandonMove(end) }
        switch end {
        case .left: break
        case .unreachable(let reason): fail(.unreachable(reason))
        case .notAllowed(let reason): fail(.notAllowed(reason))
        case .lost: self.end(.lost, status: ExitStatus.lost)
        case .roomClosed: self.end(.roomClosed, status: 0)
        case .removed: self.end(.removed, status: ExitStatus.notAllowed)
        case .replaced:
            observer.event(.error(code: "replaced", message: "joined from somewhere else", fatal: true))
            self.end(.removed, status: ExitStatus.notAllowed)
        }
    }

    // MARK: Moving up

    /// Joins the media server beside the mesh, under the same identity. The mesh goes on until each peer has moved.
    func moveUp(to url: String, token: String) {
        isMovingUp = true
        guard server == nil, phase == .inCall, let access, var address = try? SignalURL(parsing: url) else { return }
        // A server behind a proxy may not know its own name: keep to where we reached it.
        address.server = access.server
        startServer(address, token: token, isMove: true)
    }

    /// The media server cannot be joined: the mesh is what there is.
    private func abandonMove(_ end: LiveKitSession.End) {
        for member in server?.members.values.map({ $0 }) ?? [] where peers[member.participant.id] == nil {
            member.close()
        }
        server?.closeMedia()
        server = nil
        isMovingUp = false
        observer.event(.error(code: "move-failed", message: "the media server: \(end)", fatal: false))
        for peer in session.peers where peers[peer.id] == nil { add(peer) }
        updateRoster()
    }

    /// How long a connection stays after both sides have moved: what is under way may arrive.
    private static let farewell = Duration.seconds(1)

    func noteMoved(_ peer: RemotePeer) {
        guard peer.hasMoved, peer.hasSaidMoved else { return }
        CallLoop.after(Self.farewell) { [weak self] in
            guard let self, self.phase == .inCall, self.peers[peer.participant.id] === peer else { return }
            self.peers[peer.participant.id] = nil
            peer.close(keepsMedia: true)
            self.leaveMeshWhenEmpty()
        }
    }

    /// Once everybody of the mesh is received through the server, its signalling is of no more use.
    func leaveMeshWhenEmpty() {
        guard let server, server.isMove, server.hasJoined, peers.isEmpty, session.isOpen,
            session.peers.allSatisfy({ server.members[$0.id] != nil })
        else { return }
        ownIdentity = session.selfID
        carryOut(session.leave())
        membersChanged()
    }
}
