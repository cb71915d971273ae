import Devices
import Primitives

/// Notices that a device lost sound, and lets it be told at most every five seconds.
struct LossWatch {
    private let device: (any CountsLosses)?
    private var told = 0
    private var seen = 0
    private var silentUntil: Instant?

    private static let interval = Duration.seconds(5)

    init(_ device: AnyObject) { self.device = device as? any CountsLosses }

    /// Whether it happened since this was last asked.
    mutating func takeLoss() -> Bool {
        guard let count = device?.lossCount, count > seen else { return false }
        seen = count
        return true
    }

    /// How often it happened since this last gave a number.
    mutating func takeNews(now: Instant) -> Int? {
        guard let count = device?.lossCount, count > told, silentUntil.map({ $0 <= now }) ?? true else { return nil }
        defer {
            told = count
            silentUntil = now + Self.interval
        }
        return count - told
    }
}
