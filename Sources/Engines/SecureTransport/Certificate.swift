import COpenSSL
import Primitives

/// Why a certificate could not be made or read.
package enum CertificateError: Error, Equatable, Sendable {
    /// The text holds no certificate or no unencrypted private key.
    case malformed
    /// The private key belongs to another certificate.
    case keyMismatch
    /// Neither a host name nor an IP address.
    case invalidName(String)
    /// OpenSSL refused, in its words.
    case refused(String)
}

/// A certificate and its private key. Calls use a new one each, known by its fingerprint alone; the server's
/// `--tls auto` keeps one with names.
///
/// Both objects are never changed after the initialiser, and OpenSSL counts references to them atomically; that is
/// why the class may be shared between threads.
package final class Certificate: @unchecked Sendable {
    let x509: OpaquePointer
    let key: OpaquePointer

    /// Takes both over.
    private init(x509: OpaquePointer, key: OpaquePointer) {
        self.x509 = x509
        self.key = key
    }

    deinit {
        X509_free(x509)
        EVP_PKEY_free(key)
    }

    /// A new self-signed ECDSA P-256 certificate, valid from a day ago (clocks differ) and for `validity` from now.
    /// `names` are host names and IP addresses it shall serve; without any it is fit for DTLS only.
    package static func selfSigned(
        commonName: String = "confab", names: [String] = [], validity: Duration = .seconds(2_592_000)
    ) throws(CertificateError) -> Certificate {
        OpenSSLErrors.clear()
        guard let key = confab_p256_key(), let x509 = X509_new() else {
            throw .refused(OpenSSLErrors.takeDescription())
        }
        let certificate = Certificate(x509: x509, key: key)
        try describe(x509, commonName: commonName, key: key, validity: validity)
        if !names.isEmpty { try addExtensions(to: x509, names: names) }
        guard X509_sign(x509, key, EVP_sha256()) > 0 else { throw .refused(OpenSSLErrors.takeDescription()) }
        return certificate
    }

    /// From PEM texts; `key` may be in the same text as the certificate.
    package convenience init(pem certificate: String, key keyText: String) throws(CertificateError) {
        let x509 = try Self.readX509(pem: certificate)
        guard let key = Self.withReadingBIO(keyText, { confab_read_private_key($0) }) else {
            X509_free(x509)
            throw .malformed
        }
        OpenSSLErrors.clear()
        guard X509_check_private_key(x509, key) == 1 else {
            X509_free(x509)
            EVP_PKEY_free(key)
            throw .keyMismatch
        }
        self.init(x509: x509, key: key)
    }

    /// SHA-256 of the certificate.
    package var fingerprint: CertificateFingerprint { CertificateFingerprint(ofDER: der) }

    package var der: [UInt8] {
        guard let bytes = Self.derBytes(of: x509) else { preconditionFailure("a parsed certificate has a DER form") }
        return bytes
    }

    package var pem: String { Self.writingBIO { PEM_write_bio_X509($0, x509) } }

    /// The private key in unencrypted PKCS #8.
    package var privateKeyPEM: String {
        Self.writingBIO { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }
    }

    /// Seconds since 1970 at which it ceases to be valid.
    package var expiry: Int64 { confab_unix_time(X509_get0_notAfter(x509)) }

    /// Whether it names this host or IP address.
    package func covers(_ host: String) -> Bool {
        if confab_is_ip_address(host) != 0 { return X509_check_ip_asc(x509, host, 0) == 1 }
        return X509_check_host(x509, host, host.utf8.count, 0, nil) == 1
    }
}

// MARK: - Making one

extension Certificate {
    private static func describe(
        _ x509: OpaquePointer, commonName: String, key: OpaquePointer, validity: Duration
    ) throws(CertificateError) {
        // 64 random bits with the top one clear and one set: a positive number, never zero (RFC 5280 §4.1.2.2).
        let serial = secureRandom(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) } >> 1 | 1 << 62
        let day = 86_400
        let subject = X509_get_subject_name(x509)
        // MBSTRING_UTF8 is MBSTRING_FLAG without another bit.
        let named = X509_NAME_add_entry_by_txt(
            subject, "CN", MBSTRING_FLAG, commonName, Int32(commonName.utf8.count), -1, 0)
        guard named == 1, X509_set_version(x509, 2) == 1,
            ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial) == 1, X509_set_issuer_name(x509, subject) == 1,
            X509_set_pubkey(x509, key) == 1,
            X509_gmtime_adj(X509_getm_notBefore(x509), -day) != nil,
            X509_gmtime_adj(X509_getm_notAfter(x509), Int(validity.nanoseconds / 1_000_000_000)) != nil
        else { throw .refused(OpenSSLErrors.takeDescription()) }
    }

    private static func addExtensions(to x509: OpaquePointer, names: [String]) throws(CertificateError) {
        guard let list = confab_names_new() else { throw .refused("out of memory") }
        defer { confab_names_free(list) }
        for name in names {
            let isAddress = confab_is_ip_address(name)
            guard isAddress != 0 || isHostName(name), confab_names_add(list, name, isAddress) == 1 else {
                OpenSSLErrors.clear()
                throw .invalidName(name)
            }
        }
        let extensions: [(Int32, String)] = [
            (NID_basic_constraints, "critical,CA:FALSE"),
            (NID_key_usage, "critical,digitalSignature"),
            (NID_ext_key_usage, "serverAuth"),
            (NID_subject_key_identifier, "hash"),
        ]
        guard confab_x509_add_names(x509, list) == 1,
            extensions.allSatisfy({ confab_x509_add_extension(x509, $0.0, $0.1) == 1 })
        else { throw .refused(OpenSSLErrors.takeDescription()) }
    }

    /// RFC 1123 §2.1, with a wildcard label allowed.
    private static func isHostName(_ name: String) -> Bool {
        let letters = name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "*"),
                UInt8(ascii: "_"):
                true
            default: false
            }
        }
        return letters && 1...253 ~= name.utf8.count
    }
}

// MARK: - Bytes in and out

extension Certificate {
    /// The caller frees it.
    static func readX509(pem text: String) throws(CertificateError) -> OpaquePointer {
        let read = withReadingBIO(text) { PEM_read_bio_X509($0, nil, { _, _, _, _ in -1 }, nil) }
        guard let read else { throw .malformed }
        return read
    }

    static func derBytes(of x509: OpaquePointer) -> [UInt8]? {
        var bytes: UnsafeMutablePointer<UInt8>?
        let count = i2d_X509(x509, &bytes)
        guard count > 0, let bytes else { return nil }
        defer { confab_openssl_free(bytes) }
        return [UInt8](UnsafeBufferPointer(start: bytes, count: Int(count)))
    }

    private static func withReadingBIO(_ text: String, _ read: (OpaquePointer) -> OpaquePointer?) -> OpaquePointer? {
        OpenSSLErrors.clear()
        defer { OpenSSLErrors.clear() }
        let bytes = [UInt8](text.utf8)
        guard !bytes.isEmpty, bytes.count <= Int(Int32.max) else { return nil }
        return bytes.withUnsafeBytes { buffer in
            guard let bio = confab_bio_reading(buffer.baseAddress, Int32(buffer.count)) else { return nil }
            defer { BIO_free(bio) }
            return read(bio)
        }
    }

    private static func writingBIO(_ write: (OpaquePointer) -> Int32) -> String {
        guard let bio = confab_bio_writing() else { preconditionFailure("out of memory") }
        defer { BIO_free(bio) }
        precondition(write(bio) == 1, "a certificate and its key can always be written to memory")
        var start: UnsafeMutablePointer<CChar>?
        let count = confab_bio_contents(bio, &start)
        return start.map { String(decoding: UnsafeRawBufferPointer(start: $0, count: count), as: UTF8.self) } ?? ""
    }
}
