import Primitives

/// Finds how long it takes from the speaker to the microphone, however little the sound driver knows of it: it compares
/// how loudness rises and falls on both sides, in four bands. Two people's syllables may fall together for a while, but
/// not in each band.
///
/// For each possible delay a correlation of the loudness curves is kept, which forgets within seconds. Each step is 10 ms,
/// which is all that an echo canceller's filter needs to be told.
package struct EchoDelayEstimator: Sendable {
    typealias Bands = SIMD4<Float>

    /// Nil until the speaker was heard well enough.
    package private(set) var delay: Duration?

    private var far = [Bands](repeating: .zero, count: lags)
    /// Where in `far` the newest value is.
    private var newest = 0
    private var farLoudness = BandLoudness()
    private var nearLoudness = BandLoudness()
    private var products = [Float](repeating: 0, count: lags)
    private var farPowers = [Float](repeating: 0, count: lags)
    private var nearPower: Float = 0
    private var candidate = 0
    private var evidence: Float = 0

    package static let step = Duration.milliseconds(10)
    private static let stepSamples = 480
    /// Up to 0.7 s, of which `EchoAlignment` makes 0.1 s before the devices' word and 0.6 s after.
    private static let lags = 70
    /// Half is forgotten in 0.7 s.
    private static let memory: Float = 0.99
    /// What a delay's likeness has to be at each step, and how much its excess over `ordinary` has to add up to: the first is
    /// taken as soon as it stands out, the sooner the more it does, and another in its place only where it is beyond doubt.
    private static let first: (likeness: Float, evidence: Float) = (0.55, 2.5)
    private static let later: (likeness: Float, evidence: Float) = (0.85, 20)
    /// Between two people's talk.
    private static let ordinary: Float = 0.45
    /// In squared decades of power, summed: less is background, of which no echo can be heard.
    private static let leastFarPower: Float = 6

    /// Another delay than `known` has to be beyond doubt.
    package init(_ known: Duration? = nil) { delay = known }

    /// Takes a block for the speaker and the microphone's block of the same moment, of equal length.
    package mutating func process(far: [Int16], near: [Int16]) {
        for start in stride(from: 0, through: min(far.count, near.count) - Self.stepSamples, by: Self.stepSamples) {
            let range = start..<start + Self.stepSamples
            add(far: farLoudness.change(far[range]), near: nearLoudness.change(near[range]))
        }
    }

    private mutating func add(far farNow: Bands, near: Bands) {
        newest = (newest + 1) % Self.lags
        far[newest] = farNow
        nearPower = nearPower * Self.memory + (near * near).sum()
        var best = 0
        var bestLikeness: Float = 0
        for lag in 0..<Self.lags {
            let value = far[(newest + Self.lags - lag) % Self.lags]
            products[lag] = products[lag] * Self.memory + (value * near).sum()
            farPowers[lag] = farPowers[lag] * Self.memory + (value * value).sum()
            let likeness = products[lag] / (farPowers[lag] * nearPower).squareRoot()
            if farPowers[lag] > Self.leastFarPower, likeness > bestLikeness { (best, bestLikeness) = (lag, likeness) }
        }
        judge(best, bestLikeness)
    }

    /// One delay has to win for a while before it is believed.
    private mutating func judge(_ lag: Int, _ likeness: Float) {
        let needed = delay == nil ? Self.first : Self.later
        guard likeness >= needed.likeness, abs(lag - candidate) <= 1 else {
            evidence = 0
            candidate = lag
            return
        }
        evidence += likeness - Self.ordinary
        guard evidence >= needed.evidence else { return }
        let found = Self.step * lag
        // Neighbours win in turn where the truth lies between them.
        if delay.map({ abs(($0 - found).nanoseconds) > Self.step.nanoseconds }) ?? true { delay = found }
    }
}

/// How loud each of four bands is, as the difference from what it was of late.
private struct BandLoudness: Sendable {
    private var low = EchoDelayEstimator.Bands.zero
    private var mean = EchoDelayEstimator.Bands.zero
    private var weight: Float = 1

    /// Of low-pass filters of one pole at about 300, 800, 2000 and 5000 Hz; a band is what one lets through and the one
    /// below does not.
    private static let poles = EchoDelayEstimator.Bands(0.038, 0.1, 0.23, 0.48)
    /// What a value counts for in the mean, once there were many.
    private static let leastWeight: Float = 0.03
    /// About -80 dBFS, so that noise which nobody hears counts as silence.
    private static let floor: Float = 9

    mutating func change(_ samples: ArraySlice<Int16>) -> EchoDelayEstimator.Bands {
        var power = EchoDelayEstimator.Bands.zero
        for sample in samples {
            low += Self.poles * (EchoDelayEstimator.Bands(repeating: Float(sample)) - low)
            let band = low - EchoDelayEstimator.Bands(0, low[0], low[1], low[2])
            power += band * band
        }
        let loudness = Self.decades(power / Float(samples.count) + Self.floor)
        mean += weight * (loudness - mean)
        weight = max(Self.leastWeight, weight / (1 + weight))
        // A door that slams, or the first sound of all, must not count for more than all that follows.
        return (loudness - mean).clamped(lowerBound: .init(repeating: -1), upperBound: .init(repeating: 1))
    }

    private static func decades(_ power: EchoDelayEstimator.Bands) -> EchoDelayEstimator.Bands {
        var result = power
        for index in power.indices {
            result[index] = Float(ElementaryFunctions.logarithm(Double(power[index]))) / 2.302585
        }
        return result
    }
}
