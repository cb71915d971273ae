import Media
import MediaProcessing
import Primitives
import VoiceProcessing

/// When and how the sound of the microphone is cleaned before it is sent.
package struct VoiceSettings: Equatable, Sendable {
    package enum Use: String, Sendable, CaseIterable {
        /// For microphones, not for files, pipes and synthetic sound.
        case auto
        case always, never
    }

    package var use = Use.auto
    package var options = VoiceProcessor.Options()

    package init() {}

    func applies(to source: any AudioSource) -> Bool {
        switch use {
        case .auto: source.keepsTime
        case .always: true
        case .never: false
        }
    }
}

/// What happens to a block between the microphone and the encoder.
struct VoiceChain {
    private let processor: VoiceProcessor
    private let reference: EchoReference
    private let cancelsEcho: Bool
    private var alignment = EchoAlignment()
    private let silence = [Int16](repeating: 0, count: AudioFormat.blockSamples)

    init(_ options: VoiceProcessor.Options, reference: EchoReference) throws(VoiceProcessorRefused) {
        processor = try VoiceProcessor(options)
        cancelsEcho = options.cancelsEcho
        self.reference = reference
        reference.isWanted = cancelsEcho
    }

    /// Cleans a block of 20 ms in place, whose first sample was recorded at `start`; true where somebody speaks.
    mutating func process(_ block: inout [Int16], recordedAt start: Instant) -> Bool {
        if cancelsEcho {
            alignment.isProven = processor.cancelsWell
            let far = reference.sound(for: block, recordedAt: start, by: &alignment)
            if alignment.takeCorrection() { processor.expectAnotherEcho() }
            processor.takeFar(far ?? silence)
        }
        let echo = VoiceProcessor.Echo(
            delay: EchoAlignment.margin, isPossible: alignment.mayHearEcho, isPlaced: alignment.isSteady)
        return processor.clean(&block, echo: echo)
    }
}
