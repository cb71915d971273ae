import CSRTP

/// A context of libsrtp, for one kind of packet in one direction. Each keeps 8 KB for each cipher, so there are none that
/// are not needed.
struct SRTPContext: ~Copyable {
    enum Purpose {
        case sendingControl, receivingMedia, receivingControl
    }

    private let context: srtp_t
    private let purpose: Purpose

    private static let libraryStatus = srtp_init()

    /// `key` is a master key with its salt.
    init(_ purpose: Purpose, key: [UInt8], profile: SRTPProfile) throws(SRTPError) {
        try Self.check(Self.libraryStatus)
        var policy = srtp_policy_t()
        switch profile {
        case .aeadAES128GCM:
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtp)
            srtp_crypto_policy_set_aes_gcm_128_16_auth(&policy.rtcp)
        case .aes128CMHMACSHA1_80:
            srtp_crypto_policy_set_rtp_default(&policy.rtp)
            srtp_crypto_policy_set_rtcp_default(&policy.rtcp)
        }
        // Not the other way round: libsrtp derives the keys of RTCP by the cipher of RTP.
        if purpose == .receivingMedia { srtp_crypto_policy_set_null_cipher_hmac_null(&policy.rtcp) }
        policy.ssrc.type = purpose == .sendingControl ? ssrc_any_outbound : ssrc_any_inbound
        policy.window_size = 1024
        var made: srtp_t?
        // libsrtp reads as many bytes as the longer key of the two ciphers has, which may be that of the null cipher; what is
        // behind a key and its salt counts as zero (RFC 7714 §11).
        var master = key + [UInt8](repeating: 0, count: max(0, Int(SRTP_MAX_KEY_LEN) - key.count))
        let status = master.withUnsafeMutableBufferPointer { bytes in
            policy.key = bytes.baseAddress
            return srtp_create(&made, &policy)
        }
        try Self.check(status)
        guard let made else { throw .refused(status: -1) }
        context = made
        self.purpose = purpose
    }

    deinit { srtp_dealloc(context) }

    /// Protects or opens the first `count` bytes in place; for the trailer there is room behind. The new length. On an error
    /// the packet is left as libsrtp leaves it: spoilt.
    func transform(_ buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        var length = Int32(count)
        switch purpose {
        case .sendingControl: try Self.check(srtp_protect_rtcp(context, buffer.baseAddress, &length))
        case .receivingMedia: try Self.check(srtp_unprotect(context, buffer.baseAddress, &length))
        case .receivingControl: try Self.check(srtp_unprotect_rtcp(context, buffer.baseAddress, &length))
        }
        return Int(length)
    }

    private static func check(_ status: srtp_err_status_t) throws(SRTPError) {
        switch status {
        case srtp_err_status_ok: return
        case srtp_err_status_auth_fail, srtp_err_status_cipher_fail: throw .authenticationFailed
        case srtp_err_status_replay_fail, srtp_err_status_replay_old: throw .replayed
        case srtp_err_status_bad_param, srtp_err_status_parse_err: throw .malformed
        case srtp_err_status_key_expired: throw .keyExhausted
        default: throw .refused(status: Int(status.rawValue))
        }
    }
}
