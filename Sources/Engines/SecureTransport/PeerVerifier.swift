import COpenSSL

/// Compares the peer's certificate with the fingerprints that signalling announced, from within the handshake.
///
/// It takes the place of OpenSSL's chain building: who signed the certificate, and until when, means nothing here.
final class PeerVerifier {
    enum Outcome {
        case notAsked, matched, mismatched
    }

    var expected: [CertificateFingerprint] = []
    private(set) var outcome = Outcome.notAsked

    /// Makes the connections of a context ask the verifiers that are attached to them.
    static func install(in context: OpaquePointer) {
        SSL_CTX_set_cert_verify_callback(
            context,
            { store, _ in
                guard let store,
                    let ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()),
                    let pointer = SSL_get_ex_data(OpaquePointer(ssl), 0)
                else { return 0 }
                return Unmanaged<PeerVerifier>.fromOpaque(pointer).takeUnretainedValue().verify(store) ? 1 : 0
            }, nil)
    }

    /// The verifier must outlive the connection.
    func attach(to connection: OpaquePointer) {
        SSL_set_ex_data(connection, 0, Unmanaged.passUnretained(self).toOpaque())
    }

    private func verify(_ store: OpaquePointer) -> Bool {
        let certificate = X509_STORE_CTX_get0_cert(store).flatMap { Certificate.derBytes(of: $0) }
        if let certificate, expected.contains(where: { $0.matches(der: certificate) }) {
            outcome = .matched
            return true
        }
        outcome = .mismatched
        X509_STORE_CTX_set_error(store, X509_V_ERR_CERT_REJECTED)  // goes out as the alert bad_certificate
        return false
    }
}
