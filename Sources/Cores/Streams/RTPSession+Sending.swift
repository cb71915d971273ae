import CongestionControl
import Media
import Primitives
import RTP

/// A packet that waits for its turn. Sound does not: it is small, and late sound is lost sound.
struct PacedPacket: Sendable {
    /// The section's name.
    var mid: String
    var packet: RTPPacket
    var isRetransmission: Bool
}

extension RTPSession {
    /// With more than this waiting, a frame is dropped if no other needs it.
    private static let backlogForDiscardable = Duration.milliseconds(300)
    /// With more than this waiting, every frame is dropped until the queue is shorter, and then a key frame made.
    private static let maxBacklog = Duration.milliseconds(1_000)
    /// Retransmissions get at most this part of the estimate, for about a second's worth at a time.
    private static let repairShare = 0.5
    /// RTP with extensions, SRTP, UDP and IP, about.
    static let headerBytes = 70

    /// Sends 20 ms of sound at once. `timestamp` counts from anywhere; `captureTime` is when its first sample was taken.
    package mutating func sendAudio(
        mid: String, payload: [UInt8], timestamp: UInt32, level: AudioLevel?, marker: Bool = false,
        captureTime: Instant, now: Instant
    ) {
        guard let index = index(of: mid), sections[index].agreed.sends, sections[index].agreed.kind == .audio else {
            return
        }
        let (payload, type) = sections[index].protect(payload, timestamp: timestamp)
        var packet = sections[index].sender.packet(
            payload: payload, payloadType: type, timestamp: timestamp, marker: marker, captureTime: captureTime)
        sections[index].sender.number(&packet, now: now)
        sideTraffic.add(bytes: packet.payload.count + Self.headerBytes, now: now)
        transmit(packet, level: level, section: index, now: now)
    }

    /// Sends a frame, spread over a little time. False where it was dropped because too much is waiting already.
    @discardableResult
    package mutating func sendVideo(mid: String, frame: EncodedFrame, now: Instant) -> Bool {
        guard let index = index(of: mid), sections[index].agreed.sends, sections[index].agreed.kind == .video else {
            return false
        }
        guard hasRoom(for: frame, section: index, now: now) else {
            sections[index].sent.framesDropped += 1
            return false
        }
        sections[index].sent.frames += 1
        if frame.isKeyFrame { sections[index].sent.keyFrames += 1 }
        let packets = sections[index].sender.packets(
            for: frame, payloadType: sections[index].agreed.sendTypes.media, budget: configuration.payloadBudget)
        for packet in packets { pace(packet, mid: mid, isRetransmission: false) }
        releasePaced(now: now)
        return true
    }

    private mutating func hasRoom(for frame: EncodedFrame, section index: Int, now: Instant) -> Bool {
        let backlog = sendBacklog
        if frame.isDiscardable { return backlog <= Self.backlogForDiscardable }
        if backlog > Self.maxBacklog { sections[index].hasDroppedReference = true }
        guard sections[index].hasDroppedReference else { return true }
        // What follows a dropped frame cannot be decoded until a key frame comes, and that one needs room as well.
        guard frame.isKeyFrame, backlog <= Self.maxBacklog else {
            if backlog <= Self.backlogForDiscardable { askEncoderForKeyFrame(index, now: now) }
            return false
        }
        sections[index].hasDroppedReference = false
        return true
    }

    private mutating func pace(_ packet: RTPPacket, mid: String, isRetransmission: Bool) {
        pacer.enqueue(
            PacedPacket(mid: mid, packet: packet, isRetransmission: isRetransmission),
            bytes: packet.payload.count + Self.headerBytes, priority: isRetransmission ? .retransmission : .video)
    }

    /// Lets out what the pacer releases by now.
    mutating func releasePaced(now: Instant) {
        while let entry = pacer.poll(now: now) { release(entry, now: now) }
    }

    /// Lets a packet out that has waited. `probe` is the burst that it is part of.
    mutating func release(_ entry: PacedPacket, probe: Int? = nil, now: Instant) {
        guard let index = index(of: entry.mid), sections[index].agreed.sends else { return }
        var packet = entry.packet
        if entry.isRetransmission {
            sideTraffic.add(bytes: packet.payload.count + Self.headerBytes, now: now)
        } else {
            sections[index].sender.number(&packet, now: now)
        }
        transmit(packet, level: nil, section: index, probe: probe, now: now)
    }

    /// Writes what is only known when a packet leaves, and lets it go; its size as it left.
    @discardableResult
    mutating func transmit(
        _ packet: RTPPacket, level: AudioLevel?, section index: Int, probe: Int? = nil, now: Instant
    ) -> Int {
        let agreed = sections[index].agreed
        var values = HeaderExtensions()
        values.mid = agreed.mid
        if packet.ssrc == agreed.localRepairSSRC { values.repairedRid = agreed.rid } else { values.rid = agreed.rid }
        values.audioLevel = level
        values.absoluteSendTime = AbsoluteSendTime(now)
        let isCounted = agreed.feedback.transportCC && agreed.extensions[.transportSequence] != nil
        if isCounted { values.transportSequence = transportSequence }
        var packet = packet
        packet.extensionBlock = values.block(map: agreed.extensions)
        let bytes = packet.serialised()
        if isCounted {
            estimator.packetSent(sequence: transportSequence, bytes: bytes.count, now: now, probe: probe)
            transportSequence &+= 1
        }
        sections[index].sent.packets += 1
        sections[index].sent.bytes += bytes.count
        emit(.rtp(bytes))
        hastenFirstReport(index, now: now)
        return bytes.count
    }

    /// The first report goes with the first packet, so that lip sync need not wait (RFC 6051 §2).
    private mutating func hastenFirstReport(_ index: Int, now: Instant) {
        guard sections[index].sent.packets == 1 else { return }
        reportDue = now
    }
}

// MARK: - What the other side asks for

extension RTPSession {
    /// Within this time of a key frame asked for, another request means the same one.
    private static let keyFramePause = Duration.milliseconds(200)

    mutating func answer(_ nack: GenericNACK, now: Instant) {
        guard let index = sections.firstIndex(where: { $0.agreed.localSSRC == nack.media }) else { return }
        sections[index].sent.nacks += nack.sequences.count
        let rate = Bitrate(bitsPerSecond: Int(Double(estimator.target.bitsPerSecond) * Self.repairShare))
        for sequence in nack.sequences where repairBudget.isOpen(rate: rate, now: now) {
            guard
                let packet = sections[index].sender.retransmission(
                    of: sequence, section: sections[index].agreed, now: now, roundTrip: roundTrip)
            else { continue }
            sendRepair(packet, index)
            if let copy = sections[index].sender.secondCopy(of: packet, for: sequence) { sendRepair(copy, index) }
        }
        releasePaced(now: now)
    }

    private mutating func sendRepair(_ packet: RTPPacket, _ index: Int) {
        repairBudget.take(bytes: packet.payload.count + Self.headerBytes)
        sections[index].sent.retransmissions += 1
        pace(packet, mid: sections[index].name, isRetransmission: true)
    }

    mutating func answerKeyFrameRequest(for media: SSRC, number: UInt8? = nil, now: Instant) {
        guard let index = sections.firstIndex(where: { $0.agreed.kind == .video && $0.agreed.localSSRC == media }),
            sections[index].agreed.sends
        else { return }
        // RFC 5104 §4.3.1.2: the same number again is the same request; it is still answered once the pause is over,
        // for what answered it may be lost.
        let isRepeated = number != nil && number == sections[index].lastIntraRequest
        sections[index].lastIntraRequest = number ?? sections[index].lastIntraRequest
        if !isRepeated { sections[index].sent.keyFrameRequests += 1 }
        askEncoderForKeyFrame(index, now: now)
    }

    private mutating func askEncoderForKeyFrame(_ index: Int, now: Instant) {
        let pause = max(Self.keyFramePause, roundTrip ?? .zero)
        if let last = sections[index].lastKeyFrameEvent, now - last < pause { return }
        sections[index].lastKeyFrameEvent = now
        emit(.keyFrameRequested(mid: sections[index].name))
    }

    /// Tells the pacer and the owner where the estimate has moved.
    mutating func applyEstimate(now: Instant) {
        let estimate = estimator.target
        pacer.setTarget(estimate, now: now)
        let target = videoTarget(estimate, now: now)
        if let lastTarget {
            // Changes below 3 % are not worth telling an encoder.
            let change = abs(target.bitsPerSecond - lastTarget.bitsPerSecond)
            guard change * 100 >= lastTarget.bitsPerSecond * 3 else { return }
        }
        lastTarget = target
        emit(.targetBitrate(target))
    }

    /// Sound and repair go first; video takes what is left, and never less than a slide show needs.
    private func videoTarget(_ estimate: Bitrate, now: Instant) -> Bitrate {
        let left = max(estimate.bitsPerSecond / 4, estimate.bitsPerSecond - sideTraffic.rate(now: now).bitsPerSecond)
        let payload = configuration.payloadBudget
        return Bitrate(bitsPerSecond: left * payload / (payload + Self.headerBytes))
    }
}
