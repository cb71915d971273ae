import Media
import MediaProcessing
import Primitives
import RoomModel
import Testing
import VoiceProcessing

@Suite struct VoiceProcessorTests {
    /// What the echo is lowered by after two seconds.
    private func reduction(_ outcome: Room.Outcome, from second: Int = 2) -> Double {
        let begun = second * AudioFormat.sampleRate
        return power(outcome.echo[begun...]) - power(outcome.sent[begun...])
    }

    private func silence(like sound: [Int16]) -> [Int16] { [Int16](repeating: 0, count: sound.count) }

    @Test(arguments: [Int64(20), 60, 110, 200])
    func takesTheEchoOutWhateverItsDelay(milliseconds: Int64) throws {
        let far = speech(seconds: 6, seed: 1)
        var conditions = Room.Conditions()
        conditions.delay = .milliseconds(milliseconds)
        var room = try Room(conditions)
        let outcome = room.run(far: far, near: silence(like: far))
        let found = try #require(outcome.delay)
        #expect(abs(found.milliseconds - milliseconds) <= 25, "\(found.milliseconds) ms")
        #expect(reduction(outcome) >= 30)
    }

    @Test func findsADelayThatChanges() throws {
        let far = speech(seconds: 14, seed: 1)
        var conditions = Room.Conditions()
        conditions.delay = .milliseconds(40)
        conditions.laterDelay = .milliseconds(160)
        var room = try Room(conditions)
        #expect(reduction(room.run(far: far, near: silence(like: far)), from: 10) >= 30)
    }

    /// Threads come 4 ms late on average and now and then 60, as on a busy machine; a speaker that ran dry meanwhile moves
    /// the echo, which has to be learnt anew.
    @Test(arguments: [UInt64(1), 2, 3])
    func takesTheEchoOutOnABusyMachine(seed: UInt64) throws {
        let far = speech(seconds: 8, seed: 1)
        var conditions = Room.Conditions()
        conditions.lateness = .milliseconds(4)
        conditions.seed = seed
        var room = try Room(conditions)
        #expect(reduction(room.run(far: far, near: silence(like: far)), from: 3) >= 30)
    }

    @Test(arguments: [100e-6, -100e-6])
    func takesTheEchoOutWhereTheClocksDiffer(drift: Double) throws {
        let far = speech(seconds: 16, seed: 1)
        var conditions = Room.Conditions()
        conditions.drift = drift
        var room = try Room(conditions)
        #expect(reduction(room.run(far: far, near: silence(like: far)), from: 4) >= 30)
    }

    /// Also before the first delay is found.
    @Test func letsNoEchoThroughWhileItLearns() throws {
        let far = speech(seconds: 2, seed: 1)
        var room = try Room()
        let outcome = room.run(far: far, near: silence(like: far))
        let tenth = AudioFormat.sampleRate / 10
        for start in stride(from: 0, to: far.count, by: tenth) {
            let echo = power(outcome.echo[start..<start + tenth])
            let left = power(outcome.sent[start..<start + tenth])
            #expect(echo < -50 || left < echo - 9, "\(start / tenth): \(left) dB of \(echo)")
        }
    }

    /// As with headphones: nobody has to wait for long till the others are silent.
    @Test func letsTalkThroughWhereThereIsNoEcho() throws {
        let far = speech(seconds: 6, seed: 1)
        let near = speech(seconds: 6, seed: 2)
        var conditions = Room.Conditions()
        conditions.gain = 0
        var options = VoiceProcessor.Options()
        options.controlsGain = false
        var room = try Room(conditions, options)
        let outcome = room.run(far: far, near: near)
        // After a second and a half of both at once. The library's own canceller takes some of it, and Chromium's more.
        let begun = 5 * AudioFormat.sampleRate / 2
        #expect(power(near[begun...]) - power(outcome.sent[begun...]) < 12)
    }

    @Test func leavesTheNearEndAlone() throws {
        let near = speech(seconds: 5, seed: 2)
        var options = VoiceProcessor.Options()
        // Which brings any voice to its own level.
        options.controlsGain = false
        var room = try Room(.init(), options)
        let outcome = room.run(far: silence(like: near), near: near)
        let begun = AudioFormat.sampleRate
        #expect(abs(power(near[begun...]) - power(outcome.sent[begun...])) < 1.5)
        #expect(outcome.delay == nil)
    }

    @Test func hearsAVoiceAndNoVoice() throws {
        let processor = try VoiceProcessor()
        var spoken = 0
        for block in blocks(of: speech(seconds: 4, seed: 3)) {
            var block = block
            if processor.clean(&block, echo: .init(delay: .zero)) { spoken += 1 }
        }
        #expect(spoken > 60)
        var random = SeededGenerator(seed: 4)
        var silent = 0
        for _ in 0..<200 {
            var block = (0..<AudioFormat.blockSamples).map { _ in Int16.random(in: -8...8, using: &random) }
            if !processor.clean(&block, echo: .init(delay: .zero)) { silent += 1 }
        }
        #expect(silent > 150)
    }

    @Test func suppressesNoNoiseWhereThereIsNone() throws {
        let near = speech(seconds: 5, seed: 2)
        var room = try Room()
        let sent = room.run(far: silence(like: near), near: near).sent
        var options = VoiceProcessor.Options()
        options.suppressesNoise = false
        room = try Room(.init(), options)
        let unsuppressed = room.run(far: silence(like: near), near: near).sent
        // Not the arrays themselves: telling how two of 240,000 samples differ would take hours.
        let differing = zip(sent, unsuppressed).count { $0 != $1 }
        #expect(differing == 0, "of \(sent.count) samples")
    }

    @Test func takesRumbleAway() throws {
        let hum = (0..<3 * AudioFormat.sampleRate).map { Int16(3_000 * cosine($0, hertz: 25)) }
        var options = VoiceProcessor.Options()
        options.controlsGain = false
        options.suppressesNoise = false
        var room = try Room(.init(), options)
        let sent = room.run(far: silence(like: hum), near: hum).sent
        let begun = AudioFormat.sampleRate
        #expect(power(hum[begun...]) - power(sent[begun...]) > 15)
    }

    private func cosine(_ sample: Int, hertz: Int) -> Double {
        let period = AudioFormat.sampleRate / hertz
        return ElementaryFunctions.cosine(turns: Double(sample % period) / Double(period))
    }

    @Test func takesNoiseDown() throws {
        var random = SeededGenerator(seed: 5)
        let noise = (0..<7 * AudioFormat.sampleRate).map { _ in Int16.random(in: -300...300, using: &random) }
        var options = VoiceProcessor.Options()
        options.controlsGain = false
        var room = try Room(.init(), options)
        let sent = room.run(far: silence(like: noise), near: noise).sent
        let settled = 5 * AudioFormat.sampleRate
        #expect(power(noise[settled...]) - power(sent[settled...]) > 4)
        options.suppressesNoise = false
        options.filtersRumble = false
        room = try Room(.init(), options)
        let untouched = room.run(far: silence(like: noise), near: noise).sent
        #expect(abs(power(noise[settled...]) - power(untouched[settled...])) < 1)
    }
}

private func speech(seconds: Int, seed: UInt64) -> [Int16] {
    var generator = SpeechGenerator(seed: seed)
    var samples: [Int16] = []
    var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
    for _ in 0..<seconds * 50 {
        generator.fill(&block)
        samples += block
    }
    return samples
}
