import PeerSession
import RTP
import Streams

extension SectionParameters {
    /// The streams' view of what negotiation agreed upon: one for each layer of a simulcast.
    static func all(_ section: NegotiatedSection) -> [SectionParameters] {
        guard let whole = SectionParameters(section) else { return [] }
        guard section.sends, !section.sendEncodings.isEmpty else { return [whole] }
        return section.sendEncodings.map { encoding in
            var layer = whole
            layer.rid = encoding.rid
            layer.localSSRC = encoding.ssrc
            layer.localRepairSSRC = whole.localRepairSSRC == nil ? nil : encoding.retransmissionSSRC
            layer.receives = false
            return layer
        }
    }

    /// The streams' view of what negotiation agreed upon. Nil where the two share no codec that confab speaks.
    init?(_ section: NegotiatedSection) {
        guard let codec = section.codecs.first(where: { section.kind == .audio ? $0.isOpus : $0.isVP8 }) else {
            return nil
        }
        var feedback = Feedback()
        feedback.nack = codec.feedback.contains(.nack)
        feedback.pictureLoss = codec.feedback.contains(.pictureLoss)
        feedback.fullIntraRequest = codec.feedback.contains(.fullIntraRequest)
        feedback.remb = codec.feedback.contains(.maximumBitrate)
        feedback.transportCC = codec.feedback.contains(.transportWide)
        feedback.reducedSize = section.allowsReducedSizeRTCP
        self.init(
            mid: section.mid, kind: section.kind == .audio ? .audio : .video, sends: section.sends,
            receives: section.receives,
            sendTypes: PayloadTypes(
                media: codec.sendType, repair: codec.sendRetransmissionType, redundant: codec.sendRedundantType),
            receiveTypes: PayloadTypes(
                media: codec.receiveType, repair: codec.receiveRetransmissionType,
                redundant: codec.receiveRedundantType),
            clockRate: codec.clockRate, extensions: section.extensions, feedback: feedback,
            remoteSources: section.remoteSources.map { Source(ssrc: $0.ssrc, repair: $0.retransmissionSSRC) },
            localSSRC: section.localSSRC,
            localRepairSSRC: codec.sendRetransmissionType == nil ? nil : section.localRetransmissionSSRC)
    }
}
