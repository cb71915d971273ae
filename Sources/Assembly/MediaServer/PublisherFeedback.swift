import PeerSession
import Primitives
import RTP
import Runtime
import SFU
import Streams

/// What a publisher is told of how its packets arrive: reports every second, transport-wide feedback, and REMB where it
/// does not know that.
@MediaLoop
struct PublisherFeedback {
    /// Whom feedback comes from.
    let ssrc: SSRC
    private var arrivals: ArrivalRecorder?
    private var transportSequenceID: UInt8?
    private var remb: ReceiverEstimate?
    private var knowsREMB = false
    private var nextReport: Instant?
    private var firNumber: UInt8 = 0

    private static let reportInterval = Duration.milliseconds(1_000)

    nonisolated init(ssrc: SSRC) { self.ssrc = ssrc }

    mutating func configure(_ section: NegotiatedSection) {
        guard section.receives else { return }
        let kinds = section.codecs.reduce(into: FeedbackKinds()) { $0.formUnion($1.feedback) }
        if kinds.contains(.transportWide), let id = section.extensions[.transportSequence] { transportSequenceID = id }
        if kinds.contains(.maximumBitrate) { knowsREMB = true }
    }

    /// Takes note of a packet, whatever stream it is of. True where a new deadline has come about.
    mutating func record(_ packet: PacketView, now: Instant) -> Bool {
        let before = nextDeadline
        if nextReport == nil { nextReport = now + Self.reportInterval }
        if let transportSequenceID, let element = packet.element(transportSequenceID), element.count >= 2 {
            if arrivals == nil { arrivals = ArrivalRecorder() }
            arrivals?.record(UInt16(element[0]) << 8 | UInt16(element[1]), now: now)
        } else if knowsREMB, transportSequenceID == nil {
            if remb == nil { remb = ReceiverEstimate() }
            remb?.receive(bytes: packet.bytes.count, now: now)
        }
        return nextDeadline != before
    }

    var nextDeadline: Instant? { earliest(nextReport, earliest(arrivals?.nextDeadline, remb?.nextDeadline)) }

    mutating func handleTimeout(now: Instant, producers: [Producer], packets: inout [RTCPPacket]) {
        let media = producers.lazy.compactMap { $0.layers.first?.ssrc }.first ?? 0
        for message in arrivals?.handleTimeout(now: now, sender: ssrc, media: SSRC(media)) ?? [] {
            packets.append(.transportFeedback(message))
        }
        guard let due = nextReport, due <= now else { return }
        nextReport = now + Self.reportInterval
        var blocks: [ReportBlock] = []
        for producer in producers { blocks += producer.reportBlocks(now: now) }
        // RFC 3550 §6.4.2: a report holds 31 blocks.
        packets.insert(.receiverReport(ReceiverReport(ssrc: ssrc, blocks: Array(blocks.prefix(31)))), at: 0)
        let lost = blocks.map { Double($0.fractionLost) / 256 }.max() ?? 0
        guard let bitrate = remb?.handleTimeout(now: now, fractionLost: lost) else { return }
        packets.append(.remb(ReceiverEstimatedBitrate(sender: ssrc, bitrate: bitrate, sources: blocks.map(\.ssrc))))
    }

    /// PLI where the publisher knows it, FIR else, or nothing.
    mutating func keyFrameRequest(ssrc media: SSRC, codec: NegotiatedCodec) -> RTCPPacket? {
        if codec.feedback.contains(.pictureLoss) { return .pictureLoss(.init(sender: ssrc, media: media)) }
        guard codec.feedback.contains(.fullIntraRequest) else { return nil }
        firNumber &+= 1
        return .fullIntraRequest(.init(sender: ssrc, entries: [.init(ssrc: media, number: firNumber)]))
    }
}
