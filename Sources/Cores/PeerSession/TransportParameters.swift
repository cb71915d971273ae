import SDP

/// Which part of the DTLS handshake an end plays (RFC 5763 §5); also the parity of data channels.
package enum DTLSRole: Hashable, Sendable {
    case client, server
}

/// Which end chooses the pair of addresses (RFC 8445 §6.1.1).
package enum ICERole: Hashable, Sendable {
    case controlling, controlled
}

/// What two peers agreed upon for the one transport they bundle everything on.
package struct TransportParameters: Hashable, Sendable {
    /// The section that speaks for the transport; candidates name it.
    package internal(set) var mid: String
    package internal(set) var index: Int
    package internal(set) var localCredentials: ICECredentials
    package internal(set) var remoteCredentials: ICECredentials
    package internal(set) var remoteIsLite: Bool
    package internal(set) var remoteCandidates: [ICECandidate]
    package internal(set) var remoteCandidatesDone: Bool
    package internal(set) var remoteFingerprints: [Fingerprint]
    package internal(set) var dtlsRole: DTLSRole
}

/// SCTP within DTLS for data channels (RFC 8841).
package struct SCTPParameters: Hashable, Sendable {
    package var localPort: Int
    package var remotePort: Int
    /// The largest message the peer takes, in bytes.
    package var maximumMessageSize: Int

    package init(localPort: Int, remotePort: Int, maximumMessageSize: Int) {
        self.localPort = localPort
        self.remotePort = remotePort
        self.maximumMessageSize = maximumMessageSize
    }
}
