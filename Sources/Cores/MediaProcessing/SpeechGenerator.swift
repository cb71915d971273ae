import Media
import Primitives

/// Sound with the shape of speech: a voice that babbles, for calls and tests without a person.
///
/// A pulse train (voiced) or noise (unvoiced) excites three resonances, the formants of vowels; syllables rise and fall,
/// four to nine of them make a phrase with a falling melody, and phrases are parted by pauses. So voice activity, DTX,
/// pitch search and gain control have to do what they do with people.
package struct SpeechGenerator: Sendable {
    private static let rate = Double(AudioFormat.sampleRate)
    /// RMS while talking, full scale being 1: -20 dBFS.
    private static let talkingLevel = 0.1

    private let pitch: Double
    private var random: SeededGenerator
    private var formants = (Resonator(), Resonator(), Resonator())
    private var fricative = Resonator()
    private var segment = Segment(kind: .pause, length: 1)
    private var position = 0
    private var syllablesLeft = 0
    private var syllablesInPhrase = 1
    private var glottis = 0.0
    private var pulse = 0.0
    /// Mean power of what the resonators gave lately; starts where vowels usually are.
    private var power = 0.02

    /// `pitch` in hertz: about 110 for a low voice, 210 for a high one.
    package init(seed: UInt64, pitch: Double = 120) {
        self.pitch = min(500, max(50, pitch))
        random = SeededGenerator(seed: seed)
    }

    /// Fills the whole block, going on where the last one ended.
    package mutating func fill(_ block: inout [Int16]) {
        for i in block.indices {
            if position >= segment.length { nextSegment() }
            block[i] = Int16(saturating: nextSample() * 32_767)
            position += 1
        }
    }

    private mutating func nextSample() -> Double {
        let loudness = segment.envelope(at: position)
        let raw: Double
        switch segment.kind {
        case .pause: return 0
        case .vowel: raw = voiced()
        case .consonant: raw = 0.35 * fricative.filter(uniform(-1...1))
        }
        power += (raw * raw - power) / (0.2 * Self.rate)
        let level = raw / max(1e-3, power.squareRoot()) * Self.talkingLevel
        return loudness * 1.35 * min(6 * Self.talkingLevel, max(-6 * Self.talkingLevel, level))
    }

    /// Glottal pulses, smoothed by one pole, through the formants in parallel.
    private mutating func voiced() -> Double {
        let fallen = 1 - 0.25 * Double(syllablesInPhrase - syllablesLeft) / Double(syllablesInPhrase)
        glottis += pitch * fallen * segment.melody / Self.rate
        var excitation = 0.0
        if glottis >= 1 {
            glottis -= 1
            excitation = 8
        }
        pulse += 0.12 * (excitation - pulse)
        let breath = pulse + 0.01 * uniform(-1...1)
        return formants.0.filter(breath) + 0.6 * formants.1.filter(breath) + 0.3 * formants.2.filter(breath)
    }

    /// Consonant, vowel, consonant, vowel, …, and a pause at the end of the phrase.
    private mutating func nextSegment() {
        position = 0
        switch segment.kind {
        case .pause:
            syllablesInPhrase = Int(uniform(4...9.99))
            syllablesLeft = syllablesInPhrase
            beginSyllable()
        case .consonant: beginVowel()
        case .vowel:
            syllablesLeft -= 1
            if syllablesLeft > 0 {
                beginSyllable()
            } else {
                segment = Segment(kind: .pause, length: samples(uniform(0.25...0.9)))
            }
        }
    }

    private mutating func beginSyllable() {
        guard uniform(0...1) < 0.6 else { return beginVowel() }
        fricative.tune(frequency: uniform(2_500...6_000), bandwidth: 1_500)
        segment = Segment(kind: .consonant, length: samples(uniform(0.04...0.09)), loudness: uniform(0.2...0.5))
    }

    private mutating func beginVowel() {
        let vowel = Self.vowels[Int(uniform(0...Double(Self.vowels.count) - 0.01))]
        formants.0.tune(frequency: vowel[0], bandwidth: 60)
        formants.1.tune(frequency: vowel[1], bandwidth: 100)
        formants.2.tune(frequency: vowel[2], bandwidth: 140)
        segment = Segment(
            kind: .vowel, length: samples(uniform(0.1...0.24)), loudness: uniform(0.7...1), melody: uniform(0.9...1.15))
    }

    private func samples(_ seconds: Double) -> Int { Int(seconds * Self.rate) }

    private mutating func uniform(_ range: ClosedRange<Double>) -> Double {
        let unit = Double(random.next() >> 11) / 9_007_199_254_740_992
        return range.lowerBound + unit * (range.upperBound - range.lowerBound)
    }

    /// The first three formants of a, e, i, o, u and schwa, in hertz (Peterson and Barney's averages, rounded).
    private static let vowels: [[Double]] = [
        [730, 1_090, 2_440], [530, 1_840, 2_480], [270, 2_290, 3_010], [570, 840, 2_410], [300, 870, 2_240],
        [500, 1_500, 2_500],
    ]

    private struct Segment: Sendable {
        enum Kind: Sendable { case pause, consonant, vowel }

        var kind: Kind
        /// In samples.
        var length: Int
        var loudness = 1.0
        var melody = 1.0

        /// Rises in 20 ms, falls in 30.
        func envelope(at position: Int) -> Double {
            let rise = Double(position) / 960
            let fall = Double(length - position) / 1_440
            return loudness * min(1, rise, fall)
        }
    }

    /// A resonance: two poles, unity gain at its frequency.
    private struct Resonator: Sendable {
        private var a1 = 0.0
        private var a2 = 0.0
        private var gain = 0.0
        private var y1 = 0.0
        private var y2 = 0.0

        mutating func tune(frequency: Double, bandwidth: Double) {
            let radius = ElementaryFunctions.exponential(-ElementaryFunctions.pi * bandwidth / SpeechGenerator.rate)
            let turns = frequency / SpeechGenerator.rate
            a1 = 2 * radius * ElementaryFunctions.cosine(turns: turns)
            a2 = -radius * radius
            gain =
                (1 - radius)
                * (1 - 2 * radius * ElementaryFunctions.cosine(turns: 2 * turns) + radius * radius).squareRoot()
        }

        mutating func filter(_ x: Double) -> Double {
            let y = gain * x + a1 * y1 + a2 * y2
            y2 = y1
            y1 = y
            return y
        }
    }
}
