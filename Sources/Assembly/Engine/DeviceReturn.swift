import Primitives

/// When a device that went away is tried again, or one that something else stands in for.
struct DeviceReturn {
    private(set) var isLost = false
    private var tryAt: Instant?
    private var lostAt: Instant?

    /// At first soon, as another device may stand in; not for one that goes away again and again.
    private static let first = Duration.milliseconds(100)
    private static let interval = Duration.seconds(2)
    /// Opening a device takes the thread some milliseconds that plays or records meanwhile.
    private static let intervalBesideSubstitute = Duration.seconds(10)

    init(isSubstitute: Bool, now: Instant) {
        tryAt = isSubstitute ? now + Self.intervalBesideSubstitute : nil
    }

    func isDue(now: Instant) -> Bool { tryAt.map { $0 <= now } ?? false }

    mutating func lose(now: Instant) {
        let isUsual = lostAt.map { now - $0 < Self.intervalBesideSubstitute } ?? false
        isLost = true
        lostAt = now
        tryAt = now + (isUsual ? Self.interval : Self.first)
    }

    /// Tries in vain, or finds what is in use already.
    mutating func fail(now: Instant) {
        tryAt = now + (isLost ? Self.interval : Self.intervalBesideSubstitute)
    }

    /// Whether what was opened shall be used: a substitute is no better than another.
    mutating func accept(isSubstitute: Bool, now: Instant) -> Bool {
        guard isLost || !isSubstitute else {
            fail(now: now)
            return false
        }
        isLost = false
        tryAt = isSubstitute ? now + Self.intervalBesideSubstitute : nil
        return true
    }
}
