import LiveKitProtocol
import LiveKitRoom
import MediaServer
import Primitives
import Runtime

/// Those who are in a room by another protocol (WHIP): LiveKit's clients see them like anybody else.
extension LiveKitHost {
    func watch(_ room: MediaRoom) {
        room.router.onSpeakersChanged = { [weak self, weak room] _ in
            if let self, let room { tellSpeakers(in: room) }
        }
        room.observe(self) { [weak self, weak room] event in
            if let self, let room { handle(event, in: room) }
        }
    }

    private func handle(_ event: MediaRoom.Event, in room: MediaRoom) {
        switch event {
        case .joined(let member): welcome(member, to: room)
        case .left(let member):
            guard let id = guests.removeValue(forKey: ObjectIdentifier(member)) else { return }
            perform(service.leave(id, now: Clock.now()))
        case .published(let member, let producer):
            if let id = guests[ObjectIdentifier(member)] { adopt(producer, ofGuest: id) }
        case .unpublished(let member, let producer):
            if guests[ObjectIdentifier(member)] != nil { release(producer) }
        }
    }

    private func welcome(_ member: MediaRoom.Member, to room: MediaRoom) {
        guard !seats.values.contains(where: { $0.member === member }) else { return }
        let id = service.makeParticipantID()
        guests[ObjectIdentifier(member)] = id
        let arrival = LiveKitArrival(
            room: room.name, identity: member.identity, name: member.name, kind: "ingress")
        perform(service.enter(as: id, arrival, now: Clock.now()))
    }

    private func adopt(_ producer: Producer, ofGuest id: ParticipantID) {
        guard producer.appData == nil else { return }
        service.announce(ProducedTrack(producer), of: id)
        adopt(producer, of: id)
    }
}

extension ProducedTrack {
    @MediaLoop
    init(_ producer: Producer) {
        let isVideo = producer.kind == .video
        self.init(
            isVideo: isVideo, cid: producer.stream?.track, mid: producer.mid, codec: isVideo ? "VP8" : "opus",
            rids: producer.rids)
    }
}
