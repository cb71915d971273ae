import Primitives
import Runtime
import SFU

/// The media of one room: transports of its participants, what they publish, and who of them speaks.
@MediaLoop
package final class Router {
    package let server: MediaServer
    package private(set) var transports: [WebRtcTransport] = []
    package private(set) var producers: [Producer] = []
    /// Somebody began to publish.
    package var onProducer: ((Producer) -> Void)?
    /// Somebody stopped; its consumers know already.
    package var onProducerClosed: ((Producer) -> Void)?
    /// Who began to speak, changed their loudness (0...1), or, with 0, stopped: changes only, loudest first. A window of
    /// 400 ms counts.
    package var onSpeakersChanged: (([(producer: Producer, level: Double)]) -> Void)?

    private var speakers = ActiveSpeakerObserver()
    private var timer: MediaTimer?
    private var nextProducer = 1
    private var isClosed = false

    init(server: MediaServer) {
        self.server = server
        timer = MediaTimer { [weak self] now in self?.handleTimeout(now) }
    }

    /// A peer connection with one participant.
    package func makeTransport(_ options: WebRtcTransport.Options = .init()) throws -> WebRtcTransport {
        let transport = try WebRtcTransport(router: self, options: options)
        transports.append(transport)
        server.count { $0.transportsMade += 1 }
        return transport
    }

    /// Ends all transports.
    package func close() {
        guard !isClosed else { return }
        isClosed = true
        for transport in transports { transport.close() }
        timer?.schedule(at: nil)
        server.forget(self)
    }

    /// The loudest of those who speak now, or nil.
    package var activeSpeaker: Producer? {
        speakers.speakers.lazy.compactMap { self.producer($0.source) }.first
    }

    /// Who speaks now, loudest first.
    package var activeSpeakers: [(producer: Producer, level: Double)] { named(speakers.speakers) }

    func forget(_ transport: WebRtcTransport) { transports.removeAll { $0 === transport } }

    // MARK: Producers

    func nextProducerID() -> Int {
        defer { nextProducer += 1 }
        return nextProducer
    }

    func add(_ producer: Producer) {
        producers.append(producer)
        onProducer?(producer)
    }

    func remove(_ producer: Producer) {
        producers.removeAll { $0 === producer }
        if speakers.remove(producer.id) != nil { onSpeakersChanged?([(producer, 0)]) }
        onProducerClosed?(producer)
    }

    func record(_ producer: Producer, level: UInt8, now: Instant) {
        speakers.record(producer.id, level: level, now: now)
        timer?.schedule(at: speakers.nextDeadline)
    }

    private func handleTimeout(_ now: Instant) {
        let changes = named(speakers.handleTimeout(now: now))
        timer?.schedule(at: speakers.nextDeadline)
        if !changes.isEmpty { onSpeakersChanged?(changes) }
    }

    private func named(_ speakers: [ActiveSpeaker]) -> [(producer: Producer, level: Double)] {
        speakers.compactMap { speaker in producer(speaker.source).map { ($0, speaker.level) } }
    }

    private func producer(_ id: Int) -> Producer? { producers.first { $0.id == id } }
}
