import Call
import ICE
import Media
import Peering
import Primitives
import Runtime
import Signalling

/// A line of the people list.
package struct RosterEntry: Sendable, Hashable {
    package var participant: Participant
    package var isSelf: Bool
    package var state: ParticipantState
    package var isConnected: Bool
}

// The others: who comes and goes, and what their connections tell.
extension CallController {
    func add(_ peer: MeshPeer) {
        // Who comes while the room moves is met on the media server.
        guard phase == .inCall, !isMovingUp else { return }
        let participant = Participant(id: peer.id, name: peer.name)
        announce(participant)
        servers.whenResolved { [weak self] addresses in
            guard let self, self.phase == .inCall, self.session.peer(peer.id) != nil, self.peers[peer.id] == nil else {
                return
            }
            self.connect(peer, participant, addresses)
        }
        noteCompany()
        updateRoster()
    }

    private func connect(_ peer: MeshPeer, _ participant: Participant, _ addresses: [ICEServerAddress]) {
        do {
            let remote = try RemotePeer(
                participant: participant, state: session.peer(peer.id)?.state ?? peer.state,
                isOfferer: session.order > peer.order,
                controller: self, servers: addresses)
            peers[peer.id] = remote
            remote.setViewport(viewports[peer.id] ?? defaultViewport)
            remote.connection.start()
        } catch {
            observer.event(.error(code: "peer-failed", message: "\(participant.name): \(error)", fatal: false))
        }
    }

    var defaultViewport: VideoTarget {
        VideoTarget(
            size: configuration.audioOnly ? .none : configuration.view,
            framesPerSecond: configuration.viewFramesPerSecond, bitrate: .zero)
    }

    func remove(_ peer: MeshPeer, _ reason: LeaveReason) {
        if let member = server?.members[peer.id] {
            // They left the mesh, not the call.
            peers.removeValue(forKey: peer.id)?.close(keepsMedia: true)
            member.takeOver()
            return membersChanged()
        }
        if let remote = peers.removeValue(forKey: peer.id) {
            remote.close()
            departed.append(remote)
            protectVoice()
        }
        viewports[peer.id] = nil
        announceDeparture(Participant(id: peer.id, name: peer.name), reason)
        noteCompany()
        updateRoster()
    }

    func update(_ peer: MeshPeer) {
        peers[peer.id]?.update(peer.state)
        updateRoster()
    }

    /// Keeps account of being alone, for `--exit-when-alone`.
    func noteCompany() {
        if session.peers.isEmpty, server?.members.isEmpty ?? true {
            if aloneSince == nil, hadCompany { aloneSince = Clock.now() }
        } else {
            hadCompany = true
            aloneSince = nil
            if let wanted = configuration.waitFor, members.count >= wanted { media.releaseFiles() }
        }
        scheduleTimer()
    }

    func updateRoster() {
        let own = RosterEntry(participant: ownParticipant, isSelf: true, state: ownState, isConnected: phase == .inCall)
        let served = server?.members ?? [:]
        let meshed = session.peers.filter { served[$0.id] == nil }.map { peer in
            RosterEntry(
                participant: Participant(id: peer.id, name: peer.name), isSelf: false, state: peer.state,
                isConnected: peers[peer.id]?.isConnected ?? false)
        }
        let others = served.values.sorted { $0.info.sid < $1.info.sid }.map { member in
            RosterEntry(
                participant: member.participant, isSelf: false, state: member.state, isConnected: member.isConnected)
        }
        observer.roster([own] + meshed + others)
    }

    func membersChanged() {
        noteCompany()
        updateRoster()
    }

    func sayHello(to peer: RemotePeer) {
        // `--chat` is said once to each who is there when the channel opens.
        guard let text = configuration.chat else { return }
        peer.send(.chat(id: "hello-\(session.selfID)", text: text, time: Clock.timestamp()))
        if chatToSay != nil {
            chatToSay = nil
            observer.event(.chat(ownParticipant, text: text.controlCharactersVisible))
        }
    }
}
