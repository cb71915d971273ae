import Primitives
import RTP
import Runtime
import SDP
import STUN
import SecureTransport
import SignalTransport

/// Publishers and subscribers against a server, by WHIP and WHEP: joins them at a steady rate, lets them run, and tells
/// what was seen.
@MediaLoop
package final class LoadRun {
    package struct Configuration: Sendable {
        /// Where the server is; each room's name is appended to `/whip/` and `/whep/`.
        package var server: SignalURL
        package var roomPrefix = "bench"
        package var token: String?
        package var rooms = 1
        /// In each room.
        package var publishers = 1
        package var subscribers = 10
        package var duration = Duration.seconds(30)
        /// New peers a second.
        package var joinRate = 10.0
        package var bitrate = Bitrate.kilobits(600)
        package var framesPerSecond = 30

        package init(server: SignalURL) { self.server = server }
    }

    private let configuration: Configuration
    private let client: SignalClient
    private let context: DTLSContext
    private let fingerprint: Fingerprint
    private var publishers: [LoadPublisher] = []
    private var subscribers: [LoadSubscriber] = []
    private var joins: [@MediaLoop () -> Void] = []
    private var sessions: [SignalURL] = []
    private var timer: MediaTimer?
    private var errors: [String] = []
    private var phase = Phase.joining
    private var next = Instant.zero
    private let completion: @Sendable (LoadReport) -> Void

    private enum Phase {
        case joining
        /// All have joined; what comes is counted from `until` on.
        case settling(until: Instant)
        case measuring(since: Instant, until: Instant)
        case done
    }

    private static let settlingTime = Duration.seconds(3)

    package init(
        _ configuration: Configuration, client: SignalClient, completion: @escaping @Sendable (LoadReport) -> Void
    ) throws {
        self.configuration = configuration
        self.client = client
        self.completion = completion
        let certificate = try Certificate.selfSigned(commonName: "confab bench")
        context = try DTLSContext(certificate: certificate)
        fingerprint = Fingerprint(sha256: certificate.fingerprint.bytes)!  // a SHA-256 has the right length
    }

    package func start() {
        for index in 0..<configuration.rooms {
            let room = configuration.rooms == 1 ? configuration.roomPrefix : "\(configuration.roomPrefix)-\(index)"
            for number in 0..<configuration.publishers { joins.append { self.publish(room, number) } }
        }
        for index in 0..<configuration.rooms {
            let room = configuration.rooms == 1 ? configuration.roomPrefix : "\(configuration.roomPrefix)-\(index)"
            for _ in 0..<configuration.subscribers { joins.append { self.subscribe(room) } }
        }
        timer = MediaTimer { [weak self] now in self?.handleTimeout(now) }
        next = Clock.now()
        timer?.schedule(at: next)
    }

    // MARK: Joining

    private func publish(_ room: String, _ number: Int) {
        var media = SyntheticMedia.Configuration()
        media.bitrate = configuration.bitrate
        media.framesPerSecond = configuration.framesPerSecond
        do {
            let peer = try LoadPeer(.publisher, context: context, fingerprint: fingerprint)
            publishers.append(LoadPublisher(peer, media))
            post(peer, "/whip/\(room)", query: [("name", "publisher \(number)")])
        } catch {
            errors.append("\(error)")
        }
    }

    private func subscribe(_ room: String) {
        do {
            let peer = try LoadPeer(.subscriber, context: context, fingerprint: fingerprint)
            subscribers.append(LoadSubscriber(peer, joined: Clock.now()))
            post(peer, "/whep/\(room)", query: [])
        } catch {
            errors.append("\(error)")
        }
    }

    private func post(_ peer: LoadPeer, _ path: String, query: [(String, String)]) {
        let url = SignalURL(server: configuration.server.server, path: path, query: query)
        var headers: SignalClient.Headers = [("Content-Type", "application/sdp")]
        if let token = configuration.token { headers.append(("Authorization", "Bearer \(token)")) }
        peer.onFailed = { [weak self] why in self?.errors.append(why) }
        client.request("POST", url, headers: headers, body: Array(peer.offer().utf8)) { [weak self] result in
            MediaLoop.post { self?.take(result, for: peer) }
        }
    }

    private func take(_ result: Result<HTTPResponse, SignalError>, for peer: LoadPeer) {
        do {
            let response = try result.get()
            guard response.status == 201 else { return errors.append(response.explanation) }
            if let location = response.header("location") {
                sessions.append(SignalURL(server: configuration.server.server, path: location))
            }
            try peer.accept(String(decoding: response.body, as: UTF8.self))
        } catch {
            errors.append("\(error)")
        }
    }

    // MARK: Time

    private func handleTimeout(_ now: Instant) {
        switch phase {
        case .joining:
            guard !joins.isEmpty else {
                phase = .settling(until: now + Self.settlingTime)
                break
            }
            joins.removeFirst()()
            // Subscribers come when there is something to see.
            let hasPublished = publishers.count == configuration.rooms * configuration.publishers
            let isFirstSubscriber = hasPublished && subscribers.isEmpty
            next = now + (isFirstSubscriber ? .seconds(1) : Duration(seconds: 1 / max(0.1, configuration.joinRate)))
        case .settling(let until):
            guard now >= until else { break }
            for subscriber in subscribers { subscriber.beginMeasuring() }
            for publisher in publishers { publisher.beginMeasuring() }
            phase = .measuring(since: now, until: now + configuration.duration)
        case .measuring(let since, let until):
            if now >= until { return finish(now - since) }
        case .done: return
        }
        switch phase {
        case .joining: break
        case .settling(let until): next = until
        case .measuring(_, let until): next = until
        case .done: return
        }
        timer?.schedule(at: next)
    }

    /// Ends all sessions and tells what was seen.
    package func finish(_ elapsed: Duration = .zero) {
        if case .done = phase { return }
        phase = .done
        timer?.schedule(at: nil)
        var report = LoadReport()
        report.rooms = configuration.rooms
        report.publishers = publishers.count
        report.subscribers = subscribers.count
        report.seconds = elapsed.seconds
        report.errors = errors
        let peers = publishers.map(\.peer) + subscribers.map(\.peer)
        report.connected = peers.filter(\.isConnected).count
        report.cipher = peers.lazy.compactMap(\.profile).first.map { "\($0)" } ?? "none"
        report.packetsSent = publishers.reduce(0) { $0 + $1.measuredPackets }
        report.packetsReceived = subscribers.reduce(0) { $0 + $1.received }
        report.packetsExpected = subscribers.reduce(0) { $0 + $1.expected }
        report.bytesReceived = subscribers.reduce(0) { $0 + $1.bytes }
        report.latency = .init(subscribers.flatMap(\.latencies))
        report.firstPacket = .init(subscribers.compactMap(\.firstPacket))
        report.firstKeyFrame = .init(subscribers.compactMap(\.firstKeyFrame))
        for publisher in publishers { publisher.stop() }
        for peer in peers { peer.close() }
        var headers: SignalClient.Headers = []
        if let token = configuration.token { headers.append(("Authorization", "Bearer \(token)")) }
        for session in sessions { client.request("DELETE", session, headers: headers) { _ in } }
        completion(report)
    }
}
