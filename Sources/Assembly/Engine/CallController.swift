import Call
import Devices
import ICE
import Logging
import Media
import Peering
import Primitives
import Runtime
import SecureTransport
import SignalTransport
import Signalling

/// One participant's whole call: joins the room, keeps a connection to every peer, moves media both ways, and leaves.
///
/// The TUI and the headless front end both stand on it: commands go in, `CallEvent`s come out, all on the call loop.
@CallLoop
package final class CallController {
    package struct Observer: Sendable {
        package var event: @CallLoop @Sendable (CallEvent) -> Void
        /// Called when who is there, or what they do, has changed.
        package var roster: @CallLoop @Sendable ([RosterEntry]) -> Void
        /// The last call: everything is closed and written.
        package var finished: @CallLoop @Sendable (_ exitStatus: Int32) -> Void

        package init(
            event: @escaping @CallLoop @Sendable (CallEvent) -> Void,
            roster: @escaping @CallLoop @Sendable ([RosterEntry]) -> Void = { _ in },
            finished: @escaping @CallLoop @Sendable (_ exitStatus: Int32) -> Void
        ) {
            self.event = event
            self.roster = roster
            self.finished = finished
        }
    }

    enum Phase {
        case idle, joining, inCall, leaving, finished
    }

    let configuration: CallConfiguration
    let link: JoinLink
    let accessToken: String?
    nonisolated package let media: LocalMedia
    let observer: Observer
    let certificate: Certificate
    let log = Logger(label: "call")

    var phase = Phase.idle
    var session: MeshSession
    var socket: ClientWebSocket?
    /// Counts sockets, so that events of an old one are told from those of the newest.
    var socketGeneration = 0
    var access: RoomAccess?
    var ownState: ParticipantState
    /// Unplugged, or a film that is over.
    var cameraIsAway = false
    var peers: [String: RemotePeer] = [:]
    /// The call through a media server, where there is one; beside the mesh while the call moves there.
    var server: ServerCall?
    /// Whether the room is on a media server, so that no more connections of a mesh are made.
    var isMovingUp = false
    /// Those whose coming was told, and whose going is to be.
    private var present: Set<String> = []
    var departed: [any RemoteMember] = []
    var viewports: [String: VideoTarget] = [:]
    let signalLoop: SignalLoop
    private(set) lazy var recording = makeRecording()
    /// The own identity in a call that began on a media server.
    var ownIdentity = ""
    private(set) lazy var servers = ResolvedICEServers { [weak self] in self?.openTunnel($0) }
    var startedAt = Clock.now()
    var joinedAt: Instant?
    var exitStatus: Int32 = 0
    var aloneSince: Instant?
    var hadCompany = false
    var qualityDueAt: Instant?
    var chatToSay: String?
    /// Tells of other networks, while in a call.
    var networkWatch: NetworkWatch?
    var connectionsDueAt: Instant?
    private var timer: LoopTimer!  // needs a handler that reaches this object

    /// `accessToken` is one given beside the link. Throws where OpenSSL cannot make a certificate.
    package init(
        _ configuration: CallConfiguration, link: JoinLink, accessToken: String?, media: LocalMedia,
        signalLoop: SignalLoop,
        observer: Observer
    ) throws {
        self.signalLoop = signalLoop
        self.configuration = configuration
        self.link = link
        self.accessToken = accessToken ?? link.accessToken
        self.media = media
        self.observer = observer
        certificate = try Certificate.selfSigned()
        ownState = ParticipantState(muted: configuration.muted || !media.hasMicrophone, camera: media.hasCamera)
        session = MeshSession(state: ownState)
        chatToSay = configuration.chat
        timer = LoopTimer { [weak self] now in self?.handleTimeout(now: now) }
    }

    // MARK: Commands

    package func start() {
        LibNice.preload()
        guard phase == .idle else { return }
        phase = .joining
        startedAt = Clock.now()
        startMedia()
        watchNetwork()
        join()
    }

    package func setMuted(_ muted: Bool) {
        guard media.hasMicrophone, muted != ownState.muted else { return }
        ownState.muted = muted
        media.microphone.setMuted(muted)
        tellOwnState()
    }

    package func setCamera(_ on: Bool) {
        guard media.hasCamera else { return }
        media.camera.setEnabled(on)
        announceCamera()
    }

    /// Others see whether pictures come: the camera may be switched off, and it may be gone.
    func announceCamera() {
        let isShown = media.camera.isEnabled && !cameraIsAway
        guard isShown != ownState.camera else { return }
        ownState.camera = isShown
        tellOwnState()
    }

    func tellOwnState() {
        carryOut(session.setState(heardState))
        server?.setState(heardState)
        updateRoster()
    }

    /// Tells of somebody's coming and going once, however many ways tell of it.
    func announce(_ participant: Participant) {
        guard present.insert(participant.id).inserted else { return }
        observer.event(.participantJoined(participant))
        recording.join(participant.id, name: participant.name)
    }

    func announceDeparture(_ participant: Participant, _ reason: LeaveReason) {
        guard present.remove(participant.id) != nil else { return }
        recording.leave(participant.id)
        observer.event(.participantLeft(participant, reason))
    }

    /// Says something to everybody; also reported as an event of one's own.
    package func sendChat(_ text: String) {
        let message = ChannelMessage.chat(
            id: Base64URL.encode(secureRandom(9)), text: text, time: Clock.timestamp()
        )
        // Each hears it on one way only.
        for (id, peer) in peers where server?.members[id] == nil { peer.send(message) }
        server?.say(text)
        observer.event(.chat(ownParticipant, text: text.controlCharactersVisible))
    }

    /// What is shown of a participant: its sender encodes no more than that.
    package func setViewport(_ size: PixelSize, framesPerSecond: Int, of peer: String) {
        let wish = VideoTarget(size: size, framesPerSecond: framesPerSecond, bitrate: .zero)
        guard viewports[peer] != wish else { return }
        viewports[peer] = wish
        peers[peer]?.setViewport(wish)
        server?.members[peer]?.setViewport(wish)
    }

    /// 1 is as sent.
    package func setVolume(_ gain: Float, of peer: String) { media.playout.setGain(gain, of: peer) }

    package var ownParticipant: Participant {
        Participant(id: ownIdentity.isEmpty ? session.selfID : ownIdentity, name: configuration.name)
    }

    // MARK: Time

    func scheduleTimer() {
        var deadline = session.nextDeadline
        if let joinedAt, let duration = configuration.duration { deadline = earliest(deadline, joinedAt + duration) }
        if let aloneSince, let patience = configuration.exitWhenAlone {
            deadline = earliest(deadline, aloneSince + patience)
        }
        deadline = earliest(deadline, earliest(qualityDueAt, server?.nextDeadline))
        deadline = earliest(deadline, connectionsDueAt)
        timer.schedule(at: phase == .finished ? nil : deadline)
    }

    private func handleTimeout(now: Instant) {
        defer { scheduleTimer() }
        carryOut(session.handleTimeout(now: now, mediaFlows: peers.values.contains { $0.isConnected }))
        server?.handleTimeout(now: now)
        guard phase == .inCall else { return }
        if let joinedAt, let duration = configuration.duration, joinedAt + duration <= now { return leave(.duration) }
        if let aloneSince, let patience = configuration.exitWhenAlone, aloneSince + patience <= now {
            return leave(.alone)
        }
        checkConnections(now: now)
        if let due = qualityDueAt, due <= now {
            qualityDueAt = now + Self.qualityInterval
            reportQuality(now: now)
        }
    }

    static let qualityInterval = Duration.seconds(5)
}
