import Primitives
import RTP

/// An m-section at work: what was agreed, and the streams in both directions.
struct Section: Sendable {
    private(set) var agreed: SectionParameters
    /// As `agreed` tells it; kept, for every packet asks.
    let name: String
    var sender: SendStream
    var receiver: ReceiveStream?
    /// What the other side told of `receiver` by a goodbye: the next stream may take its place at once.
    var isReceiverGone = false
    var lastArrival: Instant?
    /// Key frames that this side wants.
    var keyFrames = KeyFrameRequester()
    /// Whether the owner wants one, whatever the assembler thinks.
    var isKeyFrameWanted = false
    /// Numbers requests of RFC 5104.
    var intraRequestNumber: UInt8 = 0

    // What the other side asks of, and says about, the stream sent to it.
    var lastKeyFrameEvent: Instant?
    /// Whether a frame that others need was not sent: only a key frame may follow.
    var hasDroppedReference = false
    var lastIntraRequest: UInt8?
    /// How much of a voice is sent twice.
    var protection = AudioProtection()
    var redundancy = RedundancyHistory()
    var sent = SectionStatistics.Sent()
    /// Whether what is sent arrives.
    var delivery = DeliveryWatch()
    /// Of earlier receivers, and what is not counted elsewhere.
    var received = SectionStatistics.Received()

    init(_ agreed: SectionParameters, random: inout SeededGenerator) {
        self.agreed = agreed
        name = agreed.name
        sender = SendStream(section: agreed, random: &random)
    }

    mutating func configure(_ section: SectionParameters, random: inout SeededGenerator) {
        if section.localSSRC == agreed.localSSRC {
            sender.configure(section)
        } else {
            sender = SendStream(section: section, random: &random)
        }
        agreed = section
        receiver?.configure(section)
        if !section.receives, let receiver {
            received.add(receiver)
            self.receiver = nil
            isKeyFrameWanted = false
        }
    }

    var asksForKeyFrames: Bool { agreed.feedback.pictureLoss || agreed.feedback.fullIntraRequest }

    var nextDeadline: Instant? {
        guard let receiver else { return nil }
        return earliest(receiver.nextDeadline, asksForKeyFrames ? keyFrames.nextDeadline : nil)
    }

    mutating func updateKeyFrameNeed(now: Instant) {
        keyFrames.update(isNeeded: isKeyFrameWanted || receiver?.needsKeyFrame == true, now: now)
    }
}

// MARK: - Whose packet is it

extension Section {
    /// How long a stream must be silent before another one, unannounced, may take its place.
    private static let takeoverPause = Duration.milliseconds(500)

    func isRepair(_ packet: RTPPacket) -> Bool {
        packet.payloadType == agreed.receiveTypes.repair
            || agreed.remoteSources.contains { $0.repair == packet.ssrc }
    }

    /// Makes `ssrc` the section's stream if it is not yet, unless another one holds the place.
    mutating func admit(_ ssrc: SSRC, now: Instant) -> (isAdmitted: Bool, isNew: Bool) {
        if let receiver {
            if receiver.ssrc == ssrc { return (true, false) }
            let isAnnounced = agreed.remoteSources.contains { $0.ssrc == ssrc }
            let wasAnnounced = agreed.remoteSources.contains { $0.ssrc == receiver.ssrc }
            let isSilent = lastArrival.map { now - $0 >= Self.takeoverPause } ?? true
            guard isReceiverGone || isSilent || (isAnnounced && !wasAnnounced) else { return (false, false) }
            received.add(receiver)
        }
        receiver = ReceiveStream(ssrc: ssrc, section: agreed)
        isReceiverGone = false
        return (true, true)
    }
}

// MARK: - Copies of sound

extension Section {
    var voiceProtection: VoiceProtection { protection.plan(understandsCopies: agreed.sendTypes.redundant != nil) }

    /// The payload and its type as they are sent: with copies of earlier ones where the listener loses some and
    /// understands them.
    mutating func protect(_ payload: [UInt8], timestamp: UInt32) -> ([UInt8], PayloadType) {
        let types = agreed.sendTypes
        guard let redundant = types.redundant, voiceProtection.copies > 0 else {
            redundancy.remember(payload, timestamp)
            return (payload, types.media)
        }
        let (wrapped, copies) = redundancy.wrap(
            payload, type: types.media, timestamp: timestamp, copies: voiceProtection.copies)
        sent.copies += copies
        return (wrapped, redundant)
    }
}
