import LiveKitProtocol
import Primitives
import SDP

/// Who gets which track, and how much of it.
extension Room {
    /// Gives a track to somebody who wants it; nothing where they have it already.
    mutating func subscribe(_ id: ParticipantID, to track: TrackID) {
        guard let participant = participants[id], let published = tracks[track], published.owner != id,
            participant.wants(track), !participant.isGuest,
            participants[published.owner]?.permissions.isHidden == false,
            participants[id]?.subscribed.insert(track).inserted == true
        else { return }
        // Clients find out by the stream's name whose track it is.
        command(.subscribe(id, track, stream: "\(published.owner)|\(track)"))
        if let preference = participant.preferences[track] { command(.prefer(id, track, preference)) }
        guard !published.wasSubscribed else { return }
        tracks[track]?.wasSubscribed = true
        send(.trackSubscribed(.with { $0.trackSid = track.text }), to: published.owner)
    }

    mutating func unsubscribe(_ id: ParticipantID, from track: TrackID) {
        if participants[id]?.subscribed.remove(track) != nil { command(.unsubscribe(id, track)) }
    }

    /// The track is gone.
    mutating func forget(_ track: TrackID, by id: ParticipantID) {
        unsubscribe(id, from: track)
        participants[id]?.preferences[track] = nil
        participants[id]?.wanted.remove(track)
        participants[id]?.refused.remove(track)
    }

    // MARK: Offer and answer

    /// Asks for the next offer, where there is somebody to take it.
    mutating func negotiate(_ id: ParticipantID) {
        guard let participant = participants[id], participant.connection != nil, participant.openOffer == nil else {
            return
        }
        command(.offer(id))
    }

    mutating func negotiateAll() {
        for id in participants.keys { negotiate(id) }
    }

    mutating func sendOffer(_ offer: SessionDescription, to id: ParticipantID) {
        guard let number = participants[id]?.lastOffer else { return }
        participants[id]?.lastOffer = number &+ 1
        let mids = offer.media.compactMap { section in
            section.streams.first?.track.flatMap { track in section.mid.map { ($0, track) } }
        }
        let message = LKSessionDescription.with {
            $0.type = "offer"
            $0.sdp = offer.text
            $0.id = number &+ 1
            $0.midToTrackID = Dictionary(mids.filter { tracks[TrackID($0.1)] != nil }) { $1 }
        }
        participants[id]?.openOffer = message
        send(.offer(message), to: id)
    }

    /// Clients of old answer with id 0.
    mutating func receiveAnswer(_ wire: LKSessionDescription, from id: ParticipantID) {
        guard let open = participants[id]?.openOffer, wire.id == 0 || wire.id == open.id else { return }
        guard let answer = try? SessionDescription(parsing: wire.sdp, limits: Self.descriptionLimits) else {
            return dismiss(id, .mediaFailure)
        }
        participants[id]?.openOffer = nil
        participants[id]?.hasAnswered = true
        command(.accept(id, answer))
        negotiate(id)
    }

    // MARK: Wishes

    /// Of the tracks in one message, so many are looked at.
    private static let maximumNamed = 1_000

    mutating func updateSubscription(_ update: LKUpdateSubscription, of id: ParticipantID) {
        let named = update.trackSids + update.participantTracks.flatMap(\.trackSids)
        for track in named.prefix(Self.maximumNamed).map(TrackID.init) {
            // Wishes for what is not there would only fill memory.
            guard tracks[track] != nil else {
                tellMissing(track, to: id)
                continue
            }
            if update.subscribe {
                participants[id]?.refused.remove(track)
                participants[id]?.wanted.insert(track)
                subscribe(id, to: track)
            } else {
                unsubscribe(id, from: track)
                participants[id]?.wanted.remove(track)
                participants[id]?.refused.insert(track)
            }
        }
        negotiate(id)
    }

    private mutating func tellMissing(_ track: TrackID, to id: ParticipantID) {
        let response = LKSubscriptionResponse.with {
            $0.trackSid = String(track.text.prefix(64))
            $0.err = .seTrackNotfound
        }
        send(.subscriptionResponse(response), to: id)
    }

    mutating func updateSettings(_ settings: LKUpdateTrackSettings, of id: ParticipantID) {
        for track in settings.trackSids.prefix(Self.maximumNamed).map(TrackID.init) {
            guard let published = tracks[track], published.owner != id else { continue }
            var preference = LayerPreference()
            preference.isEnabled = !settings.disabled && settings.quality != .off
            preference.framesPerSecond = settings.fps > 0 ? Int(settings.fps) : nil
            preference.priority = Int(clamping: settings.priority)
            preference.layer =
                settings.width > 0 && settings.height > 0
                ? published.layers.index(covering: Int(settings.width), Int(settings.height))
                    ?? published.layers.index(for: settings.quality)
                : published.layers.index(for: settings.quality)
            guard participants[id]?.preferences[track] != preference else { continue }
            participants[id]?.preferences[track] = preference
            if participants[id]?.subscribed.contains(track) == true { command(.prefer(id, track, preference)) }
        }
    }

    /// Somebody may subscribe again, or not any more.
    mutating func applySubscribePermission(of id: ParticipantID) {
        for track in tracks.keys {
            if participants[id]?.wants(track) == true {
                subscribe(id, to: track)
            } else {
                unsubscribe(id, from: track)
            }
        }
        negotiate(id)
    }
}
