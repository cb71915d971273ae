import Primitives

/// Lets through so many bytes a second on average, and a rush of them after silence.
struct TokenBucket: Sendable {
    /// How long a time's worth may be saved.
    private let depth: Duration
    /// In bytes; below zero after a packet larger than what was left.
    private var level: Double?
    private var filledAt = Instant.zero

    init(depth: Duration) {
        self.depth = depth
    }

    /// Whether anything may pass now, at this rate.
    mutating func isOpen(rate: Bitrate, now: Instant) -> Bool {
        let perSecond = Double(max(0, rate.bitsPerSecond)) / 8
        let capacity = perSecond * depth.seconds
        level = level.map { min(capacity, $0 + max(0, (now - filledAt).seconds) * perSecond) } ?? capacity
        filledAt = now
        return (level ?? 0) > 0
    }

    mutating func take(bytes: Int) {
        level = (level ?? 0) - Double(bytes)
    }
}
