import Call
import LiveKitClient
import Media
import Primitives
import Runtime
import Signalling
import Streams

/// Another participant whose media come through a media server.
///
/// While a call moves up from a mesh, the same person's media come both ways for a while. Sound that comes through the
/// server plays silently until it flows, then takes the place of the other in one step; a picture takes over with its
/// first key frame.
@CallLoop
final class ServerMember: RemoteMember {
    let participant: Participant
    private(set) var info: LiveKitParticipant
    var milestones: Milestones
    private unowned let call: ServerCall
    private unowned let controller: CallController
    private var wish: VideoTarget
    /// The sections of the subscriber that bring their media.
    var soundMid: String?
    var pictureMid: String?
    /// Whether what comes this way is what is heard and seen.
    private(set) var carriesSound: Bool
    private(set) var carriesPicture: Bool
    /// What earlier connections counted.
    private var settled = Counts()
    private var lastReport = (bytes: 0, time: Clock.now())

    private struct Counts {
        var framesLost = 0
        var bytesReceived = 0
        var bytesSent = 0
    }

    private var id: String { participant.id }

    init(_ info: LiveKitParticipant, call: ServerCall, controller: CallController) {
        self.info = info
        self.call = call
        self.controller = controller
        participant = Participant(id: info.identity, name: info.name)
        let before = controller.peers[info.identity]
        milestones = before?.milestones ?? Milestones()
        carriesSound = before == nil
        carriesPicture = before == nil
        wish = controller.viewports[info.identity] ?? controller.defaultViewport
    }

    var state: ParticipantState { info.state }
    var isConnected: Bool { call.isReceiving }

    // MARK: What they publish

    func update(_ new: LiveKitParticipant) {
        let before = info
        info = new
        tellChanges(from: before.tracks)
        if before.track(.camera) != nil, !new.state.camera { controller.media.decoder.clearPicture(of: id) }
        askForView()
        checkMoved()
    }

    /// Tells what is published from the beginning.
    func begin() {
        tellChanges(from: [])
        askForView()
    }

    /// A muted picture is one that stopped, as in a mesh; muted sound is told as such.
    private func tellChanges(from before: [LiveKitTrack]) {
        // While they are in the mesh as well, that tells.
        guard controller.peers[id] == nil else { return }
        for track in info.tracks {
            let old = before.first { $0.kind == track.kind }
            if track.kind == .microphone {
                if old == nil { tell(.trackStarted(participant, .microphone, codec: track.codec)) }
                guard track.isMuted != (old?.isMuted ?? false) else { continue }
                tell(track.isMuted ? .muted(participant, .microphone) : .unmuted(participant, .microphone))
            } else if track.isMuted != (old?.isMuted ?? true) {
                let isOn = !track.isMuted
                tell(
                    isOn
                        ? .trackStarted(participant, track.kind, codec: track.codec)
                        : .trackStopped(participant, track.kind))
            }
        }
        for gone in before where info.track(gone.kind) == nil { tell(.trackStopped(participant, gone.kind)) }
    }

    private func tell(_ event: CallEvent) { controller.observer.event(event) }

    // MARK: What is shown

    func setViewport(_ wish: VideoTarget) {
        self.wish = wish
        askForView()
        checkMoved()
    }

    /// What is shown, and no less than a recording takes.
    func askForView() {
        guard let wish = controller.recorded(wish) else { return }
        for track in info.tracks where track.kind != .microphone {
            call.setView(wish.size, framesPerSecond: wish.framesPerSecond, of: track.sid)
        }
    }

    func requestKeyFrame() {
        if let pictureMid { call.requestKeyFrame(mid: pictureMid) }
    }

    // MARK: Media

    func receive(_ packet: ReceivedAudio) {
        if carriesSound {
            controller.media.playout.receive(packet, of: id)
            controller.recording.receive(packet, of: id)
        } else {
            controller.media.playout.receiveSuccessor(packet, of: id)
        }
    }

    func receive(_ frame: EncodedFrame) {
        if !carriesPicture {
            guard frame.isKeyFrame else { return }
            carriesPicture = true
            controller.media.lipSync.remove(id)
            checkMoved()
        }
        if !wish.size.isNone || controller.recording.needsPictures { controller.media.decoder.decode(frame, of: id) }
        controller.recording.receive(frame, of: id)
    }

    func receiveReport(isAudio: Bool, _ ntp: NTPTime, timestamp: Int64) {
        // Of two ways the clocks may differ: reports count once both media come one way.
        guard carriesSound, carriesPicture else { return }
        controller.media.lipSync.receiveReport(of: id, isAudio: isAudio, ntp: ntp, timestamp: timestamp)
        controller.recording.receiveReport(of: id, isAudio: isAudio, ntp: ntp, timestamp: timestamp)
    }

    /// Their sound flows through the server: from now on it is what is heard.
    func soundIsReady() {
        takeOverSound()
        checkMoved()
    }

    private func takeOverSound() {
        guard !carriesSound else { return }
        carriesSound = true
        controller.media.playout.promoteSuccessor(of: id)
        controller.media.lipSync.remove(id)
    }

    /// There is no other way any more.
    func takeOver() {
        takeOverSound()
        carriesPicture = true
    }

    /// Tells the peer of the mesh that it is received through the server now, once all is there that it sends.
    private func checkMoved() {
        guard let peer = controller.peers[id], !peer.hasSaidMoved else { return }
        let soundIsHere = carriesSound || (peer.state.muted && info.track(.microphone) == nil)
        let pictureIsHere = carriesPicture || !peer.state.camera || wish.size.isNone
        guard soundIsHere, pictureIsHere else { return }
        takeOver()
        peer.sayMoved()
    }

    // MARK: Numbers

    func qualityReport(now: Instant) -> QualityReport {
        var report = QualityReport(participant: participant)
        let sections = ownSections
        report.roundTrip = sections.first?.roundTrip
        report.jitter = sections.first { $0.kind == .audio }?.received.jitter ?? .zero
        report.loss = sections.map(\.received.fractionLost).max() ?? 0
        let bytes = sections.reduce(0) { $0 + $1.received.bytes }
        let elapsed = (now - lastReport.time).seconds
        if elapsed > 0 { report.bitrate = Bitrate(bitsPerSecond: Int(Double(bytes - lastReport.bytes) * 8 / elapsed)) }
        lastReport = (bytes, now)
        return report
    }

    private var ownSections: [SectionStatistics] {
        call.received.filter { $0.mid == soundMid || $0.mid == pictureMid }
    }

    var framesLost: Int { settled.framesLost + ownSections.reduce(0) { $0 + $1.received.framesDropped } }
    var bytesReceived: Int { settled.bytesReceived + ownSections.reduce(0) { $0 + $1.received.bytes } }
    var bytesSent: Int { settled.bytesSent + call.bytesSent }

    /// The connections end: what they counted for this participant is kept.
    func settle() {
        settled = Counts(framesLost: framesLost, bytesReceived: bytesReceived, bytesSent: bytesSent)
        soundMid = nil
        pictureMid = nil
    }

    /// Lets go of what plays and shows them.
    func close() {
        controller.media.playout.remove(id)
        controller.media.decoder.remove(id)
        controller.media.lipSync.remove(id)
    }
}
