import COpenSSL

/// Protects outgoing packets by AEAD_AES_128_GCM (RFC 7714). Debian's libsrtp does it by NSS, which takes twice as long and
/// keeps 8 KB for each cipher: a server has four of them for each of hundreds of peers.
struct GCMProtector: ~Copyable {
    private let gcm: UnsafeMutablePointer<confab_gcm>
    private var indices = OutgoingIndex()
    private var sent: [UInt32: SentWindow] = [:]
    /// Of the newest RTCP packet; one row for all sources makes no number come twice.
    private var controlIndex: UInt32 = 0

    static let tagLength = 16
    private static let controlTrailer = tagLength + 4

    /// `key` is a master key of 16 bytes with its salt of 12. Nil where OpenSSL refuses.
    init?(key: [UInt8]) {
        precondition(key.count == 28, "a master key and its salt")
        let made = key.withUnsafeBufferPointer { bytes in
            // Never empty.
            confab_gcm_new(bytes.baseAddress!, bytes.baseAddress! + 16)
        }
        guard let made else { return nil }
        gcm = made
    }

    deinit { confab_gcm_free(gcm) }

    /// Protects the first `count` bytes of the buffer. Their new number, or nil where they are no RTP packet, the tag does
    /// not fit, or the packet's number was used before. With `isRepetition` the caller vouches that the packet is the same
    /// to the last bit as the one that had the number: then what goes out is the same, too.
    mutating func protect(
        _ buffer: UnsafeMutableRawBufferPointer, count: Int, isRepetition: Bool = false
    ) -> Int? {
        guard count + Self.tagLength <= buffer.count, let header = OutgoingHeader(buffer, count: count),
            let start = buffer.baseAddress
        else { return nil }
        let rollover = indices.rollover(of: header.sequence, header.ssrc)
        // One more, since a packet from before the first one has a rollover of -1.
        let isNew = isNew(UInt64(rollover &+ 1) << 16 | UInt64(header.sequence), header.ssrc)
        guard isNew || isRepetition else { return nil }
        let done = confab_gcm_protect_rtp(
            gcm, start.assumingMemoryBound(to: UInt8.self), Int32(header.length), Int32(count), header.ssrc, rollover,
            header.sequence)
        return done == 1 ? count + Self.tagLength : nil
    }

    private mutating func isNew(_ number: UInt64, _ ssrc: UInt32) -> Bool {
        guard sent[ssrc] != nil else {
            sent[ssrc] = SentWindow(first: number)
            return true
        }
        return sent[ssrc]?.insert(number) ?? false
    }

    /// The same for RTCP. Nil also where the keys have protected all the packets they may (RFC 3711 §9.2).
    mutating func protectControl(_ buffer: UnsafeMutableRawBufferPointer, count: Int) -> Int? {
        guard count >= 8, count + Self.controlTrailer <= buffer.count, controlIndex < 0x7fff_ffff,
            let start = buffer.baseAddress
        else { return nil }
        controlIndex += 1
        let ssrc = UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        let done = confab_gcm_protect_rtcp(
            gcm, start.assumingMemoryBound(to: UInt8.self), Int32(count), ssrc, controlIndex)
        return done == 1 ? count + Self.controlTrailer : nil
    }
}
