import CongestionControl
import Primitives
import RTP

// What is told to the other side about streams, and what it tells (RFC 3550 §6, RFC 4585).

extension RTPSession {
    /// Between reports, on average. RFC 3550 §6.2 asks for five seconds at least, RFC 4585 §3.5.1 does not: repair and
    /// estimates want to know the round trip and losses sooner.
    private static let reportInterval = Duration.milliseconds(1_000)
    var firstReportDelay: Duration { .milliseconds(200) }

    /// Under which SSRC this side speaks about a section.
    func reporter(_ index: Int) -> SSRC { sections[index].agreed.localSSRC }

    /// Under which SSRC it speaks about the transport.
    var transportReporter: SSRC { sections.first?.agreed.localSSRC ?? ownSSRC }

    /// Reports of everything sent and received, a CNAME for each source, and goodbyes, as one compound packet.
    mutating func sendReports(goodbye: [SSRC], now: Instant) {
        // RFC 3550 §6.3.1: at random between half and one and a half intervals, so that nobody reports in step.
        reportDue = now + Self.reportInterval * Double.random(in: 0.5...1.5, using: &random)
        watchDelivery(now: now)
        var blocks: [ReportBlock] = []
        for index in sections.indices {
            if let block = sections[index].receiver?.report(now: now) { blocks.append(block) }
        }
        var packets: [RTCPPacket] = []
        var sources: [SSRC] = []
        for section in sections where section.agreed.sends {
            guard var report = section.sender.report(now: now, clock: clock) else { continue }
            if packets.isEmpty { report.blocks = Array(blocks.prefix(31)) }
            packets.append(.senderReport(report))
            sources.append(report.ssrc)
        }
        if packets.isEmpty {
            packets.append(.receiverReport(ReceiverReport(ssrc: transportReporter, blocks: Array(blocks.prefix(31)))))
            sources.append(transportReporter)
        }
        packets.append(.sourceDescription(sources.map { SourceDescription(ssrc: $0, cname: cname) }))
        if !goodbye.isEmpty { packets.append(.bye(Goodbye(sources: goodbye))) }
        emit(.rtcp(RTCP.serialise(packets)))
    }

    /// Looks whether the other side counts what is sent, as long as anything of it arrives here.
    private mutating func watchDelivery(now: Instant) {
        let isHeard = lastReception.map { now - $0 < .seconds(3) } ?? false
        for index in sections.indices where sections[index].agreed.sends {
            let sent = sections[index].sent.packets
            if isHeard {
                sections[index].delivery.check(sent: sent, now: now)
            } else {
                sections[index].delivery.restart(sent: sent, now: now)
            }
            sections[index].sent.isUndelivered = sections[index].delivery.isStuck
        }
    }

    /// Sends a feedback message at once: alone where that was agreed (RFC 5506), else behind an empty report.
    func feedbackPacket(_ feedback: RTCPPacket, isReducedSize: Bool) -> [UInt8] {
        guard !isReducedSize else { return RTCP.serialise([feedback]) }
        return RTCP.serialise([
            .receiverReport(ReceiverReport(ssrc: transportReporter, blocks: [])),
            .sourceDescription([SourceDescription(ssrc: transportReporter, cname: cname)]), feedback,
        ])
    }

    mutating func sendFeedback(_ feedback: RTCPPacket, _ index: Int) {
        emit(.rtcp(feedbackPacket(feedback, isReducedSize: sections[index].agreed.feedback.reducedSize)))
    }

    // MARK: - Key frames

    /// Asks the other side for a key frame; repeated until one comes, never more often than a path can answer.
    package mutating func requestKeyFrame(mid: String, now: Instant) {
        guard let index = index(of: mid), sections[index].agreed.receives, sections[index].agreed.kind == .video else {
            return
        }
        sections[index].isKeyFrameWanted = true
        sections[index].updateKeyFrameNeed(now: now)
        sendKeyFrameRequestIfDue(index, now: now)
    }

    mutating func sendKeyFrameRequestIfDue(_ index: Int, now: Instant) {
        guard sections[index].asksForKeyFrames, let media = sections[index].receiver?.ssrc,
            sections[index].keyFrames.handleTimeout(now: now, roundTrip: roundTrip)
        else { return }
        if sections[index].agreed.feedback.pictureLoss {
            sendFeedback(.pictureLoss(PictureLossIndication(sender: reporter(index), media: media)), index)
        } else {
            sections[index].intraRequestNumber &+= 1
            let entry = FullIntraRequest.Entry(ssrc: media, number: sections[index].intraRequestNumber)
            sendFeedback(.fullIntraRequest(FullIntraRequest(sender: reporter(index), entries: [entry])), index)
        }
    }

    // MARK: - Bandwidth

    var sendsArrivalFeedback: Bool {
        sections.contains { $0.agreed.receives && $0.agreed.feedback.transportCC }
    }

    /// The older way serves where the newer one was not agreed.
    var sendsREMB: Bool {
        !sendsArrivalFeedback && sections.contains { $0.agreed.receives && $0.agreed.feedback.remb }
    }

    mutating func sendArrivalFeedback(now: Instant) {
        let messages = arrivals.handleTimeout(
            now: now, sender: transportReporter, media: lastMediaSource ?? transportReporter)
        let isReducedSize = !sections.contains { !$0.agreed.feedback.reducedSize }
        for message in messages {
            emit(.rtcp(feedbackPacket(.transportFeedback(message), isReducedSize: isReducedSize)))
        }
    }

    mutating func sendREMBIfDue(now: Instant) {
        guard sendsREMB else { return }
        let fraction = sections.compactMap { $0.receiver?.reception.fractionLost }.max() ?? 0
        guard let estimate = receiverEstimate.handleTimeout(now: now, fractionLost: fraction) else { return }
        let sources = sections.compactMap { $0.receiver?.ssrc }
        let message = ReceiverEstimatedBitrate(sender: transportReporter, bitrate: estimate, sources: sources)
        let isReducedSize = !sections.contains { !$0.agreed.feedback.reducedSize }
        emit(.rtcp(feedbackPacket(.remb(message), isReducedSize: isReducedSize)))
    }
}

// MARK: - Received

extension RTPSession {
    mutating func receiveRTCP(_ bytes: [UInt8], now: Instant) {
        guard let packets = try? RTCP.parse(bytes) else {
            packetsRejected += 1
            return
        }
        for packet in packets { receive(packet, now: now) }
        applyEstimate(now: now)
        probeIfDue(now: now)
        releasePaced(now: now)
    }

    private mutating func receive(_ packet: RTCPPacket, now: Instant) {
        switch packet {
        case .senderReport(let report): receive(report, now: now)
        case .receiverReport(let report): receive(report.blocks, now: now)
        case .sourceDescription: break
        case .bye(let bye): receive(bye)
        case .nack(let nack): answer(nack, now: now)
        case .pictureLoss(let loss): answerKeyFrameRequest(for: loss.media, now: now)
        case .fullIntraRequest(let request):
            for entry in request.entries { answerKeyFrameRequest(for: entry.ssrc, number: entry.number, now: now) }
        case .remb(let remb): estimator.receiveREMB(remb.bitrate, now: now)
        case .transportFeedback(let feedback): estimator.receive(feedback, now: now)
        }
    }

    private mutating func receive(_ report: SenderReport, now: Instant) {
        receive(report.blocks, now: now)
        guard let index = sections.firstIndex(where: { $0.receiver?.ssrc == report.ssrc }),
            let timestamp = sections[index].receiver?.receive(report, now: now)
        else { return }
        emit(.senderReport(mid: sections[index].agreed.mid, report.ntpTime, timestamp: timestamp))
    }

    private mutating func receive(_ blocks: [ReportBlock], now: Instant) {
        for block in blocks {
            guard let index = sections.firstIndex(where: { $0.agreed.localSSRC == block.ssrc }) else { continue }
            if let measured = measureRoundTrip(block, now: now) { updateRoundTrip(measured) }
            sections[index].delivery.receive(
                highest: block.highestSequence, sent: sections[index].sent.packets, now: now)
            let fraction = Double(block.fractionLost) / 256
            sections[index].sent.fractionLost = fraction
            if sections[index].agreed.kind == .audio { adaptProtection(index, fractionLost: fraction) }
            sections[index].sent.jitter = Duration(
                seconds: Double(block.jitter) / Double(max(1, sections[index].agreed.clockRate)))
            estimator.receiveLoss(fraction: fraction, roundTrip: roundTrip, now: now)
        }
    }

    private mutating func adaptProtection(_ index: Int, fractionLost: Double) {
        let before = sections[index].voiceProtection
        sections[index].protection.receive(fractionLost: fractionLost)
        let after = sections[index].voiceProtection
        if after != before { emit(.voiceProtection(mid: sections[index].agreed.mid, after)) }
    }

    /// RFC 3550 §6.4.1: arrival, less when the report left here, less how long the other side held it.
    private func measureRoundTrip(_ block: ReportBlock, now: Instant) -> Duration? {
        guard block.lastSenderReport != 0 else { return nil }
        let elapsed = Int32(
            bitPattern: clock.time(at: now).compact &- block.lastSenderReport &- block.delaySinceLastSenderReport)
        // Rounding may give a little less than nothing; more than ten seconds is no measurement.
        guard -655...655_360 ~= elapsed else { return nil }
        return Duration(seconds: max(0.001, Double(elapsed) / 65_536))
    }

    /// Takes a measurement of the round trip; the owner may give those of ICE.
    package mutating func updateRoundTrip(_ measured: Duration) {
        guard measured >= .zero else { return }
        // RFC 6298 §2.3's smoothing.
        roundTrip = roundTrip.map { ($0 * 7 + measured) / 8 } ?? measured
    }

    private mutating func receive(_ bye: Goodbye) {
        for source in bye.sources {
            guard let index = sections.firstIndex(where: { $0.receiver?.ssrc == source }) else { continue }
            sections[index].isReceiverGone = true
            emit(.remoteBye(mid: sections[index].agreed.mid, source))
        }
    }
}
