import Primitives

/// The two secrets that authenticate connectivity checks (RFC 8839 §5.4).
package struct ICECredentials: Hashable, Sendable {
    package let ufrag: String
    package let password: String

    /// Nil where a length is outside 4...256 or 22...256, or a character is not visible ASCII.
    package init?(ufrag: String, password: String) {
        guard ufrag[...].isToken(4...256), password[...].isToken(22...256) else { return nil }
        self.ufrag = ufrag
        self.password = password
    }
}

/// The digest of a certificate (RFC 8122 §5).
package struct Fingerprint: Hashable, Sendable {
    /// In lower case: `sha-256`.
    package let algorithm: String
    package let bytes: [UInt8]

    private static let lengths = ["md5": 16, "sha-1": 20, "sha-224": 28, "sha-256": 32, "sha-384": 48, "sha-512": 64]

    /// Nil where the length does not fit the algorithm.
    package init?(algorithm: String, bytes: [UInt8]) {
        let algorithm = algorithm.lowercased()
        guard algorithm[...].isToken(1...32) else { return nil }
        if let length = Self.lengths[algorithm] {
            guard bytes.count == length else { return nil }
        } else {
            guard 1...64 ~= bytes.count else { return nil }
        }
        self.algorithm = algorithm
        self.bytes = bytes
    }

    package init?(sha256 bytes: [UInt8]) { self.init(algorithm: "sha-256", bytes: bytes) }

    init?(_ text: Substring) {
        let fields = text.fields()
        guard fields.count == 2, let bytes = Hex.decode(fields[1]) else { return nil }
        self.init(algorithm: String(fields[0]), bytes: bytes)
    }

    var text: String { "\(algorithm) \(Hex.encode(bytes, separator: ":").uppercased())" }
}

extension Sequence<Fingerprint> {
    /// The SHA-256 ones, which are those that confab compares.
    package var sha256: [Fingerprint] { filter { $0.algorithm == "sha-256" } }
}

/// Who opens the DTLS handshake (RFC 8842 §5.2); `active` is the DTLS client.
package enum SetupRole: String, Hashable, Sendable {
    case actpass, active, passive, holdconn
}
