import Primitives
import SDP

/// What is sent to a peer and received from it in one media section (RFC 9429 §3.4.1).
package struct Transceiver: Hashable, Sendable {
    package struct ID: Hashable, Sendable {
        package let value: Int
    }

    package enum Kind: Hashable, Sendable, CaseIterable {
        case audio, video

        init?(_ kind: MediaKind) {
            switch kind {
            case .audio: self = .audio
            case .video: self = .video
            case .application, .other: return nil
            }
        }

        var mediaKind: MediaKind { self == .audio ? .audio : .video }
    }

    package let id: ID
    package let kind: Kind
    /// What this side wishes for.
    package internal(set) var direction: Direction
    /// The section it belongs to; nil until a description named one.
    package internal(set) var mid: String?
    /// Its section was, or is to be, rejected; it is of no more use.
    package internal(set) var isStopped = false
    package let ssrc: SSRC
    package let retransmissionSSRC: SSRC
    package let stream: MediaStreamID
    /// The layers to send, lowest first; empty where there is only one.
    package let encodings: [SendEncoding]
    /// Made by this side, not by a peer's offer, which may adopt it.
    let isOurs: Bool
}

/// One layer of a simulcast (RFC 8853).
package struct SendEncoding: Hashable, Sendable {
    package let rid: String
    package let ssrc: SSRC
    package let retransmissionSSRC: SSRC
}
