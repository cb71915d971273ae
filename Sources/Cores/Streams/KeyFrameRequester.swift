import Primitives

/// Asks for key frames: at once when one is needed, then again with growing pauses until it comes or the need is over.
struct KeyFrameRequester: Sendable {
    /// The shortest pause between two requests; a key frame takes about a round trip and its own length to come.
    private static let minPause = Duration.milliseconds(300)
    private static let maxPause = Duration.milliseconds(3_000)

    private var isNeeded = false
    private var attempts = 0
    private var lastRequest: Instant?
    private var due: Instant?
    private(set) var requests = 0

    var nextDeadline: Instant? { due }

    /// Tells whether a key frame is needed now.
    mutating func update(isNeeded: Bool, now: Instant) {
        guard isNeeded != self.isNeeded else { return }
        self.isNeeded = isNeeded
        attempts = 0
        due = isNeeded ? max(now, (lastRequest ?? now - Self.minPause) + Self.minPause) : nil
    }

    /// Whether a request is to be sent now.
    mutating func handleTimeout(now: Instant, roundTrip: Duration?) -> Bool {
        guard let due, due <= now else { return false }
        let first = max(Self.minPause, (roundTrip ?? .zero) * 2)
        self.due = now + min(Self.maxPause, first * Int64(1 << min(attempts, 4)))
        attempts += 1
        requests += 1
        lastRequest = now
        return true
    }
}
