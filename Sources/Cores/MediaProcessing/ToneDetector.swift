import Media

/// Finds the strongest tone in a piece of sound, to check what arrived of a test tone.
package enum ToneDetector {
    package struct Tone: Equatable, Sendable {
        /// Hertz.
        package var frequency: Double
        /// RMS of that tone in dBFS (see `Decibels`).
        package var levelDb: Double
    }

    /// The strongest tone above 20 Hz; nil where there are too few samples (below 256) or all are zero. The longer the
    /// window the finer: 0.1 s tells a clean tone within a tenth of a hertz.
    package static func dominantTone(in samples: [Int16], sampleRate: Int = AudioFormat.sampleRate) -> Tone? {
        guard samples.count >= 256, samples.contains(where: { $0 != 0 }) else { return nil }
        let window = hann(samples)
        let size = powerOfTwo(atLeast: window.count)
        let spectrum = powerSpectrum(window, size: size)
        let lowest = max(1, 20 * size / sampleRate)
        guard lowest < size / 2, let peak = (lowest..<size / 2).max(by: { spectrum[$0] < spectrum[$1] }) else {
            return nil
        }
        let turns = refine(window, around: Double(peak) / Double(size), within: 1 / Double(size))
        return Tone(
            frequency: turns * Double(sampleRate),
            levelDb: level(amplitude: magnitude(of: window, at: turns), window.count))
    }

    /// RMS in dBFS of the part of the sound at one frequency, whatever else is there.
    package static func levelDb(
        at frequency: Double, in samples: [Int16], sampleRate: Int = AudioFormat.sampleRate
    ) -> Double {
        guard !samples.isEmpty else { return Decibels.floor }
        let window = hann(samples)
        return level(amplitude: magnitude(of: window, at: frequency / Double(sampleRate)), window.count)
    }

    /// A Hann window's mean is one half, and a sine of amplitude a gives a/2 a sample.
    private static func level(amplitude magnitude: Double, _ count: Int) -> Double {
        Decibels.fromAmplitude(4 * magnitude / Double(count) / 2.0.squareRoot() / 32_768)
    }

    private static func hann(_ samples: [Int16]) -> [Double] {
        let n = Double(samples.count)
        return samples.indices.map { i in
            Double(samples[i]) * (0.5 - 0.5 * ElementaryFunctions.cosine(turns: (Double(i) + 0.5) / n))
        }
    }

    /// The magnitude of the Fourier transform at one frequency (in turns a sample), by Goertzel's recurrence.
    private static func magnitude(of x: [Double], at turns: Double) -> Double {
        let c = 2 * ElementaryFunctions.cosine(turns: turns)
        var s1 = 0.0
        var s2 = 0.0
        x.withUnsafeBufferPointer { x in
            for value in x {
                let s0 = value + c * s1 - s2
                s2 = s1
                s1 = s0
            }
        }
        return max(0, s1 * s1 + s2 * s2 - c * s1 * s2).squareRoot()
    }

    /// The maximum near a spectral line, by golden section: a Hann window's main lobe has one.
    private static func refine(_ x: [Double], around centre: Double, within width: Double) -> Double {
        let ratio = 0.6180339887498949
        var low = centre - width
        var high = centre + width
        var a = high - ratio * (high - low)
        var b = low + ratio * (high - low)
        var atA = magnitude(of: x, at: a)
        var atB = magnitude(of: x, at: b)
        for _ in 0..<18 {
            if atA > atB {
                (high, b, atB) = (b, a, atA)
                a = high - ratio * (high - low)
                atA = magnitude(of: x, at: a)
            } else {
                (low, a, atA) = (a, b, atB)
                b = low + ratio * (high - low)
                atB = magnitude(of: x, at: b)
            }
        }
        return (low + high) / 2
    }

    private static func powerOfTwo(atLeast count: Int) -> Int {
        var size = 1
        while size < count { size *= 2 }
        return size
    }

    /// |X|² for the lines 0..<size/2 of the zero-padded input: a radix-2 transform, `size` a power of two.
    private static func powerSpectrum(_ x: [Double], size: Int) -> [Double] {
        var re = x + [Double](repeating: 0, count: size - x.count)
        var im = [Double](repeating: 0, count: size)
        let cosines = (0..<max(1, size / 2)).map { ElementaryFunctions.cosine(turns: Double($0) / Double(size)) }
        let sines = (0..<max(1, size / 2)).map { -ElementaryFunctions.sine(turns: Double($0) / Double(size)) }
        re.withUnsafeMutableBufferPointer { re in
            im.withUnsafeMutableBufferPointer { im in
                transform(re, im, cosines, sines)
            }
        }
        return (0..<size / 2).map { re[$0] * re[$0] + im[$0] * im[$0] }
    }

    /// Decimation in frequency; afterwards the lines are brought from bit-reversed into natural order.
    private static func transform(
        _ re: UnsafeMutableBufferPointer<Double>, _ im: UnsafeMutableBufferPointer<Double>, _ cosines: [Double],
        _ sines: [Double]
    ) {
        let size = re.count
        var half = size / 2
        while half >= 1 {
            let stride = size / (2 * half)
            for start in Swift.stride(from: 0, to: size, by: 2 * half) {
                for k in 0..<half {
                    let (i, j) = (start + k, start + k + half)
                    let (dr, di) = (re[i] - re[j], im[i] - im[j])
                    re[i] += re[j]
                    im[i] += im[j]
                    re[j] = dr * cosines[k * stride] - di * sines[k * stride]
                    im[j] = dr * sines[k * stride] + di * cosines[k * stride]
                }
            }
            half /= 2
        }
        let bits = size.trailingZeroBitCount
        for i in 0..<size {
            let j = reversed(i, bits: bits)
            if i < j {
                re.swapAt(i, j)
                im.swapAt(i, j)
            }
        }
    }

    private static func reversed(_ index: Int, bits: Int) -> Int {
        var out = 0
        for bit in 0..<bits where index >> bit & 1 == 1 { out |= 1 << (bits - 1 - bit) }
        return out
    }
}
