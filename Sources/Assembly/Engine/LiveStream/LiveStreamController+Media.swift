import Call
import Media
import Peering
import Primitives
import Runtime

// What flows: from the own devices to the endpoint, or from there to screen and speaker.
extension LiveStreamController {
    /// The only one who gets, or gives.
    nonisolated package static let stream = "live"

    func startMedia() {
        media.start(
            microphone: { [weak self] event in CallLoop.post { self?.handle(event) } },
            camera: { [weak self] event in CallLoop.post { self?.handle(event) } },
            playout: { [weak self] event in CallLoop.post { self?.handle(event) } },
            decoder: { [weak self] event in CallLoop.post { self?.handle(event) } })
    }

    /// No connection: nothing is encoded, and what came before does not stay.
    func stopMedia() {
        media.camera.setTarget(nil, for: Self.stream)
        media.playout.remove(Self.stream)
        media.decoder.remove(Self.stream)
        media.lipSync.remove(Self.stream)
    }

    func handle(_ event: LiveConnection.Event) {
        switch event {
        case .offerReady: post()
        case .fragment(let text): trickle(text)
        case .connected:
            becameConnected()
            media.camera.requestKeyFrame(for: Self.stream)
        case .lost(let reason): lost(reason)
        case .refused(let reason): fail("bad-answer", reason, status: ExitStatus.unavailable)
        case .targetBitrate(let rate): setTarget(rate)
        case .voiceProtection(let plan): media.microphone.setProtection(plan)
        case .keyFrameRequested: media.camera.requestKeyFrame(for: Self.stream)
        case .audioPacket(let packet): media.playout.receive(packet, of: Self.stream)
        case .videoFrame(let frame): media.decoder.decode(frame, of: Self.stream)
        case .senderReport(let isAudio, let ntp, let timestamp):
            media.lipSync.receiveReport(of: Self.stream, isAudio: isAudio, ntp: ntp, timestamp: timestamp)
        }
    }

    private func setTarget(_ rate: Bitrate) {
        let limits = configuration.call
        guard configuration.direction == .publish, media.hasCamera else { return }
        let bitrate = Bitrate(bitsPerSecond: min(rate.bitsPerSecond, limits.bitrate.bitsPerSecond))
        media.camera.setTarget(
            VideoTarget(size: limits.size, framesPerSecond: limits.framesPerSecond, bitrate: bitrate), for: Self.stream)
    }

    private func handle(_ event: Microphone.Event) {
        switch event {
        case .packet(let packet): connection?.send(packet)
        case .lost(let error): report("microphone-lost", error)
        case .back(let substitute):
            let message = substitute.map { "\($0) is the microphone meanwhile" } ?? "the microphone is back"
            observer.event(.error(code: "microphone-back", message: message, fatal: false))
        case .overran(let times):
            let message = "the microphone lost sound, as this machine was busy (\(times) times)"
            observer.event(.error(code: "microphone-overrun", message: message, fatal: false))
        case .ended: break
        }
    }

    private func handle(_ event: CameraSender.Event) {
        switch event {
        case .frame(_, let frame): connection?.send(frame)
        case .lost(let error): report("camera-lost", error)
        case .back: observer.event(.error(code: "camera-back", message: "the camera is back", fatal: false))
        case .ended: break
        }
    }

    private func handle(_ event: Playout.Event) {
        switch event {
        case .firstSound(_, let time):
            guard firstAudio == nil else { return }
            firstAudio = time - startedAt
            observer.event(.firstAudio(participant, after: time - startedAt))
        // A stream has one way only.
        case .speaking, .successorIsReady: break
        case .lost(.cannotWrite(let message)): fail("speaker-lost", message, status: ExitStatus.cannotCreate)
        case .lost(let error): report("speaker-lost", error)
        case .underran(let times):
            let message = "the speaker ran dry, as this machine was busy (\(times) times)"
            observer.event(.error(code: "speaker-underrun", message: message, fatal: false))
        case .back(let substitute):
            let message = substitute.map { "\($0) is the speaker meanwhile" } ?? "the speaker is back"
            observer.event(.error(code: "speaker-back", message: message, fatal: false))
        }
    }

    private func handle(_ event: PictureDecoder.Event) {
        switch event {
        case .firstPicture(_, let time):
            guard firstFrame == nil else { return }
            firstFrame = time - startedAt
            observer.event(.firstFrame(participant, .camera, after: time - startedAt))
        case .needsKeyFrame: connection?.requestKeyFrame()
        }
    }

    private func report(_ code: String, _ error: DeviceError) {
        observer.event(.error(code: code, message: error.message, fatal: false))
    }

    // MARK: Numbers

    /// The newest numbers, nil while there is no connection.
    package func qualityReport(now: Instant) -> QualityReport? {
        guard let connection else { return nil }
        var report = connection.qualityReport(of: participant, direction: configuration.direction, now: now)
        let pictures = media.decoder.statistics(of: Self.stream)
        let sound = media.playout.statistics(of: Self.stream)
        report.size = pictures.size
        report.framesDecoded = pictures.decoded
        report.framesRendered = pictures.decoded
        report.concealed = sound.concealed
        report.playoutDelay = sound.delay
        return report
    }

    var summary: ParticipantSummary {
        let pictures = media.decoder.statistics(of: Self.stream)
        let sound = media.playout.statistics(of: Self.stream)
        var summary = ParticipantSummary(participant: participant)
        summary.firstFrame = firstFrame
        summary.firstAudio = firstAudio
        summary.framesDecoded = pictures.decoded
        summary.framesLost = pictures.failed
        summary.countedFrames = pictures.counted
        summary.pictureLatency = pictures.latency
        summary.audio = sound.decoded
        summary.concealed = sound.concealed
        summary.audioLevelDb = sound.meanLevelDb
        summary.audioFrequencyHz = sound.toneHz
        summary.bytesReceived = bytes.received + (connection?.bytesReceived ?? 0)
        summary.bytesSent = bytes.sent + (connection?.bytesSent ?? 0)
        return summary
    }
}
