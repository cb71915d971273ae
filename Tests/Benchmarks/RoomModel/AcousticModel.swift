import Media
import MediaProcessing
import Primitives

/// A room: what the speaker plays comes back into the microphone, later, softer and reverberant.
package struct AcousticModel {
    private let shift: Int
    private let taps: [(place: Int, weight: Float)]
    /// 60 ms.
    private static let roomSamples = 48 * 60

    /// `gain` is of amplitude: a half is -6 dB.
    package init(delay: Duration, gain: Float = 0.5, seed: UInt64 = 7) {
        shift = Int(delay.nanoseconds * 48 / 1_000_000)
        var random = SeededGenerator(seed: seed)
        // Fades by 60 dB, and the direct way comes first. Sparse, so that it computes quickly.
        var taps: [(place: Int, weight: Float)] = [(0, 2)]
        for i in stride(from: 24, to: Self.roomSamples, by: 24) {
            let fade = ElementaryFunctions.exponential(-6.9 * Double(i) / Double(Self.roomSamples))
            taps.append((i, Float(Double.random(in: -1...1, using: &random) * fade)))
        }
        let power = taps.reduce(Float(0)) { $0 + $1.weight * $1.weight }
        self.taps = taps.map { ($0.place, $0.weight * gain / power.squareRoot()) }
    }

    /// What the microphone hears of `far`.
    package func echo(of far: [Int16]) -> [Int16] {
        var sum = [Float](repeating: 0, count: far.count)
        for (place, weight) in taps {
            let start = shift + place
            guard start < far.count else { continue }
            far.withUnsafeBufferPointer { far in
                sum.withUnsafeMutableBufferPointer { sum in
                    for i in start..<sum.count { sum[i] += Float(far[i - start]) * weight }
                }
            }
        }
        return sum.map { Int16(saturating: $0) }
    }
}
