import Primitives

/// The rate of something over the last second or so.
struct RateMeter: Sendable {
    private static let window = Duration.milliseconds(500)

    /// Bits in the window that runs, and in the one before.
    private var bits = 0
    private var bitsBefore = 0
    private var start: Instant?

    mutating func add(bytes: Int, now: Instant) {
        advance(to: now)
        bits += bytes * 8
    }

    func rate(now: Instant) -> Bitrate {
        var copy = self
        copy.advance(to: now)
        guard let start = copy.start else { return .zero }
        let time = (now - start + Self.window).seconds
        return Bitrate(bitsPerSecond: Int(Double(copy.bits + copy.bitsBefore) / time))
    }

    private mutating func advance(to now: Instant) {
        guard let begin = start, now - begin < Self.window * 2 else {
            start = now
            bits = 0
            bitsBefore = 0
            return
        }
        guard now - begin >= Self.window else { return }
        start = begin + Self.window
        bitsBefore = bits
        bits = 0
    }
}
