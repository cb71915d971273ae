import Primitives

/// Remembers what was sent under each transport-wide sequence number until its fate is known.
struct SentPacketHistory: Sendable {
    struct Packet: Sendable {
        var bytes: Int
        var sent: Instant
        /// The `ProbeCluster` that it is part of; 0 for none.
        var probe = 0
    }

    private struct Slot: Sendable {
        enum State: Sendable { case empty, inFlight, lost }

        var sent = Instant.zero
        var probe: UInt32 = 0
        var bytes: UInt16 = 0
        var sequence: UInt16 = 0
        var state = State.empty
    }

    /// Divisors of 65536, so that a number always falls into the same slot. It begins small, for a server has one of these
    /// for each of its subscribers, and grows to four seconds at 1000 packets a second.
    private static let capacities = 128...4_096
    /// What was sent longer ago gives way to what is sent now.
    private static let keptTime = Duration.seconds(4)
    /// A report of something older is taken for one of another packet.
    private static let longestWait = Duration.seconds(10)

    private var slots = [Slot](repeating: Slot(), count: capacities.lowerBound)

    var capacity: Int { slots.count }

    mutating func add(sequence: UInt16, bytes: Int, sent: Instant, probe: Int = 0) {
        while slots.count < Self.capacities.upperBound, isTaken(sequence, now: sent) { grow() }
        slots[index(sequence)] = Slot(
            sent: sent, probe: UInt32(clamping: probe), bytes: UInt16(clamping: bytes), sequence: sequence,
            state: .inFlight)
    }

    private func index(_ sequence: UInt16) -> Int { Int(sequence) & (slots.count - 1) }

    /// Whether another packet is there whose fate is still of interest.
    private func isTaken(_ sequence: UInt16, now: Instant) -> Bool {
        let slot = slots[index(sequence)]
        return slot.state != .empty && slot.sequence != sequence && now - slot.sent < Self.keptTime
    }

    private mutating func grow() {
        let old = slots
        slots = [Slot](repeating: Slot(), count: old.count * 2)
        for slot in old where slot.state != .empty { slots[index(slot.sequence)] = slot }
    }

    /// The packet that `sequence` was; nil where it is unknown or the same was already reported of it. A packet reported
    /// lost may still be reported as arrived.
    mutating func report(_ sequence: UInt16, arrived: Bool, now: Instant) -> Packet? {
        let index = index(sequence)
        let slot = slots[index]
        guard slot.state != .empty, slot.sequence == sequence, now - slot.sent <= Self.longestWait else {
            return nil
        }
        if arrived {
            slots[index].state = .empty
        } else {
            guard slot.state == .inFlight else { return nil }
            slots[index].state = .lost
        }
        return Packet(bytes: Int(slot.bytes), sent: slot.sent, probe: Int(slot.probe))
    }
}
