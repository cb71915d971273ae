import COpenSSL

/// Opens a peer's RTCP packets protected by AEAD_AES_128_GCM (RFC 7714 §9): all that subscribers of a server send, so that
/// nothing of libsrtp is needed for them.
struct GCMControlOpener: ~Copyable {
    private let gcm: UnsafeMutablePointer<confab_gcm>
    private var windows: [UInt32: ReplayWindow] = [:]

    private static let headerLength = 8
    private static let trailerLength = GCMProtector.tagLength + 4

    /// `key` is the peer's master key of 16 bytes with its salt of 12. Nil where OpenSSL refuses.
    init?(key: [UInt8]) {
        precondition(key.count == 28, "a master key and its salt")
        let made = key.withUnsafeBufferPointer { bytes in
            // Never empty.
            confab_gcm_opener_new(bytes.baseAddress!, bytes.baseAddress! + 16)
        }
        guard let made else { return nil }
        gcm = made
    }

    deinit { confab_gcm_free(gcm) }

    /// Opens the packet that fills the buffer. Its length without protection.
    mutating func open(_ buffer: UnsafeMutableRawBufferPointer) throws(SRTPError) -> Int {
        let length = buffer.count - Self.trailerLength
        guard length >= Self.headerLength, let start = buffer.baseAddress else { throw .tooShort }
        let word = UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: buffer.count - 4, as: UInt32.self))
        // A packet that says that it is not encrypted is none of ours.
        guard word & 0x8000_0000 != 0 else { throw .authenticationFailed }
        let index = word & 0x7fff_ffff
        let ssrc = UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
        var window = windows[ssrc] ?? ReplayWindow()
        guard window.isNew(index) else { throw .replayed }
        guard
            confab_gcm_open_rtcp(gcm, start.assumingMemoryBound(to: UInt8.self), Int32(length), ssrc, index) == 1
        else { throw .authenticationFailed }
        window.insert(index)
        windows[ssrc] = window
        return length
    }
}

/// Which of the latest numbers have come (RFC 3711 §3.3.2).
struct ReplayWindow {
    private static let size: UInt32 = 64

    private var highest: UInt32?
    /// The lowest bit is of `highest`, the next of the number before it, and so on.
    private var seen: UInt64 = 0

    /// Whether the number did not come yet and is not too old to tell.
    func isNew(_ number: UInt32) -> Bool {
        guard let highest, number <= highest else { return true }
        return highest - number < Self.size && seen & 1 << UInt64(highest - number) == 0
    }

    mutating func insert(_ number: UInt32) {
        guard let before = highest, number <= before else {
            let step = number - (highest ?? number)
            seen = step < Self.size ? seen << UInt64(step) | 1 : 1
            highest = number
            return
        }
        if before - number < Self.size { seen |= 1 << UInt64(before - number) }
    }
}
