import Media
import Primitives

/// Finds the block of the speaker's sound whose echo a block of the microphone is.
///
/// The devices' own clocks and delays bring the two streams about together, however late the threads come that carry
/// them. What the devices do not know (a sound server's buffers, a wireless speaker) is then heard from the sound itself.
package struct EchoAlignment: Sendable {
    /// The echo comes this much after the block given for it, or up to 70 ms more, and never before.
    package static let margin = Duration.milliseconds(20)

    private var place: PlaceOfMicrophone?
    private var estimator = EchoDelayEstimator()
    /// The microphone's newest blocks, oldest first.
    private var waiting: [[Int16]] = []
    /// What of `delay` the sound given is later by.
    private var corrected = Duration.zero
    private var isNew = false

    /// Where in the canceller's filter of 128 ms an echo may begin.
    private static let reach = Duration.milliseconds(10)...Duration.milliseconds(90)
    /// The microphone's side is compared this much later: an echo that comes before the devices' word is found too, and
    /// what is heard at that time was given to the speaker long before.
    private static let patience = 6
    /// How much older than the speaker's sound the microphone's may be by the devices' word.
    private static let lead = 5

    package init() {}

    /// Whether the sound is now given for another delay than before, once for each time: what a canceller has learnt is
    /// wrong then.
    package mutating func takeCorrection() -> Bool {
        defer { isNew = false }
        return isNew
    }

    /// How much later the echo comes than the devices say.
    package var delay: Duration? {
        estimator.delay.map { $0 - .milliseconds(Int64(Self.lead * AudioFormat.blockMilliseconds)) }
    }

    /// `start` is when the block's first sample was recorded, as far as the device knows. Nil before anything was played.
    package mutating func sound(
        for block: [Int16], recordedAt start: Instant, in played: borrowing PlayedSound
    ) -> [Int16]? {
        guard let measured = played.place(of: start) else { return nil }
        var here = place ?? PlaceOfMicrophone(measured)
        let now = here.advance(block.count, measured: measured)
        place = here
        watch(block, at: now, in: played)
        correct()
        let correction = corrected - Self.margin
        return played.sound(at: now - Int(correction.milliseconds) * AudioFormat.sampleRate / 1_000, count: block.count)
    }

    /// A canceller that has to learn the room anew lets echo through meanwhile: what its filter reaches is left as it is.
    private mutating func correct() {
        guard let delay, !(Self.reach ~= delay - corrected + Self.margin) else { return }
        corrected = delay
        isNew = true
    }

    private mutating func watch(_ block: [Int16], at now: Int, in played: borrowing PlayedSound) {
        waiting.append(block)
        guard waiting.count > Self.patience else { return }
        let then = now - (Self.patience - Self.lead) * block.count
        estimator.process(far: played.sound(at: then, count: block.count), near: waiting.removeFirst())
    }
}

/// Which place of the speaker's sound a microphone has come to: counted, and brought back to what the devices say where
/// the two drift apart.
private struct PlaceOfMicrophone: Sendable {
    private var next: Int
    private var deviation = SteadyDeviation()
    /// Samples still to be moved by, one in `slowness` blocks.
    private var slide = 0
    private var blocks = 0

    /// 10 ms: recording was interrupted.
    private static let interruption = AudioFormat.sampleRate / 100
    /// 1 ms, which a canceller's filter follows by itself.
    private static let tolerance = AudioFormat.sampleRate / 1_000
    /// A sample in two blocks is 500 ppm; crystals differ by 200 at most. Quicker, and the filter would lose the way.
    private static let slowness = 2

    init(_ place: Int) { next = place }

    mutating func advance(_ count: Int, measured: Int) -> Int {
        if let steady = deviation.add(measured - next) {
            let isInterrupted = abs(steady) >= Self.interruption
            if isInterrupted { next += steady }
            slide = isInterrupted || abs(steady) < Self.tolerance ? 0 : steady
        }
        blocks &+= 1
        if slide != 0, blocks.isMultiple(of: Self.slowness) {
            next += slide.signum()
            slide -= slide.signum()
        }
        defer { next += count }
        return next
    }
}
