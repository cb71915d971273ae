import Call
import LiveKitClient
import LiveKitProtocol
import Primitives
import Runtime
import SignalTransport
import Signalling

// Talking to the server.
extension ServerCall {
    func carryOut(_ actions: [LiveKitSession.Action]) {
        for action in actions { carryOut(action) }
        controller.scheduleTimer()
    }

    private func carryOut(_ action: LiveKitSession.Action) {
        switch action {
        case .connect(let query, let token): connect(query, token)
        case .send(let bytes): socket?.send(bytes)
        case .closeSocket:
            socketGeneration += 1
            socket?.close()
        case .joined(let joined): self.joined(joined)
        case .participantJoined(let info): add(info)
        case .participantLeft(let info, let reason): remove(info, reason)
        case .participantChanged(let info, _):
            members[info.identity]?.update(info)
            assignSections()
            controller.updateRoster()
        case .offered(let sdp):
            guard let subscriber else { return earlyOffers.append(sdp) }
            subscriber.receive(.description(.init(type: .offer, sdp: sdp)))
        case .answered(let sdp): publisher?.receive(.description(.init(type: .answer, sdp: sdp)))
        case .candidate(.publisher, let candidate): publisher?.receive(.candidate(candidate))
        case .candidate(.subscriber, let candidate): subscriber?.receive(.candidate(candidate))
        case .published(let cid, _): named(cid)
        case .muteAsked(let cid, let isMuted): if isMuted { silence(cid) }
        case .layersWanted(camera?.cid, let wanted):
            plan.wanted = wanted
            updateLayers()
        case .layersWanted: break
        // Voices are noticed where they are played, which is sooner.
        case .speaking: break
        case .chat(let info, let text):
            guard let member = members[info.identity] else { break }
            controller.observer.event(.chat(member.participant, text: text.controlCharactersVisible))
        case .sendData(let bytes, let label): sendData(bytes, label)
        case .restartICE:
            publisher?.handleSignallingRestored()
            publisher?.restartICE()
        case .discardMedia: closeMedia()
        case .reconnecting(let attempt):
            controller.observer.event(.reconnecting(.signalling, nil, attempt: attempt, next: nil))
        case .reconnected(let duration): controller.observer.event(.reconnected(.signalling, nil, after: duration))
        case .ended(let end): controller.serverEnded(end)
        }
    }

    private func connect(_ query: [LiveKitQuery.Item], _ token: String) {
        socketGeneration += 1
        let generation = socketGeneration
        var url = access.url
        for item in query { url.add(item.name, item.value) }
        let client = SignalClient(loop: controller.signalLoop, configuration: .init(trust: access.trust))
        socket = client.openWebSocket(url, headers: [("Authorization", "Bearer " + token)]) { [weak self] event in
            CallLoop.post { self?.handle(event, generation: generation) }
        }
    }

    private func handle(_ event: ClientWebSocket.Event, generation: Int) {
        guard generation == socketGeneration else { return }
        let now = Clock.now()
        switch event {
        case .open, .text: break
        case .binary(let bytes): carryOut(session.receive(bytes, now: now))
        case .closed(_, let reason):
            socket = nil
            carryOut(session.handleClosed(status: nil, reason: reason, now: now))
        case .failed(let error):
            socket = nil
            let status: Int? = if case .refused(let status, _) = error { status } else { nil }
            carryOut(session.handleClosed(status: status, reason: error.message, now: now))
        }
    }

    private func joined(_ joined: LiveKitSession.Joined) {
        if !hasJoined {
            hasJoined = true
            controller.serverJoined(joined)
        }
        openMedia()
    }

    // MARK: Who is there

    private func add(_ info: LiveKitParticipant) {
        let member = ServerMember(info, call: self, controller: controller)
        members[info.identity] = member
        controller.announce(member.participant)
        member.begin()
        assignSections()
        controller.membersChanged()
        controller.greet()
        controller.leaveMeshWhenEmpty()
    }

    private func remove(_ info: LiveKitParticipant, _ reason: LeaveReason) {
        guard let member = members.removeValue(forKey: info.identity) else { return }
        guard controller.peers[info.identity] == nil else { return }
        member.settle()
        member.close()
        controller.departed.append(member)
        controller.announceDeparture(member.participant, reason)
        controller.membersChanged()
    }

    private func silence(_ cid: String) {
        if cid == microphone?.cid { controller.mutedByOther() }
        if cid == camera?.cid { controller.setCamera(false) }
    }
}
