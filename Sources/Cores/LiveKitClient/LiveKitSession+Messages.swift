import LiveKitProtocol
import Primitives
import Signalling

// What the server says.
extension LiveKitSession {
    /// One frame: protobuf. What makes no sense, or is of no use here, is ignored.
    package mutating func receive(_ bytes: [UInt8], now: Instant) -> [Action] {
        guard state != .ended, let response = try? LKSignalResponse(wire: bytes, encoding: .binary),
            let message = response.message
        else { return [] }
        if case .open(let pingAt, _) = state { state = .open(pingAt: pingAt, silentAt: now + pingTimeout) }
        switch message {
        case .join(let join): return receive(join, now: now)
        case .reconnect(let reconnect): return receive(reconnect, now: now)
        case .leave(let leave): return receive(leave, now: now)
        case .refreshToken(let token):
            self.token = token
            return []
        case .answer(let answer): return [.answered(sdp: answer.sdp)]
        case .offer(let offer):
            answerID = offer.id
            return [.offered(sdp: offer.sdp)]
        case .trickle(let trickle): return receive(trickle)
        case .update(let update): return receive(update)
        case .trackPublished(let published): return receive(published)
        case .mute(let mute): return cid(of: mute.sid).map { [.muteAsked(cid: $0, mute.muted)] } ?? []
        case .subscribedQualityUpdate(let update): return receive(update)
        case .speakersChanged(let changed): return receive(changed)
        case .trackUnpublished, .roomUpdate, .connectionQuality, .streamStateUpdate, .subscriptionPermissionUpdate,
            .pong, .pongResp, .subscriptionResponse, .requestResponse, .trackSubscribed, .roomMoved:
            return []
        }
    }

    private func receive(_ trickle: LKTrickleRequest) -> [Action] {
        guard let json = try? JSON(parsing: Array(trickle.candidateInit.utf8), limits: .message),
            let candidate = SignalCandidate(json)
        else { return [] }
        return [.candidate(trickle.target == .subscriber ? .subscriber : .publisher, candidate)]
    }

    private mutating func receive(_ published: LKTrackPublishedResponse) -> [Action] {
        guard let index = localTracks.firstIndex(where: { $0.request.cid == published.cid }) else { return [] }
        localTracks[index].sid = published.track.sid
        return [.published(cid: published.cid, sid: published.track.sid)]
    }

    func cid(of sid: String) -> String? {
        localTracks.first { $0.sid == sid && !sid.isEmpty }?.request.cid
    }

    private func receive(_ update: LKSubscribedQualityUpdate) -> [Action] {
        guard let cid = cid(of: update.trackSid) else { return [] }
        let codec = update.subscribedCodecs.first { $0.codec.lowercased().hasSuffix("vp8") }
        let qualities = codec?.qualities ?? update.subscribedQualities
        let wanted = Set(qualities.filter(\.enabled).compactMap { SimulcastLayer.Quality($0.quality) })
        return [.layersWanted(cid: cid, wanted)]
    }

    private mutating func receive(_ changed: LKSpeakersChanged) -> [Action] {
        var actions: [Action] = []
        for speaker in changed.speakers {
            guard let identity = participantsBySID[speaker.sid]?.identity else { continue }
            let isNews = speaker.active ? speaking.insert(identity).inserted : speaking.remove(identity) != nil
            if isNews { actions.append(.speaking(identity, speaker.active)) }
        }
        return actions
    }
}

// Who is there.
extension LiveKitSession {
    private mutating func receive(_ update: LKParticipantUpdate) -> [Action] {
        let others = update.participants.filter { $0.sid != sid }
        guard expectsEverybody else { return others.flatMap { note($0) } }
        expectsEverybody = false
        return replaceAll(by: others)
    }

    /// The list is complete: who is not in it has left.
    mutating func replaceAll(by infos: [LKParticipantInfo]) -> [Action] {
        let identities = Set(infos.map(\.identity))
        let gone = participants.filter { !identities.contains($0.identity) }
        return gone.flatMap { remove($0.sid, .timeout) } + infos.flatMap { note($0) }
    }

    private mutating func note(_ info: LKParticipantInfo) -> [Action] {
        guard !info.sid.isEmpty, !info.identity.isEmpty, info.identity != identity else { return [] }
        if info.state == .disconnected { return remove(info.sid, LeaveReason(info.disconnectReason)) }
        let new = LiveKitParticipant(info)
        if let before = participantsBySID[info.sid] {
            guard new.version >= before.version, new != before else { return [] }
            participantsBySID[info.sid] = new
            return [.participantChanged(new, before: before)]
        }
        // The same person on a new connection, whose end of the old one was not told or is still to come.
        if let before = participant(info.identity) {
            participantsBySID[before.sid] = nil
            participantsBySID[info.sid] = new
            return [.participantChanged(new, before: before)]
        }
        guard participantsBySID.count < Self.maximumParticipants else { return [] }
        participantsBySID[info.sid] = new
        return [.participantJoined(new)]
    }

    private static let maximumParticipants = 1_000

    private mutating func remove(_ sid: String, _ reason: LeaveReason) -> [Action] {
        guard let gone = participantsBySID.removeValue(forKey: sid) else { return [] }
        speaking.remove(gone.identity)
        data.forget(gone.sid)
        for track in gone.tracks { settings[track.sid] = nil }
        return [.participantLeft(gone, reason)]
    }
}

extension LeaveReason {
    init(_ reason: LKDisconnectReason) {
        switch reason {
        case .duplicateIdentity: self = .replaced
        case .participantRemoved: self = .removed
        case .clientInitiated, .roomDeleted, .roomClosed: self = .left
        default: self = .timeout
        }
    }
}
