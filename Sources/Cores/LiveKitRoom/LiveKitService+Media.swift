import LiveKitProtocol
import Primitives
import SDP

// What the media plane says.
extension LiveKitService {
    package mutating func connected(_ id: ParticipantID, _ side: ConnectionSide, now: Instant) -> [LiveKitAction] {
        guard let room = places[id], side == .subscriber else { return [] }
        rooms[room]?.activate(id)
        return finish(room, now)
    }

    /// What an offer brought is known by now: here is the answer.
    package mutating func answered(
        _ id: ParticipantID, _ answer: SessionDescription, id number: UInt32, now: Instant
    ) -> [LiveKitAction] {
        guard let room = places[id] else { return [] }
        rooms[room]?.sendAnswer(answer, number, to: id)
        return take(from: room)
    }

    package mutating func offered(_ id: ParticipantID, _ offer: SessionDescription) -> [LiveKitAction] {
        guard let room = places[id] else { return [] }
        rooms[room]?.sendOffer(offer, to: id)
        return take(from: room)
    }

    /// A description of the client cannot be used.
    package mutating func failedToNegotiate(_ id: ParticipantID, now: Instant) -> [LiveKitAction] {
        counts.malformed += 1
        return expel(id, .mediaFailure, now: now)
    }

    /// A participant begins to send something. Nil where it was not announced: nobody shall get it.
    /// To be followed by `start`, once the media plane knows the track by this name.
    package mutating func published(_ id: ParticipantID, _ track: ProducedTrack) -> TrackID? {
        places[id].flatMap { rooms[$0]?.begin(track, of: id) }
    }

    package mutating func start(_ track: TrackID, of id: ParticipantID) -> [LiveKitAction] {
        guard let room = places[id] else { return [] }
        rooms[room]?.start(track, of: id)
        return take(from: room)
    }

    package mutating func ended(_ track: TrackID, of id: ParticipantID) -> [LiveKitAction] {
        guard let room = places[id] else { return [] }
        rooms[room]?.endTrack(track, tellOwner: true)
        rooms[room]?.negotiateAll()
        return take(from: room)
    }

    /// A connection was lost for good. Somebody who is also without a socket is gone.
    package mutating func failed(_ id: ParticipantID, _ side: ConnectionSide, now: Instant) -> [LiveKitAction] {
        guard let room = places[id], rooms[room]?.participants[id]?.connection == nil else { return [] }
        rooms[room]?.remove(id, .connectionTimeout)
        return finish(room, now)
    }

    /// Who is heard in a room at the moment, loudest first, with levels from 0 to 1.
    package mutating func speakers(_ levels: [(track: TrackID, level: Float)], in room: String) -> [LiveKitAction] {
        rooms[room]?.updateSpeakers(levels)
        return take(from: room)
    }

    /// How well participants are connected.
    package mutating func qualities(
        _ qualities: [ParticipantID: LKConnectionQuality], in room: String
    ) -> [LiveKitAction] {
        rooms[room]?.updateQualities(qualities)
        return take(from: room)
    }

    /// A track is not sent to a subscriber for lack of bandwidth, or again.
    package mutating func setPaused(_ paused: Bool, _ track: TrackID, for id: ParticipantID) -> [LiveKitAction] {
        guard let room = places[id] else { return [] }
        rooms[room]?.tellPaused(paused, track, to: id)
        return take(from: room)
    }

    /// Nobody needs the layers of a track above this one, counted from the smallest.
    package mutating func setHighestLayerWanted(
        _ layer: Int, of track: TrackID, from id: ParticipantID
    ) -> [LiveKitAction] {
        guard let room = places[id] else { return [] }
        rooms[room]?.tellWanted(layer, of: track)
        return take(from: room)
    }
}
