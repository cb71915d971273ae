import Media
import MediaProcessing
import Primitives
import VoiceProcessing

/// A speaker and a microphone in a room, with the two threads that serve them as the client's do.
package struct Room {
    package struct Conditions {
        /// From speaker to microphone, which the devices do not know of.
        package var delay = Duration.milliseconds(60)
        /// From half of the time on.
        package var laterDelay: Duration?
        /// Of the echo's amplitude: -6 dB.
        package var gain: Float = 0.5
        /// How late a thread comes on average. One block in fifty comes later by up to fifteen times as much, and a stamp
        /// is off by as much as the thread was interrupted.
        package var lateness = Duration.zero
        /// How much quicker than the speaker's clock the microphone's is.
        package var drift = 0.0
        package var seed: UInt64 = 1

        package init() {}
    }

    package struct Outcome {
        /// What the microphone recorded of the speaker alone, and of both.
        package var echo: [Int16]
        package var recorded: [Int16]
        /// What is sent.
        package var sent: [Int16]
        /// The delay that was found, if any.
        package var delay: Duration?
    }

    private let conditions: Conditions
    private let processor: VoiceProcessor
    private var alignment = EchoAlignment()
    private var played = PlayedSound()

    /// What a speaker keeps waiting, as `ALSASink` does.
    private static let buffer = Duration.milliseconds(60)
    private static let block = Duration.milliseconds(Int64(AudioFormat.blockMilliseconds))

    package init(_ conditions: Conditions = Conditions(), _ options: VoiceProcessor.Options = .init()) throws {
        self.conditions = conditions
        processor = try VoiceProcessor(options)
    }

    /// `far` is given to the speaker, `near` is said into the microphone; both as long.
    package mutating func run(far: [Int16], near: [Int16]) -> Outcome {
        let farBlocks = blocks(of: far)
        var random = SeededGenerator(seed: conditions.seed)
        let writes = times(farBlocks.count, &random)
        let plays = playTimes(writes)
        let echo = drifting(echo(of: heard(farBlocks, plays, count: near.count)), count: near.count)
        let recorded = zip(echo, near).map { Int16(clamping: Int($0) + Int($1)) }
        let recordedBlocks = blocks(of: recorded)
        let reads = times(recordedBlocks.count, &random).map { $0 + Self.block }
        var sent: [Int16] = []
        var next = 0
        for (index, block) in recordedBlocks.enumerated() {
            while next < farBlocks.count, writes[next] <= reads[index] {
                played.append(farBlocks[next], heardAt: plays[next] + stampError(&random))
                next += 1
            }
            sent += process(block, recordedAt: start(ofBlock: index) + stampError(&random))
        }
        return Outcome(echo: echo, recorded: recorded, sent: sent, delay: alignment.delay)
    }

    private func echo(of heard: [Int16]) -> [Int16] {
        let early = AcousticModel(delay: conditions.delay, gain: conditions.gain).echo(of: heard)
        guard let laterDelay = conditions.laterDelay else { return early }
        let late = AcousticModel(delay: laterDelay, gain: conditions.gain).echo(of: heard)
        return Array(early[..<(early.count / 2)] + late[(early.count / 2)...])
    }

    private mutating func process(_ block: [Int16], recordedAt start: Instant) -> [Int16] {
        var block = block
        alignment.isProven = processor.cancelsWell
        let far = alignment.sound(for: block, recordedAt: start, in: played)
        if alignment.takeCorrection() { processor.expectAnotherEcho() }
        processor.takeFar(far ?? [Int16](repeating: 0, count: block.count))
        let echo = VoiceProcessor.Echo(
            delay: EchoAlignment.margin, isPossible: alignment.mayHearEcho, isPlaced: alignment.isSteady)
        _ = processor.clean(&block, echo: echo)
        return block
    }

    /// When a thread gets to each block.
    private func times(_ count: Int, _ random: inout SeededGenerator) -> [Instant] {
        var latest = Self.beginning
        return (0..<count).map { index in
            latest = max(latest, Self.beginning + Self.block * index + lateness(&random))
            return latest
        }
    }

    private func lateness(_ random: inout SeededGenerator) -> Duration {
        let isVeryLate = Int.random(in: 0..<50, using: &random) == 0
        let mean = conditions.lateness.seconds
        return Duration(seconds: mean * Double.random(in: 0...(isVeryLate ? 15 : 2), using: &random))
    }

    private func stampError(_ random: inout SeededGenerator) -> Duration {
        Int.random(in: 0..<10, using: &random) == 0 ? lateness(&random) : .zero
    }

    /// When each block is heard: one after the other, but where the speaker ran dry.
    private func playTimes(_ writes: [Instant]) -> [Instant] {
        var next = writes[0] + Self.buffer - Self.block
        return writes.map { write in
            if write > next { next = write + Self.buffer - Self.block }
            defer { next += Self.block }
            return next
        }
    }

    private func heard(_ blocks: [[Int16]], _ plays: [Instant], count: Int) -> [Int16] {
        var samples = [Int16](repeating: 0, count: count + AudioFormat.sampleRate)
        for (block, time) in zip(blocks, plays) {
            let start = Int((time - Self.beginning).nanoseconds * 48 / 1_000_000)
            for (index, sample) in block.enumerated() where start + index < samples.count {
                samples[start + index] = sample
            }
        }
        return samples
    }

    private func start(ofBlock index: Int) -> Instant {
        Self.beginning + Duration(seconds: (Self.block * index).seconds / (1 + conditions.drift))
    }

    /// The room's sound by the microphone's clock.
    private func drifting(_ samples: [Int16], count: Int) -> [Int16] {
        guard conditions.drift != 0 else { return Array(samples.prefix(count)) }
        return (0..<count).map { index in
            let time = Double(index) / (1 + conditions.drift)
            let whole = Int(time)
            guard whole > 0, whole + 2 < samples.count else { return 0 }
            let (a, b, c, d) = (
                Double(samples[whole - 1]), Double(samples[whole]), Double(samples[whole + 1]),
                Double(samples[whole + 2])
            )
            // Cubic, through the four neighbours.
            let x = time - Double(whole)
            let bent = b + x / 2 * (c - a + x * (2 * a - 5 * b + 4 * c - d + x * (3 * (b - c) + d - a)))
            return Int16(clamping: Int(bent))
        }
    }

    /// Not zero, so that places are seen to be relative.
    private static let beginning = Instant.seconds(1_000)
}

package func blocks(of samples: [Int16]) -> [[Int16]] {
    stride(from: 0, through: samples.count - AudioFormat.blockSamples, by: AudioFormat.blockSamples).map {
        Array(samples[$0..<$0 + AudioFormat.blockSamples])
    }
}

/// Decibels of mean power.
package func power(_ samples: some Sequence<Int16>) -> Double {
    var sum = 0.0
    var count = 0
    for sample in samples {
        sum += Double(sample) * Double(sample)
        count += 1
    }
    return Decibels.fromPower(sum / Double(max(1, count)) / (32_768 * 32_768))
}
