import Call
import ICE
import Logging
import Media
import Peering
import Primitives
import Runtime
import SDP
import SecureTransport
import SignalTransport
import Signalling

/// A one-way live stream: publishes by WHIP or plays by WHEP, and makes the connection anew when it is lost.
///
/// Commands go in, `CallEvent`s come out, all on the call loop; the endpoint counts as the only other participant.
@CallLoop
package final class LiveStreamController {
    let configuration: LiveStreamConfiguration
    nonisolated package let media: LocalMedia
    let observer: CallController.Observer
    let participant: Participant
    private let client: SignalClient
    private let signalLoop: SignalLoop
    private let certificate: Certificate
    private var session: LiveStreamSession
    var connection: LiveConnection?
    private lazy var servers = ResolvedICEServers { [weak self] in self?.openTunnel($0) }
    private var timer: LoopTimer!  // needs a handler that reaches this object
    let startedAt = Clock.now()
    private var joinedAt: Instant?
    private var offerDueAt: Instant?
    private var connectDueAt: Instant?
    private var qualityDueAt: Instant?
    private var isLeaving = false
    private var exitStatus: Int32 = 0
    var firstFrame: Duration?
    var firstAudio: Duration?
    var bytes = (received: 0, sent: 0)

    /// Candidates of this machine come at once; those of a STUN server that does not answer are not waited for.
    private static let gatheringLimit = Duration.milliseconds(1_000)
    /// A session that has not connected by then is given up.
    private static let connectingLimit = Duration.seconds(15)
    private static let qualityInterval = Duration.seconds(5)

    /// Throws where OpenSSL cannot make a certificate.
    package init(
        _ configuration: LiveStreamConfiguration, media: LocalMedia, signalLoop: SignalLoop,
        observer: CallController.Observer
    ) throws {
        self.configuration = configuration
        self.media = media
        self.observer = observer
        self.signalLoop = signalLoop
        client = SignalClient(loop: signalLoop, configuration: .init(trust: configuration.trust))
        certificate = try Certificate.selfSigned()
        let url = configuration.endpoint.description
        participant = Participant(id: url, name: url)
        session = LiveStreamSession(
            endpoint: configuration.endpoint.server.httpURL + configuration.endpoint.target,
            token: configuration.token)
        timer = LoopTimer { [weak self] now in self?.handleTimeout(now: now) }
    }

    package func start() {
        startMedia()
        servers.resolve(configuration.call.iceServers, []) { _ in }
        carryOut(session.start(now: Clock.now()))
    }

    package func leave(_ reason: LeftReason) { end(reason, status: 0) }

    package func setMuted(_ muted: Bool) { media.microphone.setMuted(muted) }

    // MARK: Session

    func carryOut(_ actions: [LiveStreamSession.Action]) {
        for action in actions { carryOut(action) }
        schedule()
    }

    private func carryOut(_ action: LiveStreamSession.Action) {
        switch action {
        case .connect: servers.whenResolved { [weak self] in self?.connect($0) }
        case .send(let request): send(request)
        case .accept(let answer): connection?.accept(answer)
        case .useICEServers(let granted): servers.resolve([], granted) { _ in }
        case .reconnecting(let attempt):
            dropConnection()
            observer.event(.reconnecting(joinedAt == nil ? .signalling : .media, participant, attempt: attempt))
        case .reconnected(let duration): observer.event(.reconnected(.media, participant, after: duration))
        case .ended(let end): ended(end)
        }
    }

    private func connect(_ addresses: [ICEServerAddress]) {
        guard !isLeaving else { return }
        dropConnection()
        do {
            connection = try LiveConnection(
                configuration, certificate: certificate, servers: addresses, sendsAudio: media.hasMicrophone,
                sendsVideo: media.hasCamera
            ) { [weak self] event in self?.handle(event) }
            offerDueAt = Clock.now() + Self.gatheringLimit
            connection?.start()
        } catch {
            fail("internal", "\(error)", status: ExitStatus.internalError)
        }
        schedule()
    }

    private func dropConnection() {
        offerDueAt = nil
        connectDueAt = nil
        guard let old = connection else { return }
        connection = nil
        bytes.received += old.bytesReceived
        bytes.sent += old.bytesSent
        old.close()
        stopMedia()
    }

    /// Sends the offer with the candidates found by now.
    func post() {
        guard offerDueAt != nil, let offer = connection?.takeOffer() else { return }
        offerDueAt = nil
        connectDueAt = Clock.now() + Self.connectingLimit
        carryOut(session.post(offer: offer))
    }

    func trickle(_ fragment: String) { carryOut(session.trickle(fragment)) }

    func becameConnected() {
        connectDueAt = nil
        let now = Clock.now()
        defer { schedule() }
        carryOut(session.handleConnected(now: now))
        guard joinedAt == nil else { return }
        joinedAt = now
        qualityDueAt = now + Self.qualityInterval
        let own = Participant(id: "", name: configuration.call.name)
        observer.event(
            .joined(
                room: participant.name, mode: configuration.direction.rawValue, self: own, link: participant.id,
                after: now - startedAt))
        for note in media.notes where configuration.direction == .publish {
            observer.event(.error(code: "device", message: note, fatal: false))
        }
    }

    func lost(_ reason: String) { carryOut(session.handleDisconnected(reason, now: Clock.now())) }

    // MARK: HTTP

    private func send(_ request: LiveStreamSession.Request) {
        guard let url = try? SignalURL(parsing: request.url) else {
            return handle(.failed("\(request.url.controlCharactersVisible) is no address"), of: request)
        }
        client.request(
            request.method, url, headers: request.headers.map { ($0.key, $0.value) }, body: Array(request.body.utf8)
        ) { [weak self] result in
            let outcome = LiveStreamSession.Outcome(result, asked: url)
            CallLoop.post { self?.handle(outcome, of: request) }
        }
    }

    private func handle(_ outcome: LiveStreamSession.Outcome, of request: LiveStreamSession.Request) {
        switch request.method {
        case "POST": carryOut(session.handlePosted(outcome, now: Clock.now()))
        case "PATCH": session.handleTrickled(outcome)
        default: deletionAnswered()
        }
    }

    // MARK: Time

    private func schedule() {
        var deadline = session.nextDeadline
        for each in [offerDueAt, connectDueAt, qualityDueAt] { deadline = earliest(deadline, each) }
        if let joinedAt, let duration = configuration.call.duration {
            deadline = earliest(deadline, joinedAt + duration)
        }
        timer.schedule(at: isLeaving ? nil : deadline)
    }

    private func handleTimeout(now: Instant) {
        defer { schedule() }
        if let due = offerDueAt, due <= now { post() }
        if let due = connectDueAt, due <= now {
            connectDueAt = nil
            lost("no connection within \(Self.connectingLimit.milliseconds / 1_000) s")
        }
        if let joinedAt, let duration = configuration.call.duration, joinedAt + duration <= now {
            return leave(.duration)
        }
        if let due = qualityDueAt, due <= now {
            qualityDueAt = now + Self.qualityInterval
            if let report = qualityReport(now: now) { observer.event(.quality([report])) }
        }
        carryOut(session.handleTimeout(now: now))
    }

    // MARK: The end

    private func ended(_ end: LiveStreamSession.End) {
        switch end {
        case .asked: break
        case .unavailable(let reason): fail("unavailable", reason, status: ExitStatus.unavailable)
        case .notAllowed(let reason): fail("not-allowed", reason, status: ExitStatus.notAllowed)
        case .lost(let reason): fail("lost", reason, status: ExitStatus.lost)
        }
    }

    func fail(_ code: String, _ message: String, status: Int32) {
        observer.event(.error(code: code, message: message.controlCharactersVisible, fatal: true))
        end(.lost, status: status)
    }

    func end(_ reason: LeftReason, status: Int32) {
        guard !isLeaving else { return }
        isLeaving = true
        exitStatus = status
        let last = session.leave()
        let deletes = last.contains { if case .send = $0 { true } else { false } }
        carryOut(last)
        dropConnection()
        observer.event(.left(reason))
        guard deletes else { return finishLeaving() }
        // The endpoint is told; one that does not answer is not waited for.
        CallLoop.after(.seconds(1)) { [weak self] in self?.finishLeaving() }
    }

    private func deletionAnswered() {
        if isLeaving { finishLeaving() }
    }

    private var hasFinished = false

    private func finishLeaving() {
        guard !hasFinished else { return }
        hasFinished = true
        let media = media
        _ = JoinableThread(name: "farewell") { [weak self] in
            media.stop()
            CallLoop.post { self?.finish() }
        }
    }

    private func finish() {
        let duration = joinedAt.map { Clock.now() - $0 } ?? .zero
        observer.event(.summary(duration: duration, exitStatus: exitStatus, [summary]))
        observer.finished(exitStatus)
    }

    private func openTunnel(_ server: ResolvedICEServers.TURNOverTLS) {
        let trust: TLSTrust = configuration.call.certificateFile.map { .authorities(file: $0) } ?? .system
        TLSTunnel.open(loop: signalLoop, host: server.host, port: server.port, trust: trust) { result in
            CallLoop.post { server.ready(try? result.get()) }
        }
    }
}

extension LiveStreamSession.Outcome {
    /// An answer's address is resolved against what was asked for.
    fileprivate init(_ result: Result<HTTPResponse, SignalError>, asked url: SignalURL) {
        switch result {
        case .failure(let error): self = .failed(error.message)
        case .success(let response):
            let links = response.headers.filter { $0.name.lowercased() == "link" }.map(\.value)
            let reason = response.explanation
            self = .answer(
                status: response.status, location: response.header("location").flatMap(url.resolving),
                etag: response.header("etag"), links: links,
                retryAfter: response.header("retry-after").flatMap { Int($0) },
                body: String(decoding: response.body, as: UTF8.self), explanation: "\(url.server.authority): \(reason)")
        }
    }
}
