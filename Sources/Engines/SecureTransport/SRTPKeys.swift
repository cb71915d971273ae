/// How SRTP packets are protected (RFC 3711, RFC 7714).
package enum SRTPProfile: Sendable, CaseIterable {
    case aeadAES128GCM
    case aes128CMHMACSHA1_80

    /// The number in DTLS's `use_srtp` extension (RFC 5764 §4.1.2, RFC 7714 §14.2).
    init?(identifier: UInt) {
        switch identifier {
        case 0x0001: self = .aes128CMHMACSHA1_80
        case 0x0007: self = .aeadAES128GCM
        default: return nil
        }
    }

    var opensslName: String {
        switch self {
        case .aeadAES128GCM: "SRTP_AEAD_AES_128_GCM"
        case .aes128CMHMACSHA1_80: "SRTP_AES128_CM_SHA1_80"
        }
    }

    package var keyLength: Int { 16 }

    package var saltLength: Int {
        switch self {
        case .aeadAES128GCM: 12
        case .aes128CMHMACSHA1_80: 14
        }
    }

    /// Bytes of authentication that each RTP packet carries.
    package var tagLength: Int {
        switch self {
        case .aeadAES128GCM: 16
        case .aes128CMHMACSHA1_80: 10
        }
    }
}

/// The master keys of both directions, each a key followed by its salt.
package struct SRTPKeys: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    package let profile: SRTPProfile
    /// Protects what this side sends.
    package let local: [UInt8]
    /// Opens what the peer sends.
    package let remote: [UInt8]

    /// Traps where a length does not fit the profile.
    package init(profile: SRTPProfile, local: [UInt8], remote: [UInt8]) {
        let length = profile.keyLength + profile.saltLength
        precondition(local.count == length && remote.count == length, "a master key and its salt")
        self.profile = profile
        self.local = local
        self.remote = remote
    }

    /// From the key block of RFC 5764 §4.2: client key, server key, client salt, server salt.
    init(profile: SRTPProfile, block: [UInt8], isClient: Bool) {
        let key = profile.keyLength
        let salt = profile.saltLength
        let client = block[..<key] + block[(2 * key)..<(2 * key + salt)]
        let server = block[key..<(2 * key)] + block[(2 * key + salt)..<(2 * key + 2 * salt)]
        self.init(profile: profile, local: Array(isClient ? client : server), remote: Array(isClient ? server : client))
    }

    /// Keys never show up in a log.
    package var description: String { "SRTPKeys(\(profile))" }
    package var customMirror: Mirror { Mirror(self, children: ["profile": profile]) }
}
