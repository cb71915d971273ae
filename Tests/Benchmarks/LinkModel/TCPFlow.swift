import Primitives

/// A download beside the call: Reno's window (RFC 5681), which keeps a queue full until it overflows.
struct TCPFlow {
    static let packetBytes = 1_200

    private(set) var inFlight = 0
    private(set) var delivered = 0
    private var window = 10.0
    private var threshold = Double.infinity
    /// Losses within one round trip are one event.
    private var recoveryUntil = Instant.zero

    /// Whether another packet may leave.
    var maySend: Bool { Double(inFlight) < window }

    mutating func sent() { inFlight += 1 }

    mutating func acknowledged() {
        inFlight -= 1
        delivered += 1
        window += window < threshold ? 1 : 1 / window
    }

    mutating func lost(roundTrip: Duration, now: Instant) {
        inFlight -= 1
        guard now >= recoveryUntil else { return }
        recoveryUntil = now + roundTrip
        threshold = max(2, window / 2)
        window = threshold
    }
}
