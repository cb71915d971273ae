import Media

/// Tells a lasting deviation from a passing one: over ten blocks (a fifth of a second) the least there was, where all were
/// to one side.
///
/// What a sound device says of its delay, and when a thread gets to ask, is off now and then by as much as a busy machine
/// makes it wait. Such a value comes alone, or the next is right.
struct SteadyDeviation: Sendable {
    private var least = Int.max
    private var most = Int.min
    private var count = 0
    /// How many of the newest were large, one after the other.
    private var large = 0
    /// Not so from the second large one on, which may come to last.
    var isSmall: Bool { large < 2 }

    private static let window = 10
    /// 10 ms, where a lasting deviation means that the device was interrupted: clocks that drift apart are never that far
    /// within a fifth of a second.
    static let interruption = AudioFormat.sampleRate / 100

    /// Nil till the window is full; then it begins anew.
    mutating func add(_ deviation: Int) -> Int? {
        large = abs(deviation) < Self.interruption ? 0 : large + 1
        least = min(least, deviation)
        most = max(most, deviation)
        count += 1
        guard count == Self.window else { return nil }
        let steady = least > 0 ? least : min(0, most)
        (least, most, count) = (.max, .min, 0)
        return steady
    }
}
