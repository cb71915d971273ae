import Primitives

/// Finds how coarse frames have to be to be on the screen in time: the economy rises while frames take too long, and
/// falls back while they do not.
package struct FrameEffort: Sendable {
    package private(set) var economy: Double
    private let leastEconomy: Double
    private let frameTime: Duration
    private var begun = Instant.zero
    private var bytes = 0
    private var pieces = 0

    /// For lines that carry anything: a byte is worth this much error.
    package static let usualEconomy = 0.6
    /// With less a slow line is late: at 30 kB a second the hardest pictures need about 350. With more nothing is left of them
    /// where a slow processor, not the line, makes frames late.
    private static let mostEconomy = 400.0

    package init(leastEconomy: Double, frameTime: Duration) {
        self.leastEconomy = leastEconomy
        self.frameTime = frameTime
        economy = leastEconomy
    }

    /// A frame begins; `isContinued` when it takes the place of one that was not finished.
    package mutating func begin(now: Instant, isContinued: Bool) {
        guard !isContinued else { return }
        begun = now
        bytes = 0
        pieces = 0
    }

    package mutating func wrote(_ count: Int, isComplete: Bool, now: Instant) {
        bytes += count
        pieces += 1
        let isLate = now - begun > frameTime
        if !isComplete {
            // Each piece more says that the frame is too large for the line.
            if pieces > 1 || isLate { economy = min(Self.mostEconomy, max(economy, 0.3) * 1.25) }
        } else if pieces > 1, isLate {
            economy = min(Self.mostEconomy, max(economy, 0.3) * 1.1)
        } else if pieces == 1 {
            economy = max(leastEconomy, economy * 0.92)
        }
    }

    /// The same for frames that have a fixed number of bytes each.
    package mutating func wrote(_ count: Int, of share: Int, isComplete: Bool) {
        let factor = isComplete ? (Double(max(1, count)) / Double(share)).squareRoot().clamped(to: 0.85...1.05) : 1.15
        economy = (max(economy, 0.1) * factor).clamped(to: leastEconomy...max(leastEconomy, Self.mostEconomy))
    }
}
