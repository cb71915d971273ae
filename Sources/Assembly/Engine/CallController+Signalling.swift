import Call
import Primitives
import Runtime
import SignalTransport
import Signalling

// Joining the room and talking to its server.
extension CallController {
    func join() {
        RoomAccess.request(
            link, accessToken: accessToken, name: configuration.name, mode: configuration.mode,
            certificateFile: configuration.certificateFile, client: signalLoop
        ) { [weak self] result in
            guard let self, self.phase == .joining else { return }
            switch result {
            case .success(let access):
                self.access = access
                switch access.way {
                case .mesh: self.carryOut(self.session.start())
                case .server(let url): self.startServer(url, token: access.token, isMove: false)
                }
            case .failure(let refusal): self.fail(refusal)
            }
        }
    }

    func fail(_ refusal: JoinRefusal) {
        observer.event(.error(code: refusal.code, message: refusal.message, fatal: true))
        end(.lost, status: refusal.exitStatus)
    }

    func carryOut(_ actions: [MeshSession.Action]) {
        for action in actions { carryOut(action) }
        scheduleTimer()
    }

    private func carryOut(_ action: MeshSession.Action) {
        switch action {
        case .connect(let resume): connect(resume: resume)
        case .send(let message): socket?.send(message.text)
        case .closeSocket: socket?.close()
        case .joined(let welcome): joined(welcome)
        case .peerJoined(let peer): add(peer)
        case .peerLeft(let peer, let reason): remove(peer, reason)
        case .peerState(let peer): update(peer)
        case .signal(let peer, let signal): peers[peer.id]?.connection.receive(signal)
        case .mute: mutedByOther()
        case .waiting: observer.event(.waiting)
        case .knock(let peer): observer.event(.knocking(Participant(id: peer.id, name: peer.name), true))
        case .knockEnded(let peer): observer.event(.knocking(Participant(id: peer.id, name: peer.name), false))
        case .upgrade(let url, let token): moveUp(to: url, token: token)
        case .reconnecting(let attempt): observer.event(.reconnecting(.signalling, nil, attempt: attempt))
        case .reconnected(let duration): resumed(after: duration)
        case .complaint(let code, let message):
            observer.event(
                .error(code: code?.rawValue ?? "error", message: message.controlCharactersVisible, fatal: false))
        case .ended(let end): ended(end)
        }
    }

    private func connect(resume: String?) {
        guard let access, let url = access.meshURL(resume: resume) else { return }
        socketGeneration += 1
        let generation = socketGeneration
        var configuration = SignalClient.Configuration(trust: access.trust)
        // Coming back: packets sent into a dead network are sent again ever more seldom, a new attempt is quicker.
        if resume != nil { configuration.connectTimeout = .seconds(2) }
        let client = SignalClient(loop: signalLoop, configuration: configuration)
        socket = client.openWebSocket(url, subprotocol: MeshProtocol.subprotocol) {
            [weak self] event in
            // The signalling loop's event becomes the call loop's here.
            CallLoop.post { self?.handle(event, generation: generation) }
        }
    }

    private func handle(_ event: ClientWebSocket.Event, generation: Int) {
        guard generation == socketGeneration else { return }
        let now = Clock.now()
        switch event {
        case .open, .binary: break
        case .text(let text): carryOut(session.receive(text, now: now))
        case .closed(let code, let reason):
            socket = nil
            carryOut(session.handleClosed(code: code, reason: reason, now: now))
            if phase == .leaving { finishLeaving() }
        case .failed(let error):
            socket = nil
            carryOut(session.handleClosed(code: nil, reason: error.message, now: now))
            if phase == .leaving { finishLeaving() }
        }
    }

    private func joined(_ welcome: MeshServerMessage.Welcome) {
        let now = Clock.now()
        phase = .inCall
        // Then `upgrade` follows.
        isMovingUp = welcome.mode == "server"
        joinedAt = now
        qualityDueAt = now + Self.qualityInterval
        observer.event(
            .joined(
                room: welcome.room, mode: welcome.mode, self: ownParticipant, link: link.text, after: now - startedAt))
        for note in media.notes { observer.event(.error(code: "device", message: note, fatal: false)) }
        servers.resolve(configuration.iceServers, welcome.iceServers) { url in
            log.warning("ICE server of a kind that is not supported", metadata: ["url": "\(url)"])
        }
        noteCompany()
        updateRoster()
    }

    private func resumed(after duration: Duration) {
        observer.event(.reconnected(.signalling, nil, after: duration))
        // What was said while the socket was away is lost: connections that wait for something say it again.
        for peer in peers.values { peer.handleSignallingRestored() }
    }

    private func ended(_ end: MeshSession.End) {
        switch end {
        // The call goes on where it has moved.
        case .left: break
        case .lost where server != nil, .unreachable where server != nil, .refused where server != nil: break
        case .unreachable(let reason): fail(.unreachable(reason))
        case .lost: self.end(.lost, status: ExitStatus.lost)
        case .refused(.roomClosed, _) where phase == .inCall: self.end(.roomClosed, status: 0)
        case .refused(let code, let message):
            let wasInCall = phase == .inCall
            observer.event(.error(code: code.rawValue, message: message.controlCharactersVisible, fatal: true))
            self.end(wasInCall ? .removed : .lost, status: JoinRefusal.status(of: code))
        }
    }
}
