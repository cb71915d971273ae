import Media
import MediaProcessing
import Primitives
import Runtime

/// A steady tone, where a microphone would be: `--mic tone`.
final class ToneSource: AudioSource {
    let name = "tone"
    let keepsTime = false
    private var generator: ToneGenerator

    init(frequency: Double = 440) { generator = ToneGenerator(frequency: frequency) }

    func read(into block: inout [Int16]) -> Int {
        generator.fill(&block)
        return block.count
    }
}

/// A short beep at the beginning of each second of the wall clock, which the test picture shows: `--mic beep`. Whoever
/// receives both can tell whether sound and picture are in step.
final class BeepSource: AudioSource {
    let name = "beep"
    let keepsTime = false
    private var tone = ToneGenerator(frequency: 1_000)
    /// Samples since the last full second; known from the first block on, whose end is recorded when it is read, as that
    /// of a microphone is.
    private var phase: Int?

    private static let beepSamples = AudioFormat.sampleRate / 10

    func read(into block: inout [Int16]) -> Int {
        let begin = Clock.wallNanoseconds() - Int64(AudioFormat.blockMilliseconds) * 1_000_000
        let start = phase ?? Int(begin % 1_000_000_000 * 48 / 1_000_000)
        tone.fill(&block)
        for i in block.indices where (start + i) % AudioFormat.sampleRate >= Self.beepSamples { block[i] = 0 }
        phase = (start + block.count) % AudioFormat.sampleRate
        return block.count
    }
}

/// Sound with the rhythm and spectrum of speech, where a microphone would be: `--mic speech`.
final class SpeechSource: AudioSource {
    let name = "speech"
    let keepsTime = false
    private var generator: SpeechGenerator

    init(seed: UInt64 = 1) { generator = SpeechGenerator(seed: seed) }

    func read(into block: inout [Int16]) -> Int {
        generator.fill(&block)
        return block.count
    }
}

/// Digital silence without end: `--mic silence`.
package final class SilentSource: AudioSource {
    package let name = "silence"
    package let keepsTime = false

    package init() {}

    package func read(into block: inout [Int16]) -> Int {
        for i in block.indices { block[i] = 0 }
        return block.count
    }
}

/// Swallows sound: `--speaker none`.
package final class NullSink: AudioSink {
    package let name = "none"
    package let keepsTime = false
    package let delay = Duration.zero

    package init() {}

    package func write(_ block: [Int16]) {}
}
