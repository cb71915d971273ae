import Primitives

/// Changes the sample rate of a stream of mono sound by a polyphase filter (a sinc under a Kaiser window).
///
/// Rates may be any, from 4 kHz to 384 kHz. n samples in give n·to/from samples out, rounded up and counted from the
/// beginning of the stream; the sound comes `latency` later.
package struct Resampler: Sendable {
    package let from: Int
    package let to: Int

    /// The ratio in lowest terms: `up` outputs for `down` inputs.
    private let up: Int
    private let down: Int
    private let taps: Int
    /// Filters for `phases` positions between two input samples, and one more to interpolate towards.
    private let phases: Int
    private let filters: [Float]
    /// The last `taps` - 1 samples, then the input.
    private var history: [Float]
    /// Where the next output lies: in input samples from the beginning of `history`, and the rest in 1/`up`.
    private var index = 0
    private var fraction = 0

    /// Zero crossings of the sinc on each side, at the lower of the two rates.
    private static let crossings = 32
    /// Above this many positions neighbouring filters are interpolated (to about -110 dB).
    private static let mostPhases = 512

    package init(from: Int, to: Int) {
        let allowed = 4_000...384_000
        precondition(allowed ~= from && allowed ~= to, "sample rates are between 4 and 384 kHz")
        self.from = from
        self.to = to
        let divisor = Self.greatestCommonDivisor(from, to)
        up = to / divisor
        down = from / divisor
        taps = 2 * Self.crossings * max(from, to) / to
        phases = min(up, Self.mostPhases)
        filters = Self.design(taps: taps, phases: phases, ratio: min(1, Double(to) / Double(from)))
        history = [Float](repeating: 0, count: taps - 1)
    }

    /// What the filter delays the sound by.
    package var latency: Duration { .nanoseconds(Int64(taps / 2) * 1_000_000_000 / Int64(from)) }

    /// Appends what `input` makes to `output`.
    package mutating func process(_ input: [Int16], into output: inout [Int16]) {
        if up == down {
            output.append(contentsOf: input)
            return
        }
        history.append(contentsOf: input.lazy.map(Float.init))
        output.reserveCapacity(output.count + input.count * up / down + 1)
        while index + taps <= history.count {
            output.append(Int16(saturating: sample()))
            fraction += down
            index += fraction / up
            fraction %= up
        }
        let used = min(index, history.count)
        history.removeFirst(used)
        index -= used
    }

    package mutating func process(_ input: [Int16]) -> [Int16] {
        var output: [Int16] = []
        process(input, into: &output)
        return output
    }

    private func sample() -> Float {
        if phases == up { return convolve(phase: fraction) }
        let position = Double(fraction) * Double(phases) / Double(up)
        let phase = Int(position)
        let weight = Float(position - Double(phase))
        return convolve(phase: phase) * (1 - weight) + convolve(phase: phase + 1) * weight
    }

    private func convolve(phase: Int) -> Float {
        history.withUnsafeBufferPointer { history in
            filters.withUnsafeBufferPointer { filters in
                let x = history.baseAddress! + index  // `process` has checked that `taps` samples follow
                let h = filters.baseAddress! + phase * taps
                // Eight sums, so that the compiler may use vectors without reordering a single one.
                var sums = SIMD8<Float>(repeating: 0)
                var i = 0
                while i + 8 <= taps {
                    let a = UnsafeRawPointer(x + i).loadUnaligned(as: SIMD8<Float>.self)
                    let b = UnsafeRawPointer(h + i).loadUnaligned(as: SIMD8<Float>.self)
                    sums += a * b
                    i += 8
                }
                var sum = sums.sum()
                while i < taps {
                    sum += x[i] * h[i]
                    i += 1
                }
                return sum
            }
        }
    }

    /// Filter p holds the sinc shifted by p/phases of an input sample. Each is scaled to pass DC unchanged.
    private static func design(taps: Int, phases: Int, ratio: Double) -> [Float] {
        // The middle of the transition; it ends at the Nyquist rate of the slower side.
        let cutoff = ratio * (1 - 2.6 / Double(crossings))
        var filters = [Float](repeating: 0, count: (phases + 1) * taps)
        var filter = [Double](repeating: 0, count: taps)
        for phase in 0...phases {
            var sum = 0.0
            for tap in 0..<taps {
                let x = Double(tap - taps / 2 + 1) - Double(phase) / Double(phases)
                filter[tap] = sinc(x * cutoff) * kaiser(x / Double(taps / 2))
                sum += filter[tap]
            }
            for tap in 0..<taps { filters[phase * taps + tap] = Float(filter[tap] / sum) }
        }
        return filters
    }

    private static func sinc(_ x: Double) -> Double {
        abs(x) < 1e-9 ? 1 : ElementaryFunctions.sine(turns: x / 2) / (ElementaryFunctions.pi * x)
    }

    /// Kaiser's window with β = 8 (side lobes at -80 dB), `x` in -1...1.
    private static func kaiser(_ x: Double) -> Double {
        let inside = 1 - x * x
        return inside <= 0 ? 0 : besselI0(8 * inside.squareRoot()) / besselI0(8)
    }

    private static func besselI0(_ x: Double) -> Double {
        var term = 1.0
        var sum = 1.0
        var k = 1.0
        while term > 1e-12 * sum {
            term *= x * x / (4 * k * k)
            sum += term
            k += 1
        }
        return sum
    }

    private static func greatestCommonDivisor(_ a: Int, _ b: Int) -> Int {
        b == 0 ? a : greatestCommonDivisor(b, a % b)
    }
}
