import CVoiceProcessing
import Media
import Primitives

/// Why libwebrtc-audio-processing would not begin.
package struct VoiceProcessorRefused: Error {}

/// Cleans the sound of one microphone: takes the speaker's echo, rumble and noise out, brings the voice to a usual level
/// and tells whether there is one. Used by one thread at a time.
package final class VoiceProcessor {
    package struct Options: Equatable, Sendable {
        package var cancelsEcho = true
        /// Where there is any.
        package var suppressesNoise = true
        package var controlsGain = true
        /// Below 70 Hz.
        package var filtersRumble = true

        package init() {}
    }

    private let processor: OpaquePointer
    private let options: Options
    private var rumble = RumbleFilter()
    private var noise = NoiseFloor()
    private var echo = EchoWatch()
    private var gate = Gate()
    private var farPower = 0.0

    /// Blocks of 20 ms are two frames of the library.
    private static let frame = Int(CVOICE_FRAME)

    package init(_ options: Options = Options()) throws(VoiceProcessorRefused) {
        let wanted = cvoice_options(
            cancels_echo: options.cancelsEcho, controls_gain: options.controlsGain)
        guard let processor = cvoice_open(wanted) else { throw VoiceProcessorRefused() }
        self.processor = processor
        self.options = options
    }

    deinit { cvoice_close(processor) }

    /// Takes a block that goes to the speaker.
    package func takeFar(_ block: [Int16]) {
        farPower = meanSquare(block)
        block.withUnsafeBufferPointer { samples in
            for start in stride(from: 0, through: samples.count - Self.frame, by: Self.frame) {
                _ = cvoice_take_far(processor, samples.baseAddress! + start)  // there is at least one frame
            }
        }
    }

    /// Whether echo is taken away as it should be, as far as there was any of late.
    package var cancelsWell: Bool { echo.cancelsWell }

    /// The echo comes another way from now on. The filter finds it by itself, and sooner than one that begins anew, which
    /// would first take the talk for noise; till then what is left is suppressed hard.
    package func expectAnotherEcho() {
        echo.learnAgain()
        _ = cvoice_suppress_echo(processor, echo.isHard)
    }

    /// What is known of the echo in a block of the microphone.
    package struct Echo {
        /// How much earlier the speaker's block of the same sound was taken: from 20 ms more than the truth to 40 ms less
        /// will do.
        package var delay: Duration
        /// Whether the speaker was heard of late.
        package var isPossible: Bool
        /// Whether the speaker's block is known to be the one it comes from.
        package var isPlaced: Bool

        package init(delay: Duration, isPossible: Bool = false, isPlaced: Bool = true) {
            self.delay = delay
            self.isPossible = isPossible
            self.isPlaced = isPlaced
        }
    }

    /// Cleans a block of the microphone in place; true where somebody speaks. While the speaker sounds and its echo is not
    /// taken away yet, nothing is let through, for a second and a half of sound at most: who hears themselves cannot talk.
    package func clean(_ block: inout [Int16], echo known: Echo) -> Bool {
        let hasVoice = process(&block, echoDelay: known.delay)
        let isShut = options.cancelsEcho && known.isPossible && (echo.isLost || !known.isPlaced && echo.cancelsWell)
        gate.process(&block, isShut: isShut)
        return hasVoice && !isShut
    }

    private func process(_ block: inout [Int16], echoDelay: Duration) -> Bool {
        if options.filtersRumble { rumble.process(&block) }
        let recorded = meanSquare(block)
        if options.suppressesNoise { watchNoise(recorded) }
        defer { if options.cancelsEcho { watchEcho(recorded: recorded, sent: meanSquare(block)) } }
        let delay = Int32(clamping: echoDelay.milliseconds.clamped(to: 0...500))
        return block.withUnsafeMutableBufferPointer { samples in
            var hasVoice = false
            for start in stride(from: 0, through: samples.count - Self.frame, by: Self.frame) {
                var isVoice = false
                _ = cvoice_clean_near(processor, samples.baseAddress! + start, delay, &isVoice)  // as above
                hasVoice = hasVoice || isVoice
            }
            return hasVoice
        }
    }

    private func watchEcho(recorded: Double, sent: Double) {
        let was = echo.isHard
        echo.process(far: farPower, recorded: recorded, sent: sent)
        if echo.isHard != was { _ = cvoice_suppress_echo(processor, echo.isHard) }
    }

    private func watchNoise(_ power: Double) {
        let was = noise.isNoisy
        noise.process(power)
        if noise.isNoisy != was { _ = cvoice_suppress_noise(processor, noise.isNoisy) }
    }
}

/// 0…2^30.
private func meanSquare(_ block: [Int16]) -> Double {
    var sum = 0.0
    for sample in block { sum += Double(sample) * Double(sample) }
    return sum / Double(max(1, block.count))
}
