import Primitives

/// Gathers packets sent within 5 ms into groups and compares each group with the one before
/// (draft-ietf-rmcat-gcc-02 §5.2): a frame leaves as a burst, and only whole bursts tell of queues.
struct PacketGrouping: Sendable {
    struct Deltas: Equatable, Sendable {
        /// How much later than the last group this one was sent, and how much later it arrived, in milliseconds.
        var send: Double
        var arrival: Double
        /// When it arrived, on the peer's clock, in milliseconds.
        var arrivalTime: Double
    }

    enum Outcome: Equatable, Sendable {
        case none
        case deltas(Deltas)
        /// The peer's clock jumped: what was learned of delays is void.
        case discontinuity
    }

    private struct Group: Sendable {
        var firstSent: Instant
        var lastSent: Instant
        var firstArrival: Duration
        var lastArrival: Duration
        /// When the feedback on its last packet came.
        var reported: Instant
    }

    private static let burst = Duration.milliseconds(5)
    private static let longestBurst = Duration.milliseconds(100)
    private static let largestJump = Duration.seconds(3)

    private var current: Group?
    private var previous: Group?

    mutating func add(sent: Instant, arrival: Duration, now: Instant) -> Outcome {
        let fresh = Group(firstSent: sent, lastSent: sent, firstArrival: arrival, lastArrival: arrival, reported: now)
        guard var group = current else {
            current = fresh
            return .none
        }
        if sent < group.firstSent { return .none }  // overtaken on the way
        if belongs(sent, arrival, to: group) {
            group.lastSent = max(group.lastSent, sent)
            group.lastArrival = max(group.lastArrival, arrival)
            group.reported = now
            current = group
            return .none
        }
        defer {
            previous = group
            current = fresh
        }
        guard let previous else { return .none }
        let arrivalDelta = group.lastArrival - previous.lastArrival
        let jump = arrivalDelta - (group.reported - previous.reported)
        if arrivalDelta < .zero || jump > Self.largestJump {
            group = fresh
            return .discontinuity
        }
        return .deltas(
            Deltas(
                send: (group.lastSent - previous.lastSent).seconds * 1_000, arrival: arrivalDelta.seconds * 1_000,
                arrivalTime: group.lastArrival.seconds * 1_000))
    }

    /// Packets sent together, or released together by something on the way that holds packets back (Wi-Fi does).
    private func belongs(_ sent: Instant, _ arrival: Duration, to group: Group) -> Bool {
        if sent - group.firstSent <= Self.burst { return true }
        let arrivalDelta = arrival - group.lastArrival
        let isCatchingUp = arrivalDelta - (sent - group.lastSent) < .zero
        return isCatchingUp && arrivalDelta <= Self.burst && arrival - group.firstArrival < Self.longestBurst
    }
}
