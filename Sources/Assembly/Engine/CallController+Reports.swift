import Call
import Primitives
import Runtime

// What the call measured, every five seconds and at its end.
extension CallController {
    func reportQuality(now: Instant) {
        let members = members.sorted { $0.participant.id < $1.participant.id }
        guard !members.isEmpty else { return }
        observer.event(.quality(members.map { quality(of: $0, now: now) }))
    }

    /// The newest numbers of every connection, for the statistics panel.
    package func qualityReports() -> [QualityReport] { members.map { quality(of: $0, now: Clock.now()) } }

    private func quality(of peer: any RemoteMember, now: Instant) -> QualityReport {
        let sound = media.playout.statistics(of: peer.participant.id)
        let pictures = media.decoder.statistics(of: peer.participant.id)
        var report = peer.qualityReport(now: now)
        report.size = pictures.size
        report.framesDecoded = pictures.decoded
        report.framesRendered = pictures.decoded
        report.concealed = sound.concealed
        report.playoutDelay = sound.delay
        report.freezes = pictures.freezes.count
        report.frozen = pictures.freezes.total
        if let sending = media.camera.targetSent(to: peer.participant.id) {
            report.sentSize = sending.size
            report.sentFramesPerSecond = sending.framesPerSecond
        }
        return report
    }

    func summary(of peer: any RemoteMember) -> ParticipantSummary {
        let sound = media.playout.statistics(of: peer.participant.id)
        let pictures = media.decoder.statistics(of: peer.participant.id)
        var summary = ParticipantSummary(participant: peer.participant)
        summary.firstFrame = peer.milestones.firstFrame
        summary.firstAudio = peer.milestones.firstAudio
        summary.framesDecoded = pictures.decoded
        summary.framesLost = peer.framesLost + pictures.failed
        summary.freezes = pictures.freezes.count
        summary.longestFreeze = pictures.freezes.longest
        summary.frozen = pictures.freezes.total
        summary.countedFrames = pictures.counted
        summary.pictureLatency = pictures.latency
        summary.audio = sound.decoded
        summary.concealed = sound.concealed
        summary.audioLevelDb = sound.meanLevelDb
        summary.audioFrequencyHz = sound.toneHz
        summary.bytesReceived = peer.bytesReceived
        summary.bytesSent = peer.bytesSent
        return summary
    }
}
