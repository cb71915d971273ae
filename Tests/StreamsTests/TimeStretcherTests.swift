import Primitives
import Streams
import Testing

/// A voice-like wave of this period: a ramp with a notch.
private func wave(period: Int, count: Int) -> [Int16] {
    (0..<count).map { Int16(($0 % period) * 8_000 / period - 4_000 + ($0 % period < period / 4 ? 3_000 : 0)) }
}

@Test(arguments: [150, 240, 333, 436])
func periodIsTakenOutOrRepeated(period: Int) {
    let original = wave(period: period, count: 1_920)
    var shorter = original
    let removed = TimeStretcher.shorten(&shorter)
    #expect(removed > 0 && removed % period <= 1)
    #expect(shorter.count == 1_920 - removed)
    var longer = original
    let added = TimeStretcher.lengthen(&longer)
    #expect(added == removed)
    #expect(longer.count == 1_920 + added)
    // The wave goes on as if nothing had happened.
    for sound in [shorter, longer] {
        #expect(sound.elementsEqual(wave(period: period, count: sound.count), by: { abs(Int($0) - Int($1)) < 200 }))
    }
}

@Test func noiseIsLeftAloneUnlessItIsSoft() {
    var random = SeededGenerator(seed: 1)
    var noise = (0..<960).map { _ in Int16.random(in: -8_000...8_000, using: &random) }
    #expect(TimeStretcher.shorten(&noise) == 0)
    #expect(noise.count == 960)
    var soft = (0..<960).map { _ in Int16.random(in: -50...50, using: &random) }
    #expect(TimeStretcher.shorten(&soft) == 480)
    #expect(soft.count == 480)
}

@Test func shortSoundIsLeftAlone() {
    var sound = wave(period: 200, count: 959)
    #expect(TimeStretcher.shorten(&sound) == 0)
    #expect(TimeStretcher.lengthen(&sound) == 0)
}
