import Media
import Primitives
import RTP

/// One stream of packets as it is sent, with the stream of its retransmissions.
struct SendStream: Sendable {
    /// Which RTP time a moment is (RFC 3550 §6.4.1).
    private struct ClockMapping: Sendable {
        var timestamp: UInt32
        var time: Instant
    }

    let ssrc: SSRC
    private(set) var clockRate: Int
    private(set) var packetCount: UInt32 = 0
    private(set) var octetCount: UInt32 = 0

    private var sequence: UInt16
    private var repairSequence: UInt16
    private let timestampOffset: UInt32
    private var packetiser: VP8Packetiser
    private var cache: PacketCache?
    private var mapping: ClockMapping?

    /// Numbers begin at random (RFC 3550 §5.1), sequence numbers in the lower half, so that SRTP's roll-over counter
    /// cannot be guessed wrongly when first packets are lost (RFC 3711 §3.3.1).
    init(section: SectionParameters, random: inout SeededGenerator) {
        ssrc = section.localSSRC
        clockRate = section.clockRate
        sequence = .random(in: 0..<0x8000, using: &random)
        repairSequence = .random(in: 0..<0x8000, using: &random)
        timestampOffset = .random(in: 0...UInt32.max, using: &random)
        packetiser = VP8Packetiser(
            pictureID: .random(in: 0...0x7fff, using: &random), baseLayerIndex: .random(in: 0...255, using: &random))
        configure(section)
    }

    mutating func configure(_ section: SectionParameters) {
        clockRate = section.clockRate
        if !section.feedback.nack {
            cache = nil
        } else if cache == nil {
            cache = PacketCache()
        }
    }

    // MARK: - Media

    /// A packet without number: it gets one when it leaves.
    mutating func packet(
        payload: [UInt8], payloadType: PayloadType, timestamp: UInt32, marker: Bool, captureTime: Instant
    ) -> RTPPacket {
        let timestamp = timestamp &+ timestampOffset
        mapping = ClockMapping(timestamp: timestamp, time: captureTime)
        return RTPPacket(
            payloadType: payloadType, sequence: 0, timestamp: timestamp, ssrc: ssrc, marker: marker,
            payload: payload[...])
    }

    mutating func packets(for frame: EncodedFrame, payloadType: PayloadType, budget: Int) -> [RTPPacket] {
        let payloads = packetiser.payloads(for: frame, budget: budget)
        return payloads.enumerated().map { index, payload in
            packet(
                payload: payload, payloadType: payloadType, timestamp: frame.timestamp,
                marker: index == payloads.count - 1, captureTime: frame.time)
        }
    }

    /// Numbers a packet that leaves now, counts it and keeps it for retransmission.
    mutating func number(_ packet: inout RTPPacket, now: Instant) {
        packet.sequence = sequence
        sequence &+= 1
        packetCount &+= 1
        octetCount &+= UInt32(truncatingIfNeeded: packet.payload.count)
        cache?.insert(packet, now: now)
    }

    // MARK: - Retransmission

    /// What answers a request for `sequence`, if it can be answered.
    mutating func retransmission(
        of sequence: UInt16, section: SectionParameters, now: Instant, roundTrip: Duration?
    ) -> RTPPacket? {
        // Half a round trip: one that was asked for again sooner is on its way.
        let pause = max(.milliseconds(5), (roundTrip ?? .milliseconds(40)) / 2)
        guard let packet = cache?.take(sequence, now: now, pause: pause) else { return nil }
        guard let payloadType = section.sendTypes.repair, let ssrc = section.localRepairSSRC else { return packet }
        defer { repairSequence &+= 1 }
        return RTX.wrap(packet, ssrc: ssrc, payloadType: payloadType, sequence: repairSequence)
    }

    /// A second copy of `repair`, the answer to a request for `sequence`, where an earlier answer was lost already: another
    /// loss would cost another round trip.
    mutating func secondCopy(of repair: RTPPacket, for sequence: UInt16) -> RTPPacket? {
        guard let cache, repair.ssrc != ssrc, cache.repeats(sequence) > 1 else { return nil }
        defer { repairSequence &+= 1 }
        var copy = repair
        copy.sequence = repairSequence
        return copy
    }

    /// A packet of the stream of retransmissions that holds nothing: it only takes room on the path. Nil where there is
    /// no such stream, or nothing was sent yet.
    mutating func padding(section: SectionParameters) -> RTPPacket? {
        guard let payloadType = section.sendTypes.repair, let ssrc = section.localRepairSSRC, packetCount > 0,
            let mapping
        else { return nil }
        defer { repairSequence &+= 1 }
        var packet = RTPPacket(
            payloadType: payloadType, sequence: repairSequence, timestamp: mapping.timestamp, ssrc: ssrc)
        packet.paddingCount = Self.paddingBytes
        return packet
    }

    /// RFC 3550 §5.1: the last octet counts the padding; a multiple of 16 keeps block ciphers content.
    private static let paddingBytes: UInt8 = 224

    // MARK: - Reports

    func report(now: Instant, clock: WallClock) -> SenderReport? {
        guard packetCount > 0, let mapping else { return nil }
        let elapsed = Int64(((now - mapping.time).seconds * Double(clockRate)).rounded())
        return SenderReport(
            ssrc: ssrc, ntpTime: clock.time(at: now),
            rtpTime: mapping.timestamp &+ UInt32(truncatingIfNeeded: elapsed), packetCount: packetCount,
            octetCount: octetCount)
    }
}
