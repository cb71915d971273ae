import Primitives
import RTP

/// What offer and answer agreed on for one m-section, as far as streams need to know.
///
/// The layers of a simulcast (RFC 8853) are sections of their own here: they share the `mid`, and differ in `rid` and
/// sources. Each is asked for repair and for key frames alone.
package struct SectionParameters: Equatable, Sendable {
    package enum Kind: Equatable, Sendable { case audio, video }

    /// A stream that the other side announced (`a=ssrc`, and `a=ssrc-group:FID` for its retransmissions).
    package struct Source: Equatable, Sendable {
        package var ssrc: SSRC
        package var repair: SSRC?

        package init(ssrc: SSRC, repair: SSRC? = nil) {
            self.ssrc = ssrc
            self.repair = repair
        }
    }

    /// What both sides understand of `a=rtcp-fb`.
    package struct Feedback: Equatable, Sendable {
        package var nack = false
        package var pictureLoss = false
        package var fullIntraRequest = false
        package var remb = false
        package var transportCC = false
        /// `a=rtcp-rsize` (RFC 5506): feedback may go without a report in front.
        package var reducedSize = true

        package init() {}

        /// Everything that confab offers for its video.
        package static var everything: Feedback {
            var all = Feedback()
            all.nack = true
            all.pictureLoss = true
            all.fullIntraRequest = true
            all.remb = true
            all.transportCC = true
            return all
        }
    }

    /// The numbers under which one direction carries the codec and its retransmissions.
    package struct PayloadTypes: Equatable, Sendable {
        package var media: PayloadType
        /// RFC 4588; nil where lost packets are sent again as they were.
        package var repair: PayloadType?
        /// RFC 2198, for sound; nil where packets do not repeat earlier ones.
        package var redundant: PayloadType?

        package init(media: PayloadType, repair: PayloadType? = nil, redundant: PayloadType? = nil) {
            self.media = media
            self.repair = repair
            self.redundant = redundant
        }
    }

    package var mid: String
    /// Which layer of a simulcast is sent; nil where there is only one. Layers are not received.
    package var rid: String?
    package var kind: Kind
    package var sends: Bool
    package var receives: Bool
    /// In packets to the other side, and in packets from there: nearly always the same.
    package var sendTypes: PayloadTypes
    package var receiveTypes: PayloadTypes
    /// RTP clock in hertz.
    package var clockRate: Int
    package var extensions: HeaderExtensionMap
    package var feedback: Feedback
    /// May be empty: then the stream is known by its MID (RFC 9143 §9.2), else by its payload type.
    package var remoteSources: [Source]
    /// What this side sends under; also the name under which it reports where it only receives.
    package var localSSRC: SSRC
    package var localRepairSSRC: SSRC?

    /// What owners call the section: its `mid`, or `mid/rid` for a layer.
    package var name: String { rid.map { "\(mid)/\($0)" } ?? mid }

    package init(
        mid: String, rid: String? = nil, kind: Kind, sends: Bool, receives: Bool, sendTypes: PayloadTypes,
        receiveTypes: PayloadTypes,
        clockRate: Int, extensions: HeaderExtensionMap = .init(), feedback: Feedback = .init(),
        remoteSources: [Source] = [], localSSRC: SSRC, localRepairSSRC: SSRC? = nil
    ) {
        self.mid = mid
        self.rid = rid
        self.kind = kind
        self.sends = sends
        self.receives = receives
        self.sendTypes = sendTypes
        self.receiveTypes = receiveTypes
        self.clockRate = clockRate
        self.extensions = extensions
        self.feedback = feedback
        self.remoteSources = remoteSources
        self.localSSRC = localSSRC
        self.localRepairSSRC = localRepairSSRC
    }
}
