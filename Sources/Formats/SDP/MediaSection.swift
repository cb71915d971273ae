import Primitives

/// One `m=` line and what follows it.
package struct MediaSection: Hashable, Sendable {
    package var kind: MediaKind
    /// 9 (discard) where candidates tell the address, 0 where the section is rejected (RFC 9429 §5.2.1, §5.3.1).
    package var port = 9
    package var transport: String
    /// As on the `m=` line: payload types, or `webrtc-datachannel`.
    package var formats: [String]
    package var connection = "IN IP4 0.0.0.0"
    package var bandwidths: [String] = []

    package var mid: String?
    package var direction: Direction?
    package var attributes = TransportAttributes()
    package var isBundleOnly = false

    package var candidates: [ICECandidate] = []
    package var hasEndOfCandidates = false

    package var multiplexesRTCP = false
    package var allowsReducedSizeRTCP = false
    /// One- and two-byte header extensions may be mixed (RFC 8285 §6); also said for the whole session.
    package var allowsMixedExtensionHeaders = false
    /// In order of preference, as the `m=` line lists them.
    package var codecs: [RTPCodec] = []
    /// `a=rtcp-fb:*`: holds for every codec.
    package var commonFeedback: [RTCPFeedback] = []
    package var extensions: [HeaderExtension] = []
    package var streams: [MediaStreamID] = []
    package var sources: [SourceDescription] = []
    package var sourceGroups: [SourceGroup] = []
    package var rids: [RestrictionID] = []
    package var simulcast: Simulcast?
    package var packetMilliseconds: Int?
    package var maximumPacketMilliseconds: Int?

    package var sctpPort: Int?
    package var maximumMessageSize: Int?
    package var others: [Attribute] = []

    package init(kind: MediaKind, transport: String, formats: [String]) {
        self.kind = kind
        self.transport = transport
        self.formats = formats
    }

    /// Whether this side does without the section. `bundle-only` sections of an offer have port 0 as well, but live
    /// (RFC 9143 §6).
    package var isRejected: Bool { port == 0 && !isBundleOnly }

    package static let rtpTransport = "UDP/TLS/RTP/SAVPF"
    package static let sctpTransport = "UDP/DTLS/SCTP"
    package static let dataChannelFormat = "webrtc-datachannel"

    /// RTP in any profile: its formats are payload types.
    package var isRTP: Bool { transport.contains("RTP/") }
    /// RTP over DTLS-SRTP in any of its spellings.
    package var isSecureRTP: Bool { transport.hasSuffix("/RTP/SAVPF") || transport.hasSuffix("/RTP/SAVP") }

    /// SCTP for data channels, in today's form (RFC 8841) or in that of the drafts before it, which numbers the port on
    /// the `m=` line and explains it by `sctpmap`.
    package var isDataChannel: Bool {
        guard transport.hasSuffix("DTLS/SCTP") else { return false }
        return formats.contains(Self.dataChannelFormat) || usesDraftSCTP
    }

    package var usesDraftSCTP: Bool {
        others.contains { $0.name == "sctpmap" && $0.value?[...].fields().dropFirst().first == "webrtc-datachannel" }
    }

    /// Where this side's SCTP listens; 5000 where it does not say (RFC 8841 §5).
    package var dataChannelPort: Int {
        sctpPort ?? (usesDraftSCTP ? formats.first.flatMap { $0[...].number(UInt16.self) }.map(Int.init) : nil) ?? 5_000
    }

    /// The feedback for one codec, its own and that for all.
    package func feedback(of codec: RTPCodec) -> [RTCPFeedback] {
        codec.feedback + commonFeedback.filter { !codec.feedback.contains($0) }
    }
}

package enum MediaKind: Hashable, Sendable {
    case audio, video, application
    case other(String)

    package init(_ name: String) {
        switch name {
        case "audio": self = .audio
        case "video": self = .video
        case "application": self = .application
        default: self = .other(name)
        }
    }

    package var name: String {
        switch self {
        case .audio: "audio"
        case .video: "video"
        case .application: "application"
        case .other(let name): name
        }
    }
}

package enum Direction: String, Hashable, Sendable, CaseIterable {
    case sendrecv, sendonly, recvonly, inactive

    package init(sends: Bool, receives: Bool) {
        self =
            switch (sends, receives) {
            case (true, true): .sendrecv
            case (true, false): .sendonly
            case (false, true): .recvonly
            case (false, false): .inactive
            }
    }

    package var sends: Bool { self == .sendrecv || self == .sendonly }
    package var receives: Bool { self == .sendrecv || self == .recvonly }
    /// The same agreement as the other side says it.
    package var reversed: Direction { .init(sends: receives, receives: sends) }
    package func intersection(_ other: Direction) -> Direction {
        .init(sends: sends && other.sends, receives: receives && other.receives)
    }
}

/// An attribute that is not modelled: `a=name` or `a=name:value`.
package struct Attribute: Hashable, Sendable {
    package var name: String
    package var value: String?
    package init(_ name: String, _ value: String? = nil) {
        self.name = name
        self.value = value
    }
}
