import Primitives

/// Which packets of a transport arrived, and when (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1).
package struct TransportFeedback: Equatable, Sendable {
    package struct Packet: Equatable, Sendable {
        package var sequence: UInt16
        /// Since the receiver's epoch, which wraps every 12.4 days; nil where the packet did not arrive. On the wire it
        /// is rounded to 250 µs.
        package var arrival: Duration?

        package init(sequence: UInt16, arrival: Duration?) {
            self.sequence = sequence
            self.arrival = arrival
        }

        package var received: Bool { arrival != nil }
    }

    package var sender: SSRC
    package var media: SSRC
    /// Of the first packet told of.
    package var baseSequence: UInt16
    /// Counts feedback messages, so that their loss is noticed.
    package var feedbackCount: UInt8
    /// The receiver's clock in units of 64 ms; 24 bits, signed.
    package var referenceTime: Int32
    /// Consecutive from `baseSequence` on.
    package var packets: [Packet]

    package init(
        sender: SSRC, media: SSRC, baseSequence: UInt16, feedbackCount: UInt8, referenceTime: Int32, packets: [Packet]
    ) {
        self.sender = sender
        self.media = media
        self.baseSequence = baseSequence
        self.feedbackCount = feedbackCount
        self.referenceTime = referenceTime
        self.packets = packets
    }

    /// The unit of arrival times on the wire.
    package static let tick = Duration.microseconds(250)
    /// The unit of `referenceTime`.
    package static let referenceUnit = Duration.milliseconds(64)
    /// How many ticks make one unit of reference time.
    static let ticksPerReference: Int64 = 256

    /// Whether `later` can stand next to `earlier` in one message: the difference has to fit 16 bits of ticks.
    package static func canFollow(_ earlier: Duration, _ later: Duration) -> Bool {
        let difference = ticks(later) - ticks(earlier)
        return Int64(Int16.min)...Int64(Int16.max) ~= difference
    }

    /// Rounds down, so that differences of rounded times never add up to a drift.
    static func ticks(_ time: Duration) -> Int64 {
        let nanoseconds = tick.nanoseconds
        return (time.nanoseconds - (time.nanoseconds < 0 ? nanoseconds - 1 : 0)) / nanoseconds
    }
}

/// What the status chunks say of one packet (§3.1.1).
private enum Status: UInt16 {
    case lost, smallDelta, largeDelta
    /// "Reserved", used by some as "arrived, time unknown"; no delta follows.
    case withoutDelta
}

// MARK: - Parsing

extension TransportFeedback {
    /// `body` begins after the RTCP header.
    init(parsing body: ArraySlice<UInt8>) throws(RTPError) {
        var reader = ByteReader(body)
        guard let sender = reader.u32(), let media = reader.u32(), let base = reader.u16(), let count = reader.u16(),
            let reference = reader.u24(), let feedbackCount = reader.u8()
        else { throw .truncated }
        let referenceTime = Int32(bitPattern: reference << 8) >> 8  // sign-extends 24 bits
        self.init(
            sender: SSRC(sender), media: SSRC(media), baseSequence: base, feedbackCount: feedbackCount,
            referenceTime: referenceTime, packets: [])
        let statuses = try Self.parseStatuses(count: Int(count), from: &reader)
        packets.reserveCapacity(statuses.count)
        var ticks = Int64(referenceTime) * Self.ticksPerReference
        var sequence = base
        for status in statuses {
            var arrival: Duration?
            switch status {
            case .lost, .withoutDelta: break
            case .smallDelta:
                guard let delta = reader.u8() else { throw .truncated }
                ticks += Int64(delta)
                arrival = Self.tick * ticks
            case .largeDelta:
                guard let delta = reader.u16() else { throw .truncated }
                ticks += Int64(Int16(bitPattern: delta))
                arrival = Self.tick * ticks
            }
            packets.append(Packet(sequence: sequence, arrival: arrival))
            sequence &+= 1
        }
    }

    /// Reads chunks until they cover `count` packets; what the last chunk says beyond is padding.
    private static func parseStatuses(count: Int, from reader: inout ByteReader) throws(RTPError) -> [Status] {
        var statuses: [Status] = []
        statuses.reserveCapacity(count)
        while statuses.count < count {
            guard let chunk = reader.u16() else { throw .truncated }
            let wanted = count - statuses.count
            if chunk & 0x8000 == 0 {
                // Run length: one status, thirteen bits of count.
                let status = Status(rawValue: chunk >> 13 & 3) ?? .lost
                let run = Int(chunk & 0x1fff)
                guard run > 0 else { throw .malformedPayload }
                statuses.append(contentsOf: repeatElement(status, count: min(run, wanted)))
            } else if chunk & 0x4000 == 0 {
                for i in 0..<min(14, wanted) {
                    statuses.append(chunk >> UInt16(13 - i) & 1 == 0 ? .lost : .smallDelta)
                }
            } else {
                for i in 0..<min(7, wanted) {
                    statuses.append(Status(rawValue: chunk >> UInt16(12 - 2 * i) & 3) ?? .lost)
                }
            }
        }
        return statuses
    }
}

// MARK: - Writing

extension TransportFeedback {
    /// The packet after its RTCP header, not yet padded to whole words. Times that do not fit (`canFollow`) are clamped.
    func write(to out: inout [UInt8]) {
        let (statuses, deltas) = statusesAndDeltas()
        out.appendU32(sender.value)
        out.appendU32(media.value)
        out.appendU16(baseSequence)
        out.appendU16(UInt16(truncatingIfNeeded: statuses.count))
        out.appendU24(UInt32(bitPattern: referenceTime) & 0xff_ffff)
        out.append(feedbackCount)
        Self.writeChunks(statuses, to: &out)
        var next = deltas.makeIterator()
        for status in statuses {
            switch status {
            case .lost, .withoutDelta: break
            case .smallDelta: out.append(UInt8(truncatingIfNeeded: next.next() ?? 0))
            case .largeDelta: out.appendU16(UInt16(bitPattern: next.next() ?? 0))
            }
        }
    }

    private func statusesAndDeltas() -> (statuses: [Status], deltas: [Int16]) {
        var statuses: [Status] = []
        var deltas: [Int16] = []
        var ticks = Int64(referenceTime) * Self.ticksPerReference
        for packet in packets.prefix(Int(UInt16.max)) {
            guard let arrival = packet.arrival else {
                statuses.append(.lost)
                continue
            }
            let delta = Int16(clamping: Self.ticks(arrival) - ticks)
            ticks += Int64(delta)
            statuses.append(0...255 ~= delta ? .smallDelta : .largeDelta)
            deltas.append(delta)
        }
        return (statuses, deltas)
    }

    private static func writeChunks(_ statuses: [Status], to out: inout [UInt8]) {
        var rest = statuses[...]
        while let first = rest.first {
            let run = rest.prefix(0x1fff).prefix { $0 == first }.count
            // A run pays off where a vector would not hold as many; the last chunk of a message is a run too if it can.
            if run >= 14 || run == rest.count || (run >= 7 && first == .largeDelta) {
                out.appendU16(first.rawValue << 13 | UInt16(run))
                rest = rest.dropFirst(run)
            } else if rest.prefix(14).allSatisfy({ $0 == .lost || $0 == .smallDelta }) {
                var chunk: UInt16 = 0x8000
                for (i, status) in rest.prefix(14).enumerated() { chunk |= status.rawValue << UInt16(13 - i) }
                out.appendU16(chunk)
                rest = rest.dropFirst(14)
            } else {
                var chunk: UInt16 = 0xc000
                for (i, status) in rest.prefix(7).enumerated() { chunk |= status.rawValue << UInt16(12 - 2 * i) }
                out.appendU16(chunk)
                rest = rest.dropFirst(7)
            }
        }
    }
}
