import LiveKitProtocol
import LiveKitRoom
import MediaServer
import Primitives
import Runtime

// What the media plane tells.
extension LiveKitHost {
    /// Called again where an agreement changes.
    func adopt(_ producer: Producer, of id: ParticipantID) {
        guard producer.appData == nil else { return }
        guard let track = service.published(id, ProducedTrack(producer)) else {
            producer.pause()
            return
        }
        producer.appData = TrackTag(track, of: id)
        producers[track] = producer
        producer.onHighestLayerWanted = { [weak self] layer in
            guard let self else { return }
            perform(service.setHighestLayerWanted(layer, of: track, from: id))
        }
        if let seat = seats[id] { seat.room.publish(producer, of: seat.member) }
        perform(service.start(track, of: id))
    }

    func release(_ producer: Producer) {
        guard let tag = producer.appData as? TrackTag else { return }
        seats[tag.owner]?.room.unpublish(producer)
        guard producers.removeValue(forKey: tag.track) != nil else { return }
        perform(service.ended(tag.track, of: tag.owner))
    }

    func receive(_ bytes: [UInt8], on label: String, from id: ParticipantID) {
        switch label {
        case LiveKit.reliableLabel: perform(service.receiveData(bytes, reliable: true, from: id))
        case LiveKit.lossyLabel: perform(service.receiveData(bytes, reliable: false, from: id))
        default: break
        }
    }

    func tellSpeakers(in room: MediaRoom) {
        let levels = room.router.activeSpeakers.compactMap { speaker in
            (speaker.producer.appData as? TrackTag).map { (track: $0.track, level: Float(speaker.level)) }
        }
        perform(service.speakers(levels, in: room.name))
    }

    func measureQualities(_ now: Instant) {
        var rooms: [String: [ParticipantID: LKConnectionQuality]] = [:]
        for seat in seats.values { rooms[seat.room.name, default: [:]][seat.id] = quality(of: seat, now) }
        for (room, qualities) in rooms { perform(service.qualities(qualities, in: room)) }
        qualityTimer?.schedule(at: now + Self.qualityInterval)
    }

    /// By the worse of what is lost on the way here and on the way there.
    private func quality(of seat: MediaSeat, _ now: Instant) -> LKConnectionQuality {
        if seat.subscriber.state == .disconnected { return .lost }
        let incoming = seat.publisher.producers.flatMap { $0.statistics(now: now) }.map(\.fractionLost)
        let outgoing = seat.consumers.values.map(\.fractionLost)
        switch (incoming + outgoing).max() ?? 0 {
        case ..<0.02: return .excellent
        case ..<0.1: return .good
        default: return .poor
        }
    }
}
