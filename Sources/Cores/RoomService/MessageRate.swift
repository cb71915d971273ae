import Primitives

/// How many messages a participant may send: 50 a second, and as many at once as that gives in a minute (a token
/// bucket). Complaints are themselves limited to one a second.
struct MessageRate {
    enum Verdict: Equatable {
        case allowed
        case refused
        /// Refused, and it is time to say so.
        case refusedLoudly
    }

    static let perSecond = 50
    private static let cost = Duration.milliseconds(1_000 / Int64(perSecond))
    private static let burst = Duration.seconds(60)

    /// The messages so far are paid for up to this moment, which may lie in the future.
    private var paidUntil: Instant
    private var complainedAt: Instant?

    init(now: Instant) { paidUntil = now }

    mutating func take(now: Instant) -> Verdict {
        let paid = max(paidUntil, now) + Self.cost
        guard paid - now <= Self.burst else {
            if let complainedAt, now - complainedAt < .seconds(1) { return .refused }
            complainedAt = now
            return .refusedLoudly
        }
        paidUntil = paid
        return .allowed
    }
}
