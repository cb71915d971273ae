import LiveKitRoom
import MediaServer
import Runtime
import SDP
import SFU

// Carries out what the rooms decide.
extension LiveKitHost {
    func perform(_ actions: [LiveKitAction]) {
        for action in actions {
            switch action {
            case .send(let message, let connection): sockets[connection]?.send(message)
            case .close(let connection): sockets.removeValue(forKey: connection)?.close()
            case .media(let command): carryOut(command)
            case .report(let report): handle(report)
            }
        }
        timer?.schedule(at: service.nextDeadline)
    }

    private func handle(_ report: LiveKitReport) {
        if case .ended(let name) = report, let room = rooms[name] { rooms.release(room) }
        onReport?(report)
    }

    private func carryOut(_ command: MediaCommand) {
        switch command {
        case .answer(let id, let offer, let number): answer(offer, number, from: id)
        case .offer(let id): offer(to: id)
        case .accept(let id, let answer): accept(answer, from: id)
        case .restart(let id): seats[id]?.subscriber.restartICE()
        case .unpublish(let track): unpublish(track)
        case .setMuted(let track, let muted): muted ? producers[track]?.pause() : producers[track]?.resume()
        case .subscribe(let id, let track, let stream): subscribe(id, track, stream)
        case .unsubscribe(let id, let track): seats[id]?.consumers.removeValue(forKey: track)?.close()
        case .prefer(let id, let track, let preference): prefer(preference, seats[id]?.consumers[track])
        case .sendData(let id, let bytes, let reliable): seats[id]?.send(bytes, reliable: reliable)
        case .close(let id): close(id)
        }
    }

    private func answer(_ offer: SessionDescription, _ number: UInt32, from id: ParticipantID) {
        guard let seat = seats[id] else { return }
        do {
            let answer = try seat.publisher.answer(offer)
            perform(service.answered(id, answer, id: number, now: Clock.now()))
        } catch {
            giveUp(id, error)
        }
    }

    private func offer(to id: ParticipantID) {
        guard let subscriber = seats[id]?.subscriber, subscriber.isNegotiationNeeded,
            let offer = subscriber.makeOffer()
        else { return }
        perform(service.offered(id, offer))
    }

    private func accept(_ answer: SessionDescription, from id: ParticipantID) {
        do {
            try seats[id]?.subscriber.accept(answer)
        } catch {
            giveUp(id, error)
        }
    }

    private func giveUp(_ id: ParticipantID, _ error: any Error) {
        log.debug("a description is of no use", metadata: ["participant": "\(id)", "why": "\(error)"])
        perform(service.failedToNegotiate(id, now: Clock.now()))
    }

    private func close(_ id: ParticipantID) {
        guard let seat = seats.removeValue(forKey: id) else { return }
        seat.close()
        rooms.release(seat.room)
    }

    private func unpublish(_ track: TrackID) {
        guard let producer = producers.removeValue(forKey: track) else { return }
        if let tag = producer.appData as? TrackTag { seats[tag.owner]?.room.unpublish(producer) }
        producer.pause()
    }

    private func subscribe(_ id: ParticipantID, _ track: TrackID, _ stream: String) {
        guard let seat = seats[id], let producer = producers[track], seat.consumers[track] == nil else { return }
        let consumer = seat.subscriber.consume(producer, stream: stream, track: track.text)
        consumer.onStarved = { [weak self] starved in
            guard let self else { return }
            perform(service.setPaused(starved, track, for: id))
        }
        seat.consumers[track] = consumer
    }

    private func prefer(_ preference: LayerPreference, _ consumer: Consumer?) {
        guard let consumer else { return }
        consumer.priority = preference.priority
        consumer.preferredLayers = .init(
            spatial: preference.layer ?? 3, temporal: Self.temporalLayer(for: preference.framesPerSecond))
        preference.isEnabled ? consumer.resume() : consumer.pause()
    }

    /// Of three temporal layers each has half the rate of the next (30, 15, 7.5 a second).
    private static func temporalLayer(for framesPerSecond: Int?) -> Int {
        switch framesPerSecond {
        case .some(...8): 0
        case .some(...16): 1
        default: 3
        }
    }
}
