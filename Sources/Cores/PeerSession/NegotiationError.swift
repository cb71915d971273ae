import SDP

/// Why a peer's description cannot be followed. The session stays as it was before.
package enum NegotiationError: Error, Hashable, Sendable, CustomStringConvertible {
    case unreadable(SDPError)
    /// An offer that drops or exchanges sections which are in use (RFC 9429 §5.8).
    case sectionsChanged
    /// An answer whose sections are not those of the offer (RFC 9429 §5.8).
    case answerDoesNotFit
    /// Several sections, but not on one transport.
    case notBundled
    case noRTCPMultiplexing
    case noICECredentials
    /// No SHA-256 digest of a certificate.
    case noFingerprint
    /// The certificate of a running session was exchanged.
    case certificateChanged
    /// `setup` leaves open who begins, or lets nobody begin.
    case badSetup

    package var description: String {
        switch self {
        case .unreadable(let error): "the description cannot be read: \(error)"
        case .sectionsChanged: "the offer drops or exchanges sections in use"
        case .answerDoesNotFit: "the answer's sections are not those of the offer"
        case .notBundled: "the sections are not bundled"
        case .noRTCPMultiplexing: "RTCP is not multiplexed with RTP"
        case .noICECredentials: "there are no ICE credentials"
        case .noFingerprint: "there is no SHA-256 fingerprint"
        case .certificateChanged: "the certificate changed"
        case .badSetup: "it is not said who begins the DTLS handshake"
        }
    }
}
