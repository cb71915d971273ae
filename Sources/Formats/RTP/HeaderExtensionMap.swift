/// The RTP header extensions that confab understands.
package enum HeaderExtensionKind: Int, CaseIterable, Sendable {
    /// How loud the packet's sound is (RFC 6464).
    case audioLevel
    /// Which m-section a packet belongs to (RFC 9143 §15).
    case mid
    /// Which simulcast layer a packet belongs to (RFC 8852), and which layer a retransmission repairs.
    case rid, repairedRid
    /// When the packet left, 24 bits of NTP time in 6.18 format.
    case absoluteSendTime
    /// A sequence number across all streams of a transport (draft-holmer-rmcat-transport-wide-cc-extensions-01).
    case transportSequence

    package var uri: String {
        switch self {
        case .audioLevel: "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
        case .mid: "urn:ietf:params:rtp-hdrext:sdes:mid"
        case .rid: "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
        case .repairedRid: "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
        case .absoluteSendTime: "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
        case .transportSequence: "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
        }
    }

    package init?(uri: some StringProtocol) {
        guard let kind = Self.allCases.first(where: { $0.uri == uri }) else { return nil }
        self = kind
    }
}

/// Which number stands for which header extension, as `a=extmap` agreed.
package struct HeaderExtensionMap: Equatable, Sendable {
    /// By `HeaderExtensionKind.rawValue`; 0 where not agreed.
    private var ids: [UInt8] = []

    package init() {}

    package init(_ entries: [HeaderExtensionKind: UInt8]) {
        for (kind, id) in entries { self[kind] = id }
    }

    /// The number of an extension, 1...255. 0 is padding and 15 is reserved in the one-byte form (RFC 8285 §4.2): it is
    /// then written in the two-byte form.
    package subscript(kind: HeaderExtensionKind) -> UInt8? {
        get { ids.isEmpty || ids[kind.rawValue] == 0 ? nil : ids[kind.rawValue] }
        set {
            if ids.isEmpty { ids = [UInt8](repeating: 0, count: HeaderExtensionKind.allCases.count) }
            ids[kind.rawValue] = newValue ?? 0
        }
    }

    package func kind(of id: UInt8) -> HeaderExtensionKind? {
        guard id != 0, let index = ids.firstIndex(of: id) else { return nil }
        return HeaderExtensionKind(rawValue: index)
    }

    package var isEmpty: Bool { ids.allSatisfy { $0 == 0 } }

    package static func == (a: Self, b: Self) -> Bool {
        HeaderExtensionKind.allCases.allSatisfy { a[$0] == b[$0] }
    }
}
