import Primitives
import RTP
import Streams

/// What the two sides of a modelled call agree on.
enum LinkSections {
    static let audioType: UInt8 = 111

    private static let extensions = HeaderExtensionMap([
        .audioLevel: 1, .absoluteSendTime: 2, .transportSequence: 3, .mid: 4,
    ])

    static func both(_ kind: LinkScenario.Feedback) -> [(left: SectionParameters, right: SectionParameters)] {
        var feedback = SectionParameters.Feedback.everything
        feedback.transportCC = kind == .transportWide
        return [
            (audio(local: 10, remote: 20, feedback), audio(local: 20, remote: 10, feedback)),
            (video(local: 12, remote: 22, feedback), video(local: 22, remote: 12, feedback)),
        ]
    }

    private static func audio(
        local: UInt32, remote: UInt32, _ all: SectionParameters.Feedback
    ) -> SectionParameters {
        var feedback = SectionParameters.Feedback()
        feedback.transportCC = all.transportCC
        let types = SectionParameters.PayloadTypes(media: PayloadType(masking: audioType))
        return SectionParameters(
            mid: "0", kind: .audio, sends: true, receives: true, sendTypes: types, receiveTypes: types,
            clockRate: 48_000, extensions: extensions, feedback: feedback, remoteSources: [.init(ssrc: SSRC(remote))],
            localSSRC: SSRC(local))
    }

    private static func video(
        local: UInt32, remote: UInt32, _ feedback: SectionParameters.Feedback
    ) -> SectionParameters {
        let types = SectionParameters.PayloadTypes(
            media: PayloadType(masking: 96), repair: PayloadType(masking: 97))
        return SectionParameters(
            mid: "1", kind: .video, sends: true, receives: true, sendTypes: types, receiveTypes: types,
            clockRate: 90_000, extensions: extensions, feedback: feedback,
            remoteSources: [.init(ssrc: SSRC(remote), repair: SSRC(remote + 1))], localSSRC: SSRC(local),
            localRepairSSRC: SSRC(local + 1))
    }
}
