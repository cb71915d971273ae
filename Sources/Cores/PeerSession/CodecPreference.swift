import Primitives
import SDP

/// A codec this side speaks, and how it is offered.
package struct CodecPreference: Hashable, Sendable {
    package var name: String
    package var clockRate: Int
    package var channels: Int
    /// What the receiver here wishes for (`fmtp`).
    package var parameters: FormatParameters
    package var feedback: [RTCPFeedback]
    /// The number to offer where it is free.
    package var payloadType: Int
    /// The same for its retransmissions (RFC 4588); nil where lost packets are not sent again.
    package var retransmissionType: Int?
    /// The same for packets that repeat earlier ones (RFC 2198); nil where none do.
    package var redundancyType: Int?

    package init(
        name: String, clockRate: Int, channels: Int = 1, parameters: FormatParameters = FormatParameters(),
        feedback: [RTCPFeedback] = [], payloadType: Int, retransmissionType: Int? = nil, redundancyType: Int? = nil
    ) {
        self.name = name
        self.clockRate = clockRate
        self.channels = channels
        self.parameters = parameters
        self.feedback = feedback
        self.payloadType = payloadType
        self.retransmissionType = retransmissionType
        self.redundancyType = redundancyType
    }

    /// Opus (RFC 7587). Forward error correction and discontinuous transmission are asked of the peer; a voice is mono
    /// unless `stereo` is set.
    package static func opus(
        forwardErrorCorrection: Bool = true, discontinuous: Bool = true, stereo: Bool = false,
        redundancy: Bool = true
    ) -> CodecPreference {
        var parameters: FormatParameters = ["minptime": "10"]
        if forwardErrorCorrection { parameters["useinbandfec"] = "1" }
        if discontinuous { parameters["usedtx"] = "1" }
        if stereo {
            parameters["stereo"] = "1"
            parameters["sprop-stereo"] = "1"
        }
        return CodecPreference(
            name: "opus", clockRate: 48_000, channels: 2, parameters: parameters, feedback: [.transportWide],
            payloadType: 111, redundancyType: redundancy ? 63 : nil)
    }

    package static let vp8 = CodecPreference(
        name: "VP8", clockRate: 90_000,
        feedback: [.maximumBitrate, .transportWide, .fullIntraRequest, .nack, .pictureLoss],
        payloadType: 96, retransmissionType: 97)

    func matches(_ codec: RTPCodec) -> Bool {
        codec.isNamed(name) && codec.clockRate == clockRate && codec.channels == channels
    }
}

extension MediaSection {
    /// The payload type whose packets repeat those of `codec` (RFC 4588 §8.6).
    func retransmission(of codec: RTPCodec) -> RTPCodec? {
        codecs.first {
            $0.isNamed("rtx") && $0.clockRate == codec.clockRate
                && $0.parameters.number("apt") == Int(codec.payloadType.value)
        }
    }

    /// The payload type whose packets hold several of `codec` (RFC 2198 §5); without parameters it may hold any.
    func redundancy(of codec: RTPCodec) -> RTPCodec? {
        codecs.first { red in
            guard red.isNamed("red"), red.clockRate == codec.clockRate, red.channels == codec.channels else {
                return false
            }
            let types = red.parameters.list.first?.name.split(separator: "/") ?? []
            return types.allSatisfy { Int($0) == Int(codec.payloadType.value) }
        }
    }
}
