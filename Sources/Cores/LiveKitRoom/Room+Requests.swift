import LiveKitProtocol
import Primitives
import SDP

/// What a client asks for, each kind in a method of its own.
extension Room {
    mutating func handle(_ request: LKSignalRequest, from id: ParticipantID, _ time: Time) {
        switch request.message {
        case .offer(let offer): receiveOffer(offer, from: id)
        case .answer(let answer): receiveAnswer(answer, from: id)
        case .addTrack(let track): addTrack(track, from: id)
        case .mute(let mute): setMuted(mute.muted, TrackID(mute.sid), by: id)
        case .subscription(let update): updateSubscription(update, of: id)
        case .trackSetting(let settings): updateSettings(settings, of: id)
        case .leave: remove(id, .clientInitiated)
        case .updateMetadata(let update): updateMetadata(update, of: id)
        case .ping(let timestamp): send(.pong(timestamp), to: id)
        case .pingReq(let ping):
            let answer = LKPong.with {
                $0.lastPingTimestamp = ping.timestamp
                $0.timestamp = time.unixMilliseconds
            }
            send(.pongResp(answer), to: id)
        case .updateVideoTrack(let update): updateSize(update, of: id)
        // An ICE-lite agent needs no candidates (RFC 8445 §2.5), and what SyncState tells is remembered here anyway.
        case .trickle, .syncState, .subscriptionPermission, .simulate, .updateAudioTrack, nil: break
        }
    }

    // MARK: Metadata

    private mutating func updateMetadata(_ update: LKUpdateParticipantMetadata, of id: ParticipantID) {
        guard let participant = participants[id] else { return }
        guard participant.permissions.canUpdateMetadata else {
            return answer(.notAllowed, "the token does not allow changes of metadata", to: update, of: id)
        }
        guard change(id, name: update.name, metadata: update.metadata, attributes: update.attributes) else {
            return answer(.limitExceeded, "names and metadata have limits", to: update, of: id)
        }
        answer(.ok, "", to: update, of: id)
    }

    private mutating func answer(
        _ reason: LKRequestResponse.Reason, _ message: String, to update: LKUpdateParticipantMetadata,
        of id: ParticipantID
    ) {
        let response = LKRequestResponse.with {
            $0.requestID = update.requestID
            $0.reason = reason
            $0.message = message
            $0.updateMetadata = update
        }
        send(.requestResponse(response), to: id)
    }

    static let maximumNameBytes = 256
    static let maximumMetadataBytes = 64 << 10

    /// Empty texts leave things as they are; an empty attribute deletes one. False where something is too long.
    mutating func change(
        _ id: ParticipantID, name: String, metadata: String, attributes: [String: String]
    ) -> Bool {
        guard let participant = participants[id] else { return false }
        let merged = participant.attributes.merging(attributes) { $1 }.filter { !$0.value.isEmpty }
        let size = merged.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
        guard name.utf8.count <= Self.maximumNameBytes, metadata.utf8.count <= Self.maximumMetadataBytes,
            size <= Self.maximumMetadataBytes
        else { return false }
        if !name.isEmpty { participants[id]?.name = name }
        if !metadata.isEmpty { participants[id]?.metadata = metadata }
        participants[id]?.attributes = merged
        announce(id)
        return true
    }

    // MARK: Muting

    /// Only the owner lifts what the owner, or nobody, has muted.
    private mutating func setMuted(_ muted: Bool, _ track: TrackID, by id: ParticipantID) {
        if let index = participants[id]?.announced.firstIndex(where: { $0.id == track }) {
            participants[id]?.announced[index].info.muted = muted
            return
        }
        guard let published = tracks[track], published.owner == id, published.info.muted != muted else { return }
        tracks[track]?.info.muted = muted
        command(.setMuted(track, muted))
        announce(id)
    }

    private mutating func updateSize(_ update: LKUpdateLocalVideoTrack, of id: ParticipantID) {
        let track = TrackID(update.trackSid)
        guard tracks[track]?.owner == id else { return }
        tracks[track]?.info.width = update.width
        tracks[track]?.info.height = update.height
        announce(id)
    }
}
