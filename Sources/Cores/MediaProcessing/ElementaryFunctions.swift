/// Sine, exponential and logarithm in double precision. Cores import no C library, and these few are all that sound
/// needs; each is good to about 1e-13.
package enum ElementaryFunctions {
    package static let pi = Double.pi
    private static let ln2 = 0.693147180559945309417232121458

    /// The sine of a phase in turns (1 is a whole period).
    package static func sine(turns: Double) -> Double {
        guard turns.isFinite else { return 0 }
        var x = turns - turns.rounded()  // -0.5...0.5
        if x > 0.25 { x = 0.5 - x } else if x < -0.25 { x = -0.5 - x }
        let r = x * 2 * pi
        let q = r * r
        // Taylor's series to r^17; |r| is at most a quarter turn.
        var sum = 1.0 / 355_687_428_096_000
        sum = sum * q - 1.0 / 1_307_674_368_000
        sum = sum * q + 1.0 / 6_227_020_800
        sum = sum * q - 1.0 / 39_916_800
        sum = sum * q + 1.0 / 362_880
        sum = sum * q - 1.0 / 5_040
        sum = sum * q + 1.0 / 120
        sum = sum * q - 1.0 / 6
        return r + r * q * sum
    }

    package static func cosine(turns: Double) -> Double { sine(turns: turns + 0.25) }

    /// e to the power of `x`, for |x| up to 700.
    package static func exponential(_ x: Double) -> Double {
        let clamped = min(700, max(-700, x))
        let k = (clamped / ln2).rounded()
        let r = clamped - k * ln2  // at most 0.35
        var sum = 1.0
        for n in stride(from: 13.0, through: 1.0, by: -1.0) { sum = 1 + r / n * sum }
        return Double(sign: .plus, exponent: Int(k), significand: sum)
    }

    /// The natural logarithm of a positive finite number.
    package static func logarithm(_ x: Double) -> Double {
        guard x > 0, x.isFinite else { return x > 0 ? 710 : -710 }
        var exponent = Double(x.exponent)
        var m = x.significand
        if m > 1.4142135623730951 {
            m /= 2
            exponent += 1
        }
        // ln m = 2 artanh((m - 1) / (m + 1)); the argument is below 0.172.
        let s = (m - 1) / (m + 1)
        let q = s * s
        var sum = 0.0
        for n in stride(from: 19.0, through: 1.0, by: -2.0) { sum = sum * q + 1 / n }
        return exponent * ln2 + 2 * s * sum
    }
}

/// Levels in decibels relative to full scale.
///
/// Everywhere in confab 0 dBFS is a square wave of full amplitude, the "dBov" of RFC 6464: a sine of full amplitude has
/// -3.01 dBFS. Silence is reported as `floor`.
package enum Decibels {
    package static let floor = -127.0

    package static func fromAmplitude(_ ratio: Double) -> Double {
        guard ratio > 0 else { return floor }
        return max(floor, 20 / 2.302585092994046 * ElementaryFunctions.logarithm(ratio))
    }

    package static func fromPower(_ ratio: Double) -> Double {
        guard ratio > 0 else { return floor }
        return max(floor, 10 / 2.302585092994046 * ElementaryFunctions.logarithm(ratio))
    }

    package static func toAmplitude(_ decibels: Double) -> Double {
        ElementaryFunctions.exponential(decibels * 2.302585092994046 / 20)
    }
}

extension Int16 {
    /// The nearest sample, saturated.
    package init(saturating value: Double) {
        self = value.isNaN ? 0 : Int16(Swift.min(32_767, Swift.max(-32_768, value.rounded())))
    }

    package init(saturating value: Float) {
        self = value.isNaN ? 0 : Int16(Swift.min(32_767, Swift.max(-32_768, value.rounded())))
    }
}
