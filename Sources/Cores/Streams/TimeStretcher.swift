import Media

/// Makes voice a little shorter or longer without changing its pitch, by taking out or repeating one period of it (the
/// idea of WSOLA: Verhelst and Roelands, 1993).
package enum TimeStretcher {
    /// Samples that are looked at, 20 ms; shorter sound is left alone.
    package static let span = AudioFormat.blockSamples
    /// Periods between 400 and 100 Hz; of lower voices two are tried as one is too long for the block.
    private static let shortest = 120
    private static let longest = 480
    /// A coarse search is done at a quarter of the rate.
    private static let coarse = 4
    /// Two neighbouring periods must be this similar, or, where it is urgent, this.
    private static let similar: Float = 0.8
    private static let urgentlySimilar: Float = 0.4
    /// RMS below this (-50 dBFS) is background, in which no seam is heard.
    private static let quiet: Float = 104

    /// Takes one period out of the first 20 ms; returns how many samples, 0 where it would be heard.
    package static func shorten(_ sound: inout [Int16], urgent: Bool = false) -> Int {
        guard let period = period(of: sound, urgent: urgent) else { return 0 }
        for i in 0..<period { sound[i] = blend(sound[i], sound[i + period], i, of: period) }
        sound.removeSubrange(period..<2 * period)
        return period
    }

    /// Repeats one period within the first 20 ms; returns how many samples were added, 0 where it would be heard.
    package static func lengthen(_ sound: inout [Int16], urgent: Bool = false) -> Int {
        guard let period = period(of: sound, urgent: urgent) else { return 0 }
        let seam = (0..<period).map { blend(sound[period + $0], sound[$0], $0, of: period) }
        sound.insert(contentsOf: seam, at: period)
        return period
    }

    /// From `a` to `b` as `index` goes from 0 to `count`.
    private static func blend(_ a: Int16, _ b: Int16, _ index: Int, of count: Int) -> Int16 {
        let mixed = Int(a) * (count - index) + Int(b) * index
        return Int16(clamping: (mixed + (mixed < 0 ? -count : count) / 2) / count)
    }

    /// The lag at which the beginning of the sound resembles itself most.
    private static func period(of sound: [Int16], urgent: Bool) -> Int? {
        guard sound.count >= span else { return nil }
        return sound.withUnsafeBufferPointer { sound -> Int? in
            var power: Float = 0
            for i in 0..<span { power += Float(sound[i]) * Float(sound[i]) }
            if power < quiet * quiet * Float(span) { return longest }
            var best = shortest
            var bestLikeness = -Float.infinity
            for lag in stride(from: shortest, through: longest, by: coarse) {
                let likeness = likeness(sound, lag: lag, step: coarse)
                if likeness > bestLikeness { (best, bestLikeness) = (lag, likeness) }
            }
            bestLikeness = -Float.infinity
            for lag in max(shortest, best - coarse + 1)...min(longest, best + coarse - 1) {
                let likeness = likeness(sound, lag: lag, step: 1)
                if likeness > bestLikeness { (best, bestLikeness) = (lag, likeness) }
            }
            return bestLikeness >= (urgent ? urgentlySimilar : similar) ? best : nil
        }
    }

    /// The normalised correlation of the first 10 ms with what follows `lag` samples later.
    private static func likeness(_ sound: UnsafeBufferPointer<Int16>, lag: Int, step: Int) -> Float {
        var product: Float = 0
        var first: Float = 0
        var second: Float = 0
        for i in stride(from: 0, to: span - longest, by: step) {
            let a = Float(sound[i])
            let b = Float(sound[i + lag])
            product += a * b
            first += a * a
            second += b * b
        }
        return product / (first * second + 1).squareRoot()
    }
}
