import Media

/// A steady sine, the microphone for tests of level and pitch.
package struct ToneGenerator: Sendable {
    private let step: Double
    private let amplitude: Double
    private var phase = 0.0

    /// `frequency` in hertz; `levelDb` is RMS in dBFS (see `Decibels`; a full sine has -3 dBFS, more would be clipped).
    package init(frequency: Double, levelDb: Double = -20) {
        step = frequency / Double(AudioFormat.sampleRate)
        amplitude = min(1, Decibels.toAmplitude(levelDb) * 2.0.squareRoot()) * 32_767
    }

    /// Fills the whole block, going on where the last one ended.
    package mutating func fill(_ block: inout [Int16]) {
        for i in block.indices {
            block[i] = Int16(saturating: amplitude * ElementaryFunctions.sine(turns: phase))
            phase += step
            if phase >= 1 { phase -= phase.rounded(.down) }
        }
    }
}
