import Media
import MediaProcessing
import Primitives
import Testing

/// `seconds` of a tone.
private func tone(_ frequency: Double, _ levelDb: Double, samples: Int = 4_800) -> [Int16] {
    var generator = ToneGenerator(frequency: frequency, levelDb: levelDb)
    var block = [Int16](repeating: 0, count: samples)
    generator.fill(&block)
    return block
}

private func rmsDb(_ samples: [Int16]) -> Double {
    let power = samples.reduce(0.0) { $0 + Double($1) * Double($1) } / Double(max(1, samples.count))
    return Decibels.fromPower(power / 1_073_741_824)
}

@Test(arguments: [(0.0, 0.0), (1.0 / 12, 0.5), (0.25, 1.0), (0.5, 0.0), (-0.25, -1.0), (7.125, 0.7071067811865476)])
func sineIsExact(turns: Double, value: Double) {
    #expect(abs(ElementaryFunctions.sine(turns: turns) - value) < 1e-12)
}

@Test func exponentialAndLogarithmAreInverse() {
    for x in [-50.0, -1, -1e-6, 0, 0.3, 2.5, 100] {
        #expect(abs(ElementaryFunctions.logarithm(ElementaryFunctions.exponential(x)) - x) < 1e-11 * max(1, abs(x)))
    }
    #expect(abs(ElementaryFunctions.exponential(1) - 2.718281828459045) < 1e-14)
    #expect(abs(Decibels.fromAmplitude(10) - 20) < 1e-10)
    #expect(Decibels.fromPower(0) == Decibels.floor)
}

@Test(arguments: [(440.0, -20.0), (1_000.0, -3.1), (333.3, -40.0), (97.7, -12.0), (7_431.2, -30.0)])
func toneHasItsFrequencyAndLevel(frequency: Double, level: Double) throws {
    let found = try #require(ToneDetector.dominantTone(in: tone(frequency, level)))
    #expect(abs(found.frequency - frequency) < 1)
    #expect(abs(found.levelDb - level) < 0.2)
    #expect(abs(ToneDetector.levelDb(at: frequency, in: tone(frequency, level)) - level) < 0.2)
}

@Test func toneGoesOnWithoutAGapBetweenBlocks() {
    var generator = ToneGenerator(frequency: 450)
    var blocks: [Int16] = []
    var block = [Int16](repeating: 0, count: 960)
    for _ in 0..<5 {
        generator.fill(&block)
        blocks += block
    }
    #expect(blocks == tone(450, -20))
}

@Test func strongerToneWins() throws {
    let mix = zip(tone(500, -30), tone(1_500, -24)).map { $0 + $1 }
    let found = try #require(ToneDetector.dominantTone(in: mix))
    #expect(abs(found.frequency - 1_500) < 1)
    #expect(abs(ToneDetector.levelDb(at: 500, in: mix) + 30) < 0.2)
    #expect(ToneDetector.levelDb(at: 3_000, in: mix) < -75)
}

@Test func silenceHasNoTone() {
    #expect(ToneDetector.dominantTone(in: [Int16](repeating: 0, count: 960)) == nil)
    #expect(ToneDetector.dominantTone(in: [1, 2, 3]) == nil)
}

@Test(arguments: [(UInt64(1), 110.0), (UInt64(2), 150.0), (UInt64(3), 220.0)])
func speechTalksAndPausesAtItsLevel(seed: UInt64, pitch: Double) {
    var speech = SpeechGenerator(seed: seed, pitch: pitch)
    var block = [Int16](repeating: 0, count: 960)
    var talking: [Int16] = []
    var pauses = 0
    for _ in 0..<500 {
        speech.fill(&block)
        if block.allSatisfy({ $0 == 0 }) { pauses += 1 } else { talking += block }
    }
    #expect(40...250 ~= pauses)
    #expect(abs(rmsDb(talking) + 20) < 3)
}

@Test func sameSeedSaysTheSame() {
    var a = SpeechGenerator(seed: 5)
    var b = SpeechGenerator(seed: 5)
    var (x, y) = ([Int16](repeating: 0, count: 960), [Int16](repeating: 0, count: 960))
    for _ in 0..<100 {
        a.fill(&x)
        b.fill(&y)
        #expect(x == y)
    }
}

@Test func meterMeasuresAndItsPeakFallsSlowly() {
    var meter = LevelMeter()
    meter.process(tone(1_000, -20, samples: 960))
    #expect(abs(meter.rmsDb + 20) < 0.1)
    #expect(abs(meter.peakDb + 17) < 0.1)
    #expect(meter.rfc6464Level == 20)
    for _ in 0..<25 { meter.process([Int16](repeating: 0, count: 960)) }
    #expect(meter.rmsDb == Decibels.floor)
    #expect(meter.rfc6464Level == 127)
    #expect(abs(meter.peakDb + 27) < 0.2)
}

@Test func voiceIsTalkAndNotSteadyNoise() {
    var meter = LevelMeter()
    var random = SeededGenerator(seed: 3)
    func noise(_ amplitude: Int16) -> [Int16] {
        (0..<960).map { _ in Int16.random(in: -amplitude...amplitude, using: &random) }
    }
    for _ in 0..<500 { meter.process(noise(180)) }  // -50 dBFS
    #expect(!meter.isVoice)
    var speech = SpeechGenerator(seed: 8)
    var block = [Int16](repeating: 0, count: 960)
    var voiced = 0
    for _ in 0..<200 {
        speech.fill(&block)
        meter.process(zip(block, noise(180)).map { $0 &+ $1 })
        if meter.isVoice { voiced += 1 }
    }
    #expect(voiced > 130)
    for _ in 0..<16 { meter.process(noise(180)) }
    #expect(!meter.isVoice)
}

@Test func oneQuietSourcePassesTheMixerUnchanged() {
    var mixer = Mixer()
    let block = tone(440, -12, samples: 960)
    var out: [Int16] = []
    mixer.add(block)
    mixer.finish(into: &out)
    #expect(out == block)
    mixer.finish(into: &out)
    #expect(out.allSatisfy { $0 == 0 } && out.count == 960)
}

@Test func mixerAppliesGainsAndAdds() {
    var mixer = Mixer()
    var out: [Int16] = []
    mixer.add([Int16](repeating: 1_000, count: 960), gain: 0.5)
    mixer.add([Int16](repeating: -300, count: 2_000))
    mixer.add([100])
    mixer.finish(into: &out)
    #expect(out[0] == 300 && out[1] == 200 && out[959] == 200)
}

@Test func loudMixIsLimitedWithoutDistortion() throws {
    var mixer = Mixer()
    var generators = (0..<4).map { _ in ToneGenerator(frequency: 500, levelDb: -6) }
    var (block, out, all): ([Int16], [Int16], [Int16]) = ([Int16](repeating: 0, count: 960), [], [])
    for _ in 0..<10 {
        for i in generators.indices {
            generators[i].fill(&block)
            mixer.add(block)
        }
        mixer.finish(into: &out)
        all += out
    }
    #expect(all.allSatisfy { abs(Int($0)) < 32_767 })
    let steady = Array(all.suffix(4_800))
    let found = try #require(ToneDetector.dominantTone(in: steady))
    #expect(abs(found.levelDb + 4) < 0.5)
    #expect(ToneDetector.levelDb(at: 1_500, in: steady) < -60)
}

@Test(arguments: [
    (8_000, 48_000), (16_000, 48_000), (44_100, 48_000), (96_000, 48_000), (192_000, 48_000), (48_000, 8_000),
    (48_000, 44_100), (48_000, 192_000), (11_025, 48_000), (44_099, 48_000), (48_000, 48_000),
])
func resamplerKeepsToneAndLength(from: Int, to: Int) {
    var resampler = Resampler(from: from, to: to)
    var phase = 0.0
    var out: [Int16] = []
    for _ in 0..<20 {
        let block = (0..<from / 100).map { _ in
            defer { phase += 1_000 / Double(from) }
            return Int16(saturating: 16_000 * ElementaryFunctions.sine(turns: phase))
        }
        resampler.process(block, into: &out)
    }
    let inputs = from / 100 * 20
    #expect(out.count == (inputs * to + from - 1) / from)
    let middle = Array(out.dropFirst(out.count / 2))
    #expect(signalToNoise(middle, frequency: 1_000 / Double(to)) > 60)
    #expect(resampler.latency < .milliseconds(5))
}

@Test func resamplerRemovesWhatTheLowerRateCannotCarry() {
    var resampler = Resampler(from: 48_000, to: 8_000)
    var out: [Int16] = []
    resampler.process(tone(5_000, -6, samples: 9_600), into: &out)
    #expect(rmsDb(Array(out.suffix(1_000))) < -66)
}

@Test func channelsAreAveragedAndSpread() {
    #expect(ChannelConverter.toMono([100, 200, -300, -500, 7], channels: 2) == [150, -400])
    #expect(ChannelConverter.toMono([32_767, 32_767, 32_767], channels: 3) == [32_767])
    #expect(ChannelConverter.fromMono([1, -2], channels: 3) == [1, 1, 1, -2, -2, -2])
    #expect(ChannelConverter.fromMono([5], channels: 1) == [5])
}

/// The power of the best-fitting sine against that of the rest, in dB. `frequency` in turns a sample.
private func signalToNoise(_ samples: [Int16], frequency: Double) -> Double {
    var (ss, sc, cc, xs, xc, xx) = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    for (i, sample) in samples.enumerated() {
        let s = ElementaryFunctions.sine(turns: frequency * Double(i))
        let c = ElementaryFunctions.cosine(turns: frequency * Double(i))
        let x = Double(sample)
        ss += s * s
        sc += s * c
        cc += c * c
        xs += x * s
        xc += x * c
        xx += x * x
    }
    let determinant = ss * cc - sc * sc
    let a = (xs * cc - xc * sc) / determinant
    let b = (xc * ss - xs * sc) / determinant
    let signal = a * xs + b * xc
    return Decibels.fromPower(signal / max(1e-9, xx - signal))
}
