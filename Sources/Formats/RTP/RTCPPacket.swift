import Primitives

/// One RTCP packet of a kind that confab understands; datagrams carry one or several (`RTCP.parse`).
package enum RTCPPacket: Equatable, Sendable {
    case senderReport(SenderReport)
    case receiverReport(ReceiverReport)
    case sourceDescription([SourceDescription])
    case bye(Goodbye)
    case nack(GenericNACK)
    case pictureLoss(PictureLossIndication)
    case fullIntraRequest(FullIntraRequest)
    case remb(ReceiverEstimatedBitrate)
    case transportFeedback(TransportFeedback)
}

/// What a sender says of itself, and of those that it receives (RFC 3550 §6.4.1).
package struct SenderReport: Equatable, Sendable {
    package var ssrc: SSRC
    /// One moment on the wall clock and as RTP time of this stream.
    package var ntpTime: NTPTime
    package var rtpTime: UInt32
    package var packetCount: UInt32
    /// Payload octets without headers and padding.
    package var octetCount: UInt32
    package var blocks: [ReportBlock]

    package init(
        ssrc: SSRC, ntpTime: NTPTime, rtpTime: UInt32, packetCount: UInt32, octetCount: UInt32,
        blocks: [ReportBlock] = []
    ) {
        self.ssrc = ssrc
        self.ntpTime = ntpTime
        self.rtpTime = rtpTime
        self.packetCount = packetCount
        self.octetCount = octetCount
        self.blocks = blocks
    }
}

/// What somebody who sends nothing says of those that it receives (RFC 3550 §6.4.2).
package struct ReceiverReport: Equatable, Sendable {
    package var ssrc: SSRC
    package var blocks: [ReportBlock]

    package init(ssrc: SSRC, blocks: [ReportBlock]) {
        self.ssrc = ssrc
        self.blocks = blocks
    }
}

/// How well one stream arrives (RFC 3550 §6.4.1).
package struct ReportBlock: Equatable, Sendable {
    package var ssrc: SSRC
    /// Of what was expected since the last report, in 256ths.
    package var fractionLost: UInt8
    /// Since the stream began; 24 bits, signed: duplicates make it fall.
    package var cumulativeLost: Int32
    /// The highest sequence number, with the count of wraps in the upper half.
    package var highestSequence: UInt32
    /// In units of RTP time.
    package var jitter: UInt32
    /// `NTPTime.compact` of the last sender report, 0 where none came.
    package var lastSenderReport: UInt32
    /// Since that report came, in 65536ths of a second.
    package var delaySinceLastSenderReport: UInt32

    package init(
        ssrc: SSRC, fractionLost: UInt8, cumulativeLost: Int32, highestSequence: UInt32, jitter: UInt32,
        lastSenderReport: UInt32 = 0, delaySinceLastSenderReport: UInt32 = 0
    ) {
        self.ssrc = ssrc
        self.fractionLost = fractionLost
        self.cumulativeLost = cumulativeLost
        self.highestSequence = highestSequence
        self.jitter = jitter
        self.lastSenderReport = lastSenderReport
        self.delaySinceLastSenderReport = delaySinceLastSenderReport
    }
}

/// The CNAME of one source (RFC 3550 §6.5.1). Other items are not kept.
package struct SourceDescription: Equatable, Sendable {
    package var ssrc: SSRC
    /// Nil where the chunk has none. At most 255 octets are written.
    package var cname: String?

    package init(ssrc: SSRC, cname: String?) {
        self.ssrc = ssrc
        self.cname = cname
    }
}

/// Sources that end (RFC 3550 §6.6).
package struct Goodbye: Equatable, Sendable {
    /// At most 31 are written.
    package var sources: [SSRC]
    package var reason: String?

    package init(sources: [SSRC], reason: String? = nil) {
        self.sources = sources
        self.reason = reason
    }
}

/// Packets that are missing (RFC 4585 §6.2.1).
package struct GenericNACK: Equatable, Sendable {
    package var sender: SSRC
    package var media: SSRC
    /// In the order of the stream, for then they pack best.
    package var sequences: [UInt16]

    package init(sender: SSRC, media: SSRC, sequences: [UInt16]) {
        self.sender = sender
        self.media = media
        self.sequences = sequences
    }
}

/// The decoder cannot go on; a key frame is wanted (RFC 4585 §6.3.1).
package struct PictureLossIndication: Equatable, Sendable {
    package var sender: SSRC
    package var media: SSRC

    package init(sender: SSRC, media: SSRC) {
        self.sender = sender
        self.media = media
    }
}

/// A key frame is wanted (RFC 5104 §4.3.1). A repeated request keeps its number.
package struct FullIntraRequest: Equatable, Sendable {
    package struct Entry: Equatable, Sendable {
        package var ssrc: SSRC
        package var number: UInt8

        package init(ssrc: SSRC, number: UInt8) {
            self.ssrc = ssrc
            self.number = number
        }
    }

    package var sender: SSRC
    package var entries: [Entry]

    package init(sender: SSRC, entries: [Entry]) {
        self.sender = sender
        self.entries = entries
    }
}

/// REMB: how much a receiver thinks that the path carries (draft-alvestrand-rmcat-remb-03).
package struct ReceiverEstimatedBitrate: Equatable, Sendable {
    package var sender: SSRC
    package var bitrate: Bitrate
    /// Whose sum is meant; at most 255 are written.
    package var sources: [SSRC]

    package init(sender: SSRC, bitrate: Bitrate, sources: [SSRC]) {
        self.sender = sender
        self.bitrate = bitrate
        self.sources = sources
    }
}
