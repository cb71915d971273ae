import LiveKitProtocol
import SDP

/// Tracks come in two steps: the client announces one and learns its id, then offers it.
extension Room {
    static let maximumTracks = 32
    /// Enough for the sections of a hundred tracks.
    static let descriptionLimits = SessionDescription.Limits(
        bytes: 256 << 10, lines: 16_384, sections: 256, sourcesPerSection: 64)

    mutating func addTrack(_ request: LKAddTrackRequest, from id: ParticipantID) {
        guard let participant = participants[id] else { return }
        guard participant.permissions.mayPublish(request.source), request.type != .data else {
            return refuse(request, .notAllowed, "the token does not allow to publish this", to: id)
        }
        guard request.sid.isEmpty else {
            return refuse(request, .unsupportedType, "a second codec for a track is not supported", to: id)
        }
        guard participant.announced.count + participant.tracks.count < Self.maximumTracks,
            request.cid.utf8.count <= Self.maximumNameBytes, request.name.utf8.count <= Self.maximumNameBytes,
            request.layers.count <= 8
        else {
            return refuse(request, .limitExceeded, "that is too much", to: id)
        }
        guard !participant.announced.contains(where: { $0.cids.contains(request.cid) }) else {
            return refuse(request, .queued, "a track of this name is being published", to: id)
        }
        let info = LKTrackInfo(request, sid: identifiers.track(request.type == .audio ? "AM" : "VC"))
        let cids = [request.cid] + request.simulcastCodecs.prefix(4).map(\.cid).filter { !$0.isEmpty }
        participants[id]?.announced.append(AnnouncedTrack(info: info, cids: cids))
        let response = LKTrackPublishedResponse.with {
            $0.cid = request.cid
            $0.track = info
        }
        send(.trackPublished(response), to: id)
    }

    /// Somebody who speaks another protocol announces nothing.
    mutating func announceForGuest(_ produced: ProducedTrack, of id: ParticipantID) {
        var info = LKTrackInfo()
        info.sid = identifiers.track(produced.isVideo ? "VC" : "AM").text
        info.type = produced.isVideo ? .video : .audio
        info.source = produced.isVideo ? .camera : .microphone
        info.name = produced.isVideo ? "camera" : "microphone"
        participants[id]?.announced.append(AnnouncedTrack(info: info, cids: produced.cid.map { [$0] } ?? []))
    }

    private mutating func refuse(
        _ request: LKAddTrackRequest, _ reason: LKRequestResponse.Reason, _ message: String, to id: ParticipantID
    ) {
        let response = LKRequestResponse.with {
            $0.reason = reason
            $0.message = message
            $0.addTrack = request
        }
        send(.requestResponse(response), to: id)
    }

    // MARK: The offer

    mutating func receiveOffer(_ wire: LKSessionDescription, from id: ParticipantID) {
        guard let offer = try? SessionDescription(parsing: wire.sdp, limits: Self.descriptionLimits) else {
            return dismiss(id, .mediaFailure)
        }
        command(.answer(id, offer: offer, id: wire.id))
    }

    mutating func sendAnswer(_ answer: SessionDescription, _ number: UInt32, to id: ParticipantID) {
        let published = (participants[id]?.tracks ?? []).compactMap { tracks[$0]?.info }
        let message = LKSessionDescription.with {
            $0.type = "answer"
            $0.sdp = answer.text
            $0.id = number
            $0.midToTrackID = Dictionary(published.map { ($0.mid, $0.sid) }) { $1 }
        }
        send(.answer(message), to: id)
    }

    /// Finds the announcement by the name in the offer; else the only one of that kind, because some browsers rename
    /// tracks.
    mutating func begin(_ produced: ProducedTrack, of id: ParticipantID) -> TrackID? {
        guard let announced = participants[id]?.announced else { return nil }
        let ofKind = announced.indices.filter { (announced[$0].info.type == .video) == produced.isVideo }
        let named = ofKind.first { index in produced.cid.map { announced[index].cids.contains($0) } ?? false }
        guard let index = named ?? (ofKind.count == 1 ? ofKind[0] : nil),
            let info = participants[id]?.announced.remove(at: index).info
        else { return nil }
        let track = PublishedTrack(info, owner: id, produced)
        tracks[track.id] = track
        participants[id]?.tracks.append(track.id)
        return track.id
    }

    mutating func start(_ track: TrackID, of id: ParticipantID) {
        guard let owner = participants[id], let published = tracks[track], published.owner == id else { return }
        if published.info.muted { command(.setMuted(track, true)) }
        act(.report(.published(room: name, identity: owner.identity, track)))
        // Before the offers that carry the track: clients look it up.
        announce(id)
        for other in participants.keys where other != id {
            subscribe(other, to: track)
            negotiate(other)
        }
    }

    // MARK: The end of a track

    /// The caller negotiates afterwards with those who watched.
    mutating func endTrack(_ track: TrackID, tellOwner: Bool) {
        guard let ended = tracks.removeValue(forKey: track) else { return }
        participants[ended.owner]?.tracks.removeAll { $0 == track }
        for id in participants.keys where id != ended.owner { forget(track, by: id) }
        command(.unpublish(track))
        act(.report(.unpublished(room: name, track)))
        guard tellOwner else { return }
        send(.trackUnpublished(.with { $0.trackSid = track.text }), to: ended.owner)
        announce(ended.owner)
    }

    /// A track that was published may not be any more, now that its owner's permissions have changed.
    mutating func endForbiddenTracks(of id: ParticipantID) {
        guard let participant = participants[id] else { return }
        let forbidden = participant.tracks.filter { track in
            tracks[track].map { !participant.permissions.mayPublish($0.info.source) } ?? false
        }
        for track in forbidden { endTrack(track, tellOwner: true) }
        participants[id]?.announced.removeAll { !participant.permissions.mayPublish($0.info.source) }
        negotiateAll()
    }
}
