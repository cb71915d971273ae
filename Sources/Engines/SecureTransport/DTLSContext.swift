import COpenSSL

/// What DTLS connections with one certificate have in common: it, the ciphers and the SRTP profiles.
///
/// Never changed after the initialiser, and OpenSSL counts references to it atomically; that is why it may be shared
/// between threads.
package final class DTLSContext: @unchecked Sendable {
    package static let allProfiles: [SRTPProfile] = [.aeadAES128GCM, .aes128CMHMACSHA1_80]

    let pointer: OpaquePointer

    /// `profiles` are offered or accepted in this order.
    package init(certificate: Certificate, profiles: [SRTPProfile] = allProfiles) throws(DTLSFailure) {
        OpenSSLErrors.clear()
        guard let context = SSL_CTX_new(DTLS_method()) else { throw .handshake(OpenSSLErrors.takeDescription()) }
        pointer = context
        // What RFC 8827 §6.5 asks for and every WebRTC library offers.
        let configured =
            confab_dtls_configure(context) == 1
            && SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1
            && SSL_CTX_set_tlsext_use_srtp(context, profiles.map(\.opensslName).joined(separator: ":")) == 0
            && SSL_CTX_use_certificate(context, certificate.x509) == 1
            && SSL_CTX_use_PrivateKey(context, certificate.key) == 1
        guard configured else { throw .handshake(OpenSSLErrors.takeDescription()) }
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nil)
        PeerVerifier.install(in: context)
    }

    deinit { SSL_CTX_free(pointer) }
}
