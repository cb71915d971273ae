import Media
import Primitives

/// Finds the block of the speaker's sound whose echo a block of the microphone is.
///
/// The devices' own clocks and delays bring the two streams about together, however late the threads come that carry
/// them. What the devices do not know (a sound server's buffers, a wireless speaker) is then heard from the sound itself.
package struct EchoAlignment: Sendable {
    /// The echo comes this much after the block given for it, up to 40 ms more and up to 20 less.
    package static let margin = Duration.milliseconds(40)

    private var place: PlaceOfMicrophone?
    /// Begins anew after each interruption: what was heard before belongs to other places.
    private var estimator = EchoDelayEstimator()
    private var jumpsSeen = 0
    /// The microphone's newest blocks, oldest first.
    private var waiting: [[Int16]] = []
    /// What of `delay` the sound given is later by.
    private var corrected = Duration.zero
    private var isNew = false
    /// Set while the canceller does well with the sound it is given.
    package var isProven = false

    /// Where in the canceller's filter of 128 ms an echo may begin: it takes echoes well from 20 ms on.
    private static let reach = Duration.milliseconds(20)...Duration.milliseconds(80)
    /// The same where it is seen to do well.
    private static let provenReach = Duration.milliseconds(0)...Duration.milliseconds(90)
    /// The microphone's side is compared this much later: an echo that comes before the devices' word is found too, and
    /// what is heard at that time was given to the speaker long before.
    private static let patience = 6
    /// How much older than the speaker's sound the microphone's may be by the devices' word.
    private static let lead = 5

    package init() {}

    /// Whether the speaker was given anything to be heard within the last second.
    package private(set) var mayHearEcho = false
    /// Whether both devices' word for where they are fits what was before; they may have been interrupted where not.
    package private(set) var isSteady = true

    /// Whether the sound is now given for another place than before, once for each time: what a canceller has learnt is
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
        let jumps = here.jumps + played.jumps
        if jumps != jumpsSeen {
            estimator = EchoDelayEstimator(isProven ? estimator.delay : nil)
            isNew = true
        }
        jumpsSeen = jumps
        mayHearEcho = played.mayEcho(at: now)
        isSteady = here.isSteady && played.isSteady
        watch(block, at: now, in: played)
        correct()
        let correction = corrected - Self.margin
        return played.sound(at: now - Int(correction.milliseconds) * AudioFormat.sampleRate / 1_000, count: block.count)
    }

    /// A canceller that has to learn the room anew lets echo through meanwhile: what its filter reaches is left as it is.
    private mutating func correct() {
        let reach = isProven ? Self.provenReach : Self.reach
        guard let delay, !(reach ~= delay - corrected + Self.margin) else { return }
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
    /// How often recording was interrupted.
    private(set) var jumps = 0
    private var deviation = SteadyDeviation()
    var isSteady: Bool { deviation.isSmall }
    /// How far it is from where it should be, in samples, where that matters.
    private var slide = 0
    private var blocks = 0

    /// 0.25 ms: so clocks that differ are soon held together, and stamps do not move anything to and fro.
    private static let tolerance = AudioFormat.sampleRate / 4_000
    /// 8 ms: clocks that differ by more than a slow slide makes good.
    private static let distance = AudioFormat.sampleRate / 125
    /// A sample in so many blocks: 50 ppm, which the filter follows without letting echo through, and 500 where that is too
    /// little; crystals differ by 200 at most.
    private static let (slow, quick) = (20, 2)

    init(_ place: Int) { next = place }

    mutating func advance(_ count: Int, measured: Int) -> Int {
        if let steady = deviation.add(measured - next) {
            let isInterrupted = abs(steady) >= SteadyDeviation.interruption
            if isInterrupted {
                next += steady
                jumps += 1
            }
            slide = isInterrupted || abs(steady) < Self.tolerance ? 0 : steady
        }
        blocks &+= 1
        if slide != 0, blocks.isMultiple(of: abs(slide) > Self.distance ? Self.quick : Self.slow) {
            next += slide.signum()
            slide -= slide.signum()
        }
        defer { next += count }
        return next
    }
}
