import Primitives

/// The rate of a radio link: it changes every tenth of a second or so, and now and then stands still for some tens of
/// milliseconds, when others have the air.
struct WirelessRate {
    private var random: SeededGenerator
    private var factor = 1.0
    private var changesAt = Instant.zero

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    mutating func rate(around mean: Bitrate, now: Instant) -> Bitrate {
        if now >= changesAt {
            let isStill = factor > 0 && Double.random(in: 0..<1, using: &random) < 0.15
            factor = isStill ? 0 : Double.random(in: 0.7...1.5, using: &random)
            let milliseconds =
                isStill ? Int64.random(in: 10...60, using: &random) : Int64.random(in: 50...200, using: &random)
            changesAt = now + .milliseconds(milliseconds)
        }
        return Bitrate(bitsPerSecond: Int(Double(mean.bitsPerSecond) * factor))
    }
}
