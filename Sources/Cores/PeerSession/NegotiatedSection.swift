import Primitives
import RTP
import SDP

/// What two peers agreed upon for one section of sound or picture.
package struct NegotiatedSection: Equatable, Sendable {
    package var transceiver: Transceiver.ID
    package var mid: String
    package var kind: Transceiver.Kind
    /// Whether this side may send, and must expect to receive.
    package var sends: Bool
    package var receives: Bool
    /// In order of preference; the first is the one to send. Never empty.
    package var codecs: [NegotiatedCodec]
    package var extensions: HeaderExtensionMap
    package var allowsReducedSizeRTCP: Bool

    package var localSSRC: SSRC
    /// Nil where no codec has retransmission.
    package var localRetransmissionSSRC: SSRC?
    package var localCNAME: String
    /// The layers to send, empty where there is one only (RFC 8853).
    package var sendEncodings: [SendEncoding]

    /// As the peer announced them; may be empty, then sources are known by their `mid` or payload type.
    package var remoteSources: [RemoteSource]
    package var remoteStream: MediaStreamID?
    package var receiveEncodings: [String]
}

/// A codec under the numbers that both sides know.
package struct NegotiatedCodec: Hashable, Sendable {
    package var name: String
    package var clockRate: Int
    package var channels: Int
    /// What to write into packets, which is the peer's number.
    package var sendType: PayloadType
    package var sendRetransmissionType: PayloadType?
    /// What packets of the peer carry, which is our number. Nearly always the same.
    package var receiveType: PayloadType
    package var receiveRetransmissionType: PayloadType?
    /// Packets that repeat earlier ones (RFC 2198), where both sides know them.
    package var sendRedundantType: PayloadType?
    package var receiveRedundantType: PayloadType?
    package var feedback: FeedbackKinds
    /// What the peer's receiver wishes for.
    package var remoteParameters: FormatParameters

    package var isOpus: Bool { name.lowercased() == "opus" }
    package var isVP8: Bool { name.lowercased() == "vp8" }
    package var opus: OpusWishes { OpusWishes(remoteParameters) }
}

/// The RTCP feedback that both sides understand.
package struct FeedbackKinds: OptionSet, Hashable, Sendable {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }

    package static let nack = FeedbackKinds(rawValue: 1)
    package static let pictureLoss = FeedbackKinds(rawValue: 2)
    package static let fullIntraRequest = FeedbackKinds(rawValue: 4)
    package static let maximumBitrate = FeedbackKinds(rawValue: 8)
    package static let transportWide = FeedbackKinds(rawValue: 16)

    private static let names: [(RTCPFeedback, FeedbackKinds)] = [
        (.nack, .nack), (.pictureLoss, .pictureLoss), (.fullIntraRequest, .fullIntraRequest),
        (.maximumBitrate, .maximumBitrate), (.transportWide, .transportWide),
    ]

    init(_ feedback: [RTCPFeedback]) {
        self.init(Self.names.compactMap { feedback.contains($0.0) ? $0.1 : nil })
    }
}

/// What the peer's Opus decoder would like to get (RFC 7587 §6.1).
package struct OpusWishes: Hashable, Sendable {
    package var forwardErrorCorrection: Bool
    package var discontinuous: Bool
    package var stereo: Bool
    /// In hertz.
    package var maximumPlaybackRate: Int
    package var maximumAverageBitrate: Bitrate?

    init(_ parameters: FormatParameters) {
        forwardErrorCorrection = parameters.isSet("useinbandfec")
        discontinuous = parameters.isSet("usedtx")
        stereo = parameters.isSet("stereo")
        maximumPlaybackRate = (parameters.number("maxplaybackrate") ?? 48_000).clamped(to: 8_000...48_000)
        maximumAverageBitrate = parameters.number("maxaveragebitrate").map {
            Bitrate(bitsPerSecond: $0.clamped(to: 6_000...510_000))
        }
    }
}

/// One source of the peer and the source of its retransmissions.
package struct RemoteSource: Hashable, Sendable {
    package var ssrc: SSRC
    package var retransmissionSSRC: SSRC?
    package var cname: String?

    package init(ssrc: SSRC, retransmissionSSRC: SSRC? = nil, cname: String? = nil) {
        self.ssrc = ssrc
        self.retransmissionSSRC = retransmissionSSRC
        self.cname = cname
    }
}

extension NegotiatedSection {
    /// Nil where the two sections have no codec in common.
    init?(
        local: MediaSection, remote: MediaSection, remoteExtensions: [HeaderExtension], remoteDirection: Direction,
        transceiver: Transceiver, mid: String, cname: String
    ) {
        let codecs = NegotiatedCodec.common(local: local, remote: remote)
        guard !codecs.isEmpty else { return nil }
        let direction = (local.direction ?? .sendrecv).intersection(remoteDirection.reversed)
        self.transceiver = transceiver.id
        self.mid = mid
        kind = transceiver.kind
        sends = direction.sends
        receives = direction.receives
        self.codecs = codecs
        extensions = HeaderExtensionMap()
        for one in local.extensions where remoteExtensions.contains(where: { $0.id == one.id && $0.uri == one.uri }) {
            if let kind = HeaderExtensionKind(uri: one.uri) { extensions[kind] = UInt8(exactly: one.id) }
        }
        allowsReducedSizeRTCP = local.allowsReducedSizeRTCP && remote.allowsReducedSizeRTCP
        localSSRC = transceiver.ssrc
        let repeats = codecs.contains { $0.sendRetransmissionType != nil }
        localRetransmissionSSRC = repeats ? transceiver.retransmissionSSRC : nil
        localCNAME = cname
        let layers = Self.layers(sender: local, receiver: remote)
        sendEncodings = transceiver.encodings.filter { layers.contains($0.rid) }
        remoteSources = remote.remoteSources
        remoteStream = remote.streams.first ?? remote.sources.lazy.compactMap(\.stream).first
        receiveEncodings = Self.layers(sender: remote, receiver: local)
    }

    /// The layers that one side sends and the other takes.
    private static func layers(sender: MediaSection, receiver: MediaSection) -> [String] {
        let taken = Set(receiver.simulcast?.receive.joined().map(\.rid) ?? [])
        return sender.simulcast?.send.compactMap(\.first?.rid).filter(taken.contains) ?? []
    }
}

extension NegotiatedCodec {
    /// The codecs of both sections, in the local order, which in an answer is the peers' common one.
    fileprivate static func common(local: MediaSection, remote: MediaSection) -> [NegotiatedCodec] {
        local.codecs.compactMap { ours in
            guard !ours.isNamed("rtx"), !ours.isNamed("red"), let theirs = remote.counterpart(of: ours) else {
                return nil
            }
            let ourRepeat = local.retransmission(of: ours)?.payloadType
            let theirRepeat = remote.retransmission(of: theirs)?.payloadType
            let ourRed = local.redundancy(of: ours)?.payloadType
            let theirRed = remote.redundancy(of: theirs)?.payloadType
            let hasRed = ourRed != nil && theirRed != nil
            let repeats = ourRepeat != nil && theirRepeat != nil
            let theirFeedback = remote.feedback(of: theirs)
            return NegotiatedCodec(
                name: ours.name, clockRate: ours.clockRate, channels: ours.channels, sendType: theirs.payloadType,
                sendRetransmissionType: repeats ? theirRepeat : nil, receiveType: ours.payloadType,
                receiveRetransmissionType: repeats ? ourRepeat : nil,
                sendRedundantType: hasRed ? theirRed : nil, receiveRedundantType: hasRed ? ourRed : nil,
                feedback: FeedbackKinds(ours.feedback.filter(theirFeedback.contains)),
                remoteParameters: theirs.parameters)
        }
    }
}

extension MediaSection {
    /// The same codec here, preferably under the same number.
    fileprivate func counterpart(of codec: RTPCodec) -> RTPCodec? {
        let same = codecs.filter {
            $0.isNamed(codec.name) && $0.clockRate == codec.clockRate && $0.channels == codec.channels
        }
        return same.first { $0.payloadType == codec.payloadType } ?? same.first
    }

    fileprivate var remoteSources: [RemoteSource] {
        let pairs = sourceGroups.filter { $0.semantics == "FID" && $0.sources.count == 2 }
        let repeats = Set(pairs.map { $0.sources[1] })
        return sources.filter { !repeats.contains($0.ssrc) }.map { source in
            RemoteSource(
                ssrc: source.ssrc, retransmissionSSRC: pairs.first { $0.sources[0] == source.ssrc }?.sources[1],
                cname: source.cname)
        }
    }
}
