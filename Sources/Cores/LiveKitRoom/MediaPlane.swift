import LiveKitProtocol
import SDP

/// Of a participant's two connections, the one it sends on and the one it receives on.
package enum ConnectionSide: Hashable, Sendable {
    case publisher, subscriber
}

/// What the media plane tells of a track that begins.
package struct ProducedTrack: Hashable, Sendable {
    package var isVideo: Bool
    /// The track's name in the offer (`a=msid`), by which it was announced.
    package var cid: String?
    package var mid: String
    /// `opus`, `VP8`, …
    package var codec: String
    /// Simulcast layers from the smallest to the largest; empty where there is one encoding without a name.
    package var rids: [String]

    package init(isVideo: Bool, cid: String?, mid: String, codec: String, rids: [String] = []) {
        self.isVideo = isVideo
        self.cid = cid
        self.mid = mid
        self.codec = codec
        self.rids = rids
    }
}

/// What a subscriber wants of a video track.
package struct LayerPreference: Hashable, Sendable {
    /// False: send nothing, keep the section.
    package var isEnabled = true
    /// Index of the largest useful simulcast layer, counted from the smallest; nil means the best.
    package var layer: Int?
    package var framesPerSecond: Int?
    /// Higher ones are the last to be starved.
    package var priority = 0
    package init() {}
}

/// What the owner of the rooms shall do to the media plane, which also does the negotiating.
package enum MediaCommand: Equatable, Sendable {
    /// Answer the offer for the connection on which the participant sends: the owner calls `published` and `ended` for
    /// what it brings, then `answered`.
    case answer(ParticipantID, offer: SessionDescription, id: UInt32)
    /// Make an offer for the other connection, where none is open and one says something new; then call `offered`.
    case offer(ParticipantID)
    /// The answer to that.
    case accept(ParticipantID, SessionDescription)
    /// The next offer shall restart ICE.
    case restart(ParticipantID)
    /// The publisher may not send this track any more.
    case unpublish(TrackID)
    /// While muted, nobody gets it, whatever comes in.
    case setMuted(TrackID, Bool)
    /// `stream` is what the subscriber shall see in `a=msid`, before the track.
    case subscribe(ParticipantID, TrackID, stream: String)
    case unsubscribe(ParticipantID, TrackID)
    case prefer(ParticipantID, TrackID, LayerPreference)
    /// One data packet, on the channel of that kind towards the participant.
    case sendData(ParticipantID, [UInt8], reliable: Bool)
    /// Close both connections.
    case close(ParticipantID)
}
