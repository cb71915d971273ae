/// Tells whether there is noise worth suppressing, by the softest moments of the last three seconds: between words there is
/// nothing else.
///
/// Suppression is heard in a voice, by 0.3 of PESQ's scale where there is nothing to suppress.
struct NoiseFloor {
    private(set) var isNoisy = false
    /// The least mean square of each of the last seconds, the newest last.
    private var softest: [Double] = []
    private var blocks = 0

    /// In blocks of 20 ms.
    private static let second = 50
    private static let memory = 3
    /// -62 dBFS RMS, and -66 where it is suppressed already.
    private static let least = 26.0 * 26.0
    private static let leastWhenNoisy = 16.4 * 16.4

    /// The mean square of a block.
    mutating func process(_ power: Double) {
        if blocks % Self.second == 0 { softest.append(power) }
        blocks += 1
        softest[softest.count - 1] = min(softest[softest.count - 1], power)
        guard blocks % Self.second == 0 else { return }
        if softest.count > Self.memory { softest.removeFirst() }
        let limit = isNoisy ? Self.leastWhenNoisy : Self.least
        // A phrase without a pause may last two seconds.
        isNoisy = softest.count == Self.memory && softest.allSatisfy { $0 > limit }
    }
}
