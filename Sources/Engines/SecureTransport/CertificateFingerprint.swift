import COpenSSL
import Primitives

/// The hash of a certificate, as session descriptions and links carry it (RFC 8122 §5).
package struct CertificateFingerprint: Hashable, Sendable, CustomStringConvertible {
    /// The hash functions that are understood. MD5 and SHA-1 are not: they no longer prove anything.
    package enum Algorithm: String, Sendable, CaseIterable {
        case sha256 = "sha-256"
        case sha384 = "sha-384"
        case sha512 = "sha-512"

        var byteCount: Int {
            switch self {
            case .sha256: 32
            case .sha384: 48
            case .sha512: 64
            }
        }

        fileprivate var function: OpaquePointer? {
            switch self {
            case .sha256: EVP_sha256()
            case .sha384: EVP_sha384()
            case .sha512: EVP_sha512()
            }
        }
    }

    package let algorithm: Algorithm
    package let bytes: [UInt8]

    /// `sha-256` and `AB:CD:…`, in any case. Nil for other algorithms and wrong lengths.
    package init?(algorithm: some StringProtocol, value: some StringProtocol) {
        guard let algorithm = Algorithm(rawValue: algorithm.lowercased()), let bytes = Hex.decode(value),
            bytes.count == algorithm.byteCount
        else { return nil }
        self.algorithm = algorithm
        self.bytes = bytes
    }

    /// Of a certificate in its DER form.
    package init(ofDER certificate: [UInt8], algorithm: Algorithm = .sha256) {
        var digest = [UInt8](repeating: 0, count: algorithm.byteCount)
        let done = EVP_Digest(certificate, certificate.count, &digest, nil, algorithm.function, nil)
        precondition(done == 1, "SHA-2 is always there")
        self.algorithm = algorithm
        bytes = digest
    }

    /// Of the first certificate in a PEM text. Nil where there is none.
    package init?(ofPEM text: String, algorithm: Algorithm = .sha256) {
        guard let certificate = try? Certificate.readX509(pem: text) else { return nil }
        defer { X509_free(certificate) }
        guard let der = Certificate.derBytes(of: certificate) else { return nil }
        self.init(ofDER: der, algorithm: algorithm)
    }

    /// `AB:CD:…`, in capitals as RFC 8122 wants it.
    package var value: String { Hex.encode(bytes, separator: ":").uppercased() }

    /// `sha-256 AB:CD:…`, the value of SDP's `a=fingerprint`.
    package var description: String { "\(algorithm.rawValue) \(value)" }

    /// Whether this is the fingerprint of the certificate in DER form.
    package func matches(der certificate: [UInt8]) -> Bool {
        constantTimeEqual(CertificateFingerprint(ofDER: certificate, algorithm: algorithm).bytes, bytes)
    }
}
