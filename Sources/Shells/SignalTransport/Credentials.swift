import COpenSSL
import NIOSSL
import Primitives

/// The certificate a server shows, and its key.
package struct TLSIdentity: Sendable {
    /// The server's certificate, then those that lead to its authority.
    let chain: [NIOSSLCertificate]
    let key: NIOSSLPrivateKey
    /// SHA-256 of the server's certificate.
    package let fingerprint: [UInt8]

    package init(certificatesPEM: String, privateKeyPEM: String) throws(SignalError) {
        do {
            chain = try NIOSSLCertificate.fromPEMBytes(Array(certificatesPEM.utf8))
            key = try NIOSSLPrivateKey(bytes: Array(privateKeyPEM.utf8), format: .pem)
            guard let certificate = chain.first else { throw NIOSSLError.failedToLoadCertificate }
            fingerprint = Digest.sha256(try certificate.toDERBytes())
        } catch {
            throw .unusableCredentials("the certificate or its private key is not valid PEM (\(error))")
        }
        // A key of another certificate shows here, not at the first visitor.
        _ = try context()
    }

    func context() throws(SignalError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw .unusableCredentials("the certificate and its private key do not fit (\(error))")
        }
    }
}

/// Which servers a client believes.
package enum TLSTrust: Hashable, Sendable {
    /// The authorities of this system.
    case system
    /// The authorities in a PEM file.
    case authorities(file: String)
    /// The one certificate with this SHA-256, whoever signed it and whatever it names.
    case fingerprint([UInt8])

    func context() throws(SignalError) -> NIOSSLContext {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.minimumTLSVersion = .tlsv12
        configuration.applicationProtocols = ["http/1.1"]
        if case .authorities(let file) = self { configuration.trustRoots = .file(file) }
        do {
            return try NIOSSLContext(configuration: configuration)
        } catch {
            guard case .authorities(let file) = self else {
                throw .unusableCredentials("the system's certificate authorities cannot be read (\(error))")
            }
            throw .unusableCredentials("\(file): no certificate authorities can be read from it (\(error))")
        }
    }
}

/// Hashes of OpenSSL that the protocols here are made with.
enum Digest {
    static func sha256(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        _ = SHA256(message, message.count, &digest)
        return digest
    }

    /// The answer to a `Sec-WebSocket-Key` (RFC 6455 §4.2.2): base64 of a SHA-1, which here hides nothing.
    static func webSocketAccept(key: String) -> String {
        let message = Array((key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)
        var digest = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        _ = SHA1(message, message.count, &digest)
        return base64(digest)
    }

    static func base64(_ bytes: [UInt8]) -> String {
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
        return String(decoding: text.prefix(Int(count)), as: UTF8.self)
    }
}
