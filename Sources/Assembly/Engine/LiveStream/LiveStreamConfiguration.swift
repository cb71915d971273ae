import Primitives
import SignalTransport
import Signalling

/// One stream to, or from, a WHIP or WHEP endpoint.
package struct LiveStreamConfiguration: Sendable {
    package enum Direction: String, Sendable {
        /// WHIP (RFC 9725): the own camera and microphone go out.
        case publish = "whip"
        /// WHEP (draft-ietf-wish-whep): what others publish comes in.
        case play = "whep"
    }

    package var direction: Direction
    package var endpoint: SignalURL
    package var token: String?
    /// The SHA-256 of a self-signed certificate that is trusted.
    package var fingerprint: [UInt8]?
    /// Devices, sizes, ICE servers, authorities.
    package var call: CallConfiguration

    package init(_ direction: Direction, _ endpoint: SignalURL, call: CallConfiguration) {
        self.direction = direction
        self.endpoint = endpoint
        self.call = call
    }

    var trust: TLSTrust {
        fingerprint.map { .fingerprint($0) } ?? call.certificateFile.map { .authorities(file: $0) } ?? .system
    }
}
