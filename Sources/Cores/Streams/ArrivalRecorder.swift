import Primitives
import RTP

/// Notes when packets arrive and tells the sender in regular messages, from which it estimates what the path carries
/// (draft-holmer-rmcat-transport-wide-cc-extensions-01).
package struct ArrivalRecorder: Sendable {
    /// Between two messages: often enough to notice a queue as it builds, seldom enough to be small.
    static let interval = Duration.milliseconds(100)
    /// Arrivals that are remembered, a power of two.
    private static let capacity = 2_048
    /// Packets one message tells of; with them it stays well within one datagram.
    private static let maxPackets: Int64 = 400

    private var unwrapper = SequenceUnwrapper()
    private var arrivals = [(sequence: Int64, time: Instant)?](repeating: nil, count: capacity)
    private var highest: Int64?
    /// The first packet that the next message tells of.
    private var base: Int64?
    private var feedbackCount: UInt8 = 0
    package private(set) var nextDeadline: Instant?

    package init() {}

    package mutating func record(_ sequence: UInt16, now: Instant) {
        let extended = unwrapper.unwrap(sequence)
        if let highest, extended <= highest - Int64(Self.capacity) { return }
        arrivals[index(extended)] = (extended, now)
        highest = max(highest ?? extended, extended)
        // A late packet is told of after all, along with what followed it.
        base = min(base ?? extended, extended)
        if nextDeadline == nil { nextDeadline = now + Self.interval }
    }

    /// The messages that are due. They share a `media` source only because the format asks for one.
    package mutating func handleTimeout(now: Instant, sender: SSRC, media: SSRC) -> [TransportFeedback] {
        guard let due = nextDeadline, due <= now, let highest, var first = base else { return [] }
        nextDeadline = nil
        first = max(first, highest - Int64(Self.capacity) + 1)
        var messages: [TransportFeedback] = []
        while let start = (first <= highest ? (first...highest).first(where: { arrival($0) != nil }) : nil) {
            // What is missing before the first arrival is told of too, unless it is too much.
            let begin = start - first < Self.maxPackets / 2 ? first : start
            let message = message(from: begin, reference: start, through: highest, sender: sender, media: media)
            first = begin + Int64(message.packets.count)
            messages.append(message)
        }
        base = highest + 1
        return messages
    }

    private mutating func message(
        from begin: Int64, reference start: Int64, through end: Int64, sender: SSRC, media: SSRC
    ) -> TransportFeedback {
        let unit = TransportFeedback.referenceUnit.nanoseconds
        let full = (arrival(start) ?? .zero).nanoseconds / unit
        // 24 bits on the wire: times are counted from where these wrapped.
        let reference = Int32(truncatingIfNeeded: full << 8) >> 8
        let epoch = Instant(nanoseconds: (full - Int64(reference)) * unit)
        var packets: [TransportFeedback.Packet] = []
        var last = TransportFeedback.referenceUnit * Int64(reference)
        for sequence in begin...min(end, begin + Self.maxPackets - 1) {
            let time = arrival(sequence).map { $0 - epoch }
            if let time {
                guard TransportFeedback.canFollow(last, time) else { break }
                last = time
            }
            packets.append(.init(sequence: UInt16(truncatingIfNeeded: sequence), arrival: time))
        }
        defer { feedbackCount &+= 1 }
        return TransportFeedback(
            sender: sender, media: media, baseSequence: UInt16(truncatingIfNeeded: begin), feedbackCount: feedbackCount,
            referenceTime: reference, packets: packets)
    }

    private func arrival(_ sequence: Int64) -> Instant? {
        guard let entry = arrivals[index(sequence)], entry.sequence == sequence else { return nil }
        return entry.time
    }

    private func index(_ sequence: Int64) -> Int {
        Int(sequence & Int64(Self.capacity - 1))
    }
}
