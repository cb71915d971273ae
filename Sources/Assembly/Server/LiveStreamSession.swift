import MediaServer
import PeerSession
import Runtime
import SDP

/// One WHIP or WHEP session: a transport, and what it is for.
@MediaLoop
class LiveStreamSession {
    let transport: WebRtcTransport
    let room: MediaRoom
    /// It is over: by DELETE, by the peer, or because the peer fell silent.
    var onEnd: (() -> Void)?
    private var generation = 1
    private var offer: SessionDescription?
    private var hasEnded = false

    init(transport: WebRtcTransport, room: MediaRoom) {
        self.transport = transport
        self.room = room
        transport.onStateChange = { [weak self] state in
            switch state {
            // A session has nobody who could restart it after half a minute of silence.
            case .failed, .closed, .disconnected: self?.end()
            case .new, .connecting, .connected: break
            }
        }
    }

    /// Names the state of ICE, which a restart changes.
    var etag: String { "\"\(generation)\"" }

    func start(_ text: String) throws(NegotiationError) -> SessionDescription {
        let offer: SessionDescription
        do {
            offer = try SessionDescription(parsing: text)
        } catch {
            throw .unreadable(error)
        }
        let answer = try transport.answer(offer)
        self.offer = offer
        return answer
    }

    /// Takes the peer's new credentials as if it had offered with them, and answers with ours.
    func restart(_ credentials: ICECredentials) -> ICEFragment? {
        guard var offer else { return nil }
        offer.attributes.credentials = nil
        for index in offer.media.indices { offer.media[index].attributes.credentials = credentials }
        guard let answer = try? transport.answer(offer), let section = answer.media.first(where: { !$0.isRejected })
        else { return nil }
        self.offer = offer
        generation += 1
        var fragment = ICEFragment()
        fragment.credentials = answer.credentials(of: section)
        fragment.mid = section.mid
        fragment.candidates = section.candidates
        fragment.hasEndOfCandidates = true
        return fragment
    }

    func end() {
        guard !hasEnded else { return }
        hasEnded = true
        leave()
        transport.close()
        onEnd?()
        onEnd = nil
    }

    /// Lets go of the room.
    func leave() {}
}

/// Somebody who publishes by WHIP: a member of the room like any other.
@MediaLoop
final class LiveStreamPublisher: LiveStreamSession {
    private var member: MediaRoom.Member?

    init(transport: WebRtcTransport, room: MediaRoom, identity: String, name: String) {
        super.init(transport: transport, room: room)
        let member = MediaRoom.Member(identity: identity, name: name) { [weak self] in self?.end() }
        self.member = member
        transport.onProducer = { producer in room.publish(producer, of: member) }
        transport.onProducerClosed = { producer in room.unpublish(producer) }
    }

    override func start(_ text: String) throws(NegotiationError) -> SessionDescription {
        if let member { room.add(member) }
        return try super.start(text)
    }

    override func leave() {
        if let member { room.remove(member) }
        member = nil
    }
}

/// Somebody who plays by WHEP: one participant's sound and picture, or those of whoever speaks.
@MediaLoop
final class LiveStreamPlayer: LiveStreamSession {
    private let participant: String?
    private var audio: Consumer?
    private var video: Consumer?

    init(transport: WebRtcTransport, room: MediaRoom, participant: String?) {
        self.participant = participant
        super.init(transport: transport, room: room)
        room.observe(self) { [weak self] _ in self?.follow() }
    }

    /// Whom to play: the one who was asked for, or the active speaker, or anybody.
    static func source(in room: MediaRoom, participant: String?) -> MediaRoom.Member? {
        let publishers = room.members.filter { !$0.producers.isEmpty }
        if let participant {
            return publishers.first { $0.identity == participant } ?? publishers.first { $0.name == participant }
        }
        let speaker = room.router.activeSpeaker.flatMap { room.publisher(of: $0) }
        return speaker ?? publishers.first { $0.producers.contains { $0.kind == .video } } ?? publishers.first
    }

    override func start(_ text: String) throws(NegotiationError) -> SessionDescription {
        let source = Self.source(in: room, participant: participant)
        audio = source?.producers.first { $0.kind == .audio }.map { transport.consume($0) }
        video = source?.producers.first { $0.kind == .video }.map { transport.consume($0) }
        return try super.start(text)
    }

    /// Goes on with whoever is there now, when the one who was played has left.
    private func follow() {
        guard let source = Self.source(in: room, participant: participant) else { return }
        for consumer in [audio, video].compactMap({ $0 }) where consumer.producer.isClosed {
            guard let next = source.producers.first(where: { $0.kind == consumer.kind && !$0.isClosed }) else {
                continue
            }
            consumer.switchTo(next)
        }
    }

    override func leave() { room.removeObserver(self) }
}
