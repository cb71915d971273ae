import COpenSSL

/// SHA-256 (FIPS 180-4).
package enum SHA256 {
    /// The 32 bytes of the digest.
    package static func hash(_ message: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        _ = COpenSSL.SHA256(message, message.count, &digest)
        return digest
    }
}

/// Keyed hashes (RFC 2104).
package enum HMAC {
    /// The 32 bytes of HMAC-SHA-256, as access tokens carry them.
    package static func sha256(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        // The length of an empty key is 0, but OpenSSL takes a null pointer for "the key of the last call".
        let result = (key.isEmpty ? [0] : key).withUnsafeBytes { bytes in
            COpenSSL.HMAC(EVP_sha256(), bytes.baseAddress, Int32(key.count), message, message.count, &code, nil)
        }
        precondition(result != nil, "HMAC-SHA-256 is always there")
        return code
    }
}

extension HMAC {
    /// The 20 bytes of HMAC-SHA-1, as STUN's MESSAGE-INTEGRITY carries them (RFC 8489 §14.5).
    package static func sha1(key: [UInt8], message: [UInt8]) -> [UInt8] {
        var code = [UInt8](repeating: 0, count: Int(SHA_DIGEST_LENGTH))
        let result = (key.isEmpty ? [0] : key).withUnsafeBytes { bytes in
            COpenSSL.HMAC(EVP_sha1(), bytes.baseAddress, Int32(key.count), message, message.count, &code, nil)
        }
        precondition(result != nil, "HMAC-SHA-1 is always there")
        return code
    }
}

/// Whether two secrets are equal, in a time that depends on their lengths only.
package func constantTimeEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
}

/// Random bytes fit for keys, tokens and identifiers.
package func secureRandom(_ count: Int) -> [UInt8] {
    guard count > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    precondition(RAND_bytes(&bytes, Int32(count)) == 1, "the system gives no randomness; nothing secret can be made")
    return bytes
}
