import Call
import Media
import Peering
import Primitives
import RTP
import Runtime
import Streams

// What the media threads tell. Each hop is one closure a block of sound or a picture, never one a packet.
extension CallController {
    func startMedia() {
        media.start(
            microphone: { [weak self] event in CallLoop.post { self?.handle(event) } },
            camera: { [weak self] event in CallLoop.post { self?.handle(event) } },
            playout: { [weak self] event in CallLoop.post { self?.handle(event) } },
            decoder: { [weak self] event in CallLoop.post { self?.handle(event) } })
        startRecording()
    }

    private func handle(_ event: Microphone.Event) {
        switch event {
        case .packet(let packet):
            for peer in peers.values where !peer.hasMoved { peer.connection.send(packet) }
            server?.send(packet)
            recording.receiveOwn(packet, as: Self.ownRecordingID)
        case .lost(let error): report("microphone-lost", error)
        case .back(let substitute):
            let message = substitute.map { "\($0) is the microphone meanwhile" } ?? "the microphone is back"
            observer.event(.error(code: "microphone-back", message: message, fatal: false))
        case .overran(let times):
            report("microphone-overrun", "the microphone lost sound, as this machine was busy (\(times) times)")
        case .ended: log.info("the microphone's input has ended; silence is sent")
        }
    }

    /// One encoder serves all; who loses most decides.
    func protectVoice() {
        media.microphone.setProtection(
            peers.values.reduce(server?.voiceProtection ?? VoiceProtection()) {
                $0.combined(with: $1.voiceProtection)
            })
    }

    private func handle(_ event: CameraSender.Event) {
        switch event {
        case .frame(CallRecording.ownPicture, let frame): recording.receiveOwn(frame, as: Self.ownRecordingID)
        case .frame(let id, let frame):
            if server?.send(frame, ofEncoder: id) != true { peers[id]?.connection.sendVideo(frame) }
        case .lost(let error):
            report("camera-lost", error)
            cameraIsAway = true
            announceCamera()
        case .back:
            observer.event(.error(code: "camera-back", message: "the camera is back", fatal: false))
            cameraIsAway = false
            announceCamera()
        case .ended:
            cameraIsAway = true
            announceCamera()
        }
    }

    private func handle(_ event: Playout.Event) {
        switch event {
        case .firstSound(let id, let time): noteFirstSound(of: id, at: time)
        case .successorIsReady(let id): server?.members[id]?.soundIsReady()
        case .speaking(let id, let speaking):
            if let member = member(id) { observer.event(.speaking(member.participant, speaking)) }
        case .lost(.cannotWrite(let message)):
            observer.event(.error(code: "speaker-lost", message: message, fatal: true))
            end(.lost, status: ExitStatus.cannotCreate)
        case .lost(let error): report("speaker-lost", error)
        case .underran(let times):
            report("speaker-underrun", "the speaker ran dry, as this machine was busy (\(times) times)")
        case .back(let substitute):
            let message = substitute.map { "\($0) is the speaker meanwhile" } ?? "the speaker is back"
            observer.event(.error(code: "speaker-back", message: message, fatal: false))
        }
    }

    private func handle(_ event: PictureDecoder.Event) {
        switch event {
        case .firstPicture(let id, let time): noteFirstPicture(of: id, at: time)
        case .needsKeyFrame(let id): member(id)?.requestKeyFrame()
        }
    }

    private func report(_ code: String, _ error: DeviceError) {
        report(code, error.message)
    }

    private func report(_ code: String, _ message: String) {
        observer.event(.error(code: code, message: message, fatal: false))
    }
}

extension PeerConnection {
    fileprivate func send(_ packet: Microphone.Packet) {
        sendAudio(
            payload: packet.payload, timestamp: packet.timestamp,
            level: AudioLevel(level: packet.level, voice: packet.isVoice), marker: packet.startsTalkSpurt,
            captureTime: packet.captureTime)
    }
}
