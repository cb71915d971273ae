import Media

/// Adds up the sound of any number of sources into one block without harsh clipping.
///
/// For each block: `add` every source, then `finish`. A limiter turns the sum down before it would leave the range: at
/// once (over 2 ms) when it gets louder, back by about 20 dB a second; what still stands out is bent softly.
package struct Mixer: Sendable {
    private var sum: [Float]
    private var isSilent = true
    /// The limiter's gain at the end of the last block.
    private var gain: Float = 1

    /// Sums up to here pass unchanged: -1 dB of full scale.
    private static let threshold: Float = 29_200
    private static let attackSamples = 96
    private static let releasePerBlock: Float = 1.047  // 0.4 dB

    package init(blockSamples: Int = AudioFormat.blockSamples) {
        sum = [Float](repeating: 0, count: blockSamples)
    }

    /// Adds a source; `gain` is a factor. Samples beyond the length of a block are ignored, missing ones are silence.
    package mutating func add(_ block: [Int16], gain: Float = 1) {
        isSilent = false
        let count = min(block.count, sum.count)
        sum.withUnsafeMutableBufferPointer { sum in
            block.withUnsafeBufferPointer { block in
                for i in 0..<count { sum[i] += Float(block[i]) * gain }
            }
        }
    }

    /// Writes the mix of all that was added since the last call. `block` gets the length of a block.
    package mutating func finish(into block: inout [Int16]) {
        if block.count != sum.count { block = [Int16](repeating: 0, count: sum.count) }
        let wanted = wantedGain()
        let previous = gain
        gain = wanted
        let ramp = wanted < previous ? min(Self.attackSamples, sum.count) : sum.count
        let step = (wanted - previous) / Float(max(1, ramp))
        sum.withUnsafeMutableBufferPointer { sum in
            block.withUnsafeMutableBufferPointer { block in
                for i in 0..<sum.count {
                    let factor = i < ramp ? previous + step * Float(i + 1) : wanted
                    block[i] = Int16(saturating: Self.bend(sum[i] * factor))
                    sum[i] = 0
                }
            }
        }
        isSilent = true
    }

    private func wantedGain() -> Float {
        let released = min(1, gain * Self.releasePerBlock)
        if isSilent { return released }
        let peak = sum.withUnsafeBufferPointer { $0.reduce(0) { max($0, abs($1)) } }
        return peak * released > Self.threshold ? Self.threshold / peak : released
    }

    /// Above the threshold the curve flattens towards full scale and never reaches it.
    private static func bend(_ value: Float) -> Float {
        let size = abs(value)
        guard size > threshold else { return value }
        let room = 32_767 - threshold
        let over = (size - threshold) / room
        let bent = threshold + room * over / (1 + over)
        return value < 0 ? -bent : bent
    }
}
