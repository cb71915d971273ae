import Primitives

/// How long packets wait on the path: the way of the quickest packet of late, compared with the quickest of the last half
/// minute. The clocks of both sides differ by an unknown time, which the comparison takes out, and drift too slowly to
/// matter.
struct QueueDelay: Sendable {
    private static let memory = Duration.seconds(15)
    private static let floorSpan = Duration.milliseconds(1_000)

    /// Of packets not yet summed up by `update`, in milliseconds.
    private var quickest: Double?
    private var base = SlidingMinimum(span: memory)
    private var floors = SlidingMinimum(span: floorSpan)
    /// Milliseconds, by the quickest packet of the last feedback.
    private(set) var current = 0.0

    /// The shortest queue of the last second or two: above zero, somebody keeps it filled.
    var floor: Double { floors.value ?? 0 }

    mutating func add(sent: Instant, arrival: Duration) {
        let way = (arrival - (sent - .zero)).seconds * 1_000
        quickest = min(quickest ?? way, way)
    }

    /// Sums up what one feedback told.
    mutating func update(now: Instant) {
        guard let quickest else { return }
        self.quickest = nil
        base.add(quickest, now: now)
        current = max(0, quickest - (base.value ?? quickest))
        floors.add(current, now: now)
    }

    /// The peer's clock jumped, or the path is another one.
    mutating func restart() {
        self = QueueDelay()
    }
}

/// The least of what came within one to two spans.
private struct SlidingMinimum: Sendable {
    let span: Duration
    private var before: Double?
    private var current: Double?
    private var since: Instant?

    init(span: Duration) { self.span = span }

    var value: Double? {
        guard let current else { return before }
        return min(current, before ?? current)
    }

    mutating func add(_ sample: Double, now: Instant) {
        if let since, now - since >= span {
            before = current
            current = nil
            self.since = now
        }
        if since == nil { since = now }
        current = min(current ?? sample, sample)
    }
}
