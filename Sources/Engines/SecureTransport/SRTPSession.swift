import CSRTP

/// Why a packet was not protected or opened.
package enum SRTPError: Error, Equatable, Sendable {
    /// Shorter than its headers and tag.
    case tooShort
    /// No RTP or RTCP packet.
    case malformed
    /// Came before, or is older than the replay window.
    case replayed
    /// Forged, damaged or of another key.
    case authenticationFailed
    /// The peer uses more sources than anyone could need.
    case tooManySources
    /// The keys have protected as many packets as they may (RFC 3711 §9.2).
    case keyExhausted
    /// Any other status of libsrtp.
    case refused(status: Int)
}

/// Protects what this side sends and opens what the peer sends, in place (RFC 3711, RFC 7714).
///
/// An array that has room for `spareBytes` more than its packet is never copied. Used by one thread at a time. What goes
/// out is protected by OpenSSL, what comes in is opened by libsrtp, except for reports by GCM; of libsrtp only that is made
/// which is used.
package final class SRTPSession {
    /// How much longer than its plain packet the array's capacity should be.
    package static let spareBytes = Int(confab_srtp_max_trailer)

    /// Sources a peer may use before new ones are refused: state is kept for each, and libsrtp looks for it linearly.
    private static let sourceLimit = 1024
    private static let trailer = [UInt8](repeating: 0, count: spareBytes)

    private let keys: SRTPKeys
    /// One of these protects media.
    private var counterMode: CounterModeProtector?
    private var gcm: GCMProtector?
    private var gcmOpener: GCMControlOpener?
    private var sendingControl: SRTPContext?
    private var receivingMedia: SRTPContext?
    private var receivingControl: SRTPContext?
    private var sources: Set<UInt32> = []

    package init(keys: SRTPKeys) throws(SRTPError) {
        self.keys = keys
        switch keys.profile {
        case .aes128CMHMACSHA1_80: counterMode = CounterModeProtector(key: keys.local)
        case .aeadAES128GCM:
            gcm = GCMProtector(key: keys.local)
            gcmOpener = GCMControlOpener(key: keys.remote)
        }
        guard counterMode != nil || gcm != nil && gcmOpener != nil else { throw .refused(status: -1) }
    }

    package func protectRTP(_ packet: inout [UInt8]) throws(SRTPError) {
        let count = packet.count
        guard count >= 12 else { throw .tooShort }
        packet.append(contentsOf: Self.trailer)
        let protected = packet.withUnsafeMutableBytes { protectRTP($0, count: count) }
        packet.removeLast(packet.count - (protected ?? count))
        if protected == nil { throw .malformed }
    }

    package func protectRTCP(_ packet: inout [UInt8]) throws(SRTPError) {
        let count = packet.count
        guard count >= 8 else { throw .tooShort }
        packet.append(contentsOf: Self.trailer)
        var length = count
        defer { packet.removeLast(packet.count - length) }
        length = try packet.withUnsafeMutableBufferPointer { bytes throws(SRTPError) in
            try protectRTCP(UnsafeMutableRawBufferPointer(bytes), count: count)
        }
    }

    /// On an error the packet is spoilt.
    package func unprotectRTP(_ packet: inout [UInt8]) throws(SRTPError) {
        let length = try packet.withUnsafeMutableBufferPointer { bytes throws(SRTPError) in
            try unprotectRTP(UnsafeMutableRawBufferPointer(bytes))
        }
        packet.removeLast(packet.count - length)
    }

    /// On an error the packet is spoilt.
    package func unprotectRTCP(_ packet: inout [UInt8]) throws(SRTPError) {
        let length = try packet.withUnsafeMutableBufferPointer { bytes throws(SRTPError) in
            try unprotectRTCP(UnsafeMutableRawBufferPointer(bytes))
        }
        packet.removeLast(packet.count - length)
    }
}

// In buffers of the caller's, for a server that forwards: nothing is copied or allocated.
extension SRTPSession {
    /// Protects the first `count` bytes. The new length, or nil where they are no packet, the tag does not fit, or the keys
    /// allow no second packet of that number; one that repeats the first to the last bit (`isRepetition`) they do.
    package func protectRTP(
        _ buffer: UnsafeMutableRawBufferPointer, count: Int, isRepetition: Bool = false
    ) -> Int? {
        if gcm != nil { return gcm?.protect(buffer, count: count, isRepetition: isRepetition) ?? nil }
        return counterMode?.protect(buffer, count: count) ?? nil
    }

    /// Opens the packet that fills the buffer. Its length without protection.
    package func unprotectRTP(_ buffer: UnsafeMutableRawBufferPointer) throws(SRTPError) -> Int {
        guard buffer.count >= 12 + keys.profile.tagLength else { throw .tooShort }
        let source = try admitSource(of: buffer, at: 8)
        if receivingMedia == nil {
            receivingMedia = try SRTPContext(.receivingMedia, key: keys.remote, profile: keys.profile)
        }
        let length = try receivingMedia?.transform(buffer, count: buffer.count)
        sources.insert(source)
        return length ?? 0
    }

    package func unprotectRTCP(_ buffer: UnsafeMutableRawBufferPointer) throws(SRTPError) -> Int {
        // Eight bytes of header and four of SRTCP index besides the tag (RFC 3711 §3.4).
        guard buffer.count >= 12 + keys.profile.tagLength else { throw .tooShort }
        let source = try admitSource(of: buffer, at: 4)
        let length = try openControl(buffer)
        sources.insert(source)
        return length
    }

    private func protectRTCP(_ buffer: UnsafeMutableRawBufferPointer, count: Int) throws(SRTPError) -> Int {
        if gcm != nil {
            guard let length = gcm?.protectControl(buffer, count: count) ?? nil else { throw .keyExhausted }
            return length
        }
        if sendingControl == nil {
            sendingControl = try SRTPContext(.sendingControl, key: keys.local, profile: keys.profile)
        }
        return try sendingControl?.transform(buffer, count: count) ?? count
    }

    private func openControl(_ buffer: UnsafeMutableRawBufferPointer) throws(SRTPError) -> Int {
        if gcmOpener != nil { return try gcmOpener?.open(buffer) ?? 0 }
        if receivingControl == nil {
            receivingControl = try SRTPContext(.receivingControl, key: keys.remote, profile: keys.profile)
        }
        return try receivingControl?.transform(buffer, count: buffer.count) ?? 0
    }

    /// The caller has checked the length.
    private func admitSource(of buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(SRTPError) -> UInt32 {
        guard buffer.count <= 65_535 else { throw .malformed }
        let source = UInt32(bigEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
        guard sources.count < Self.sourceLimit || sources.contains(source) else { throw .tooManySources }
        return source
    }
}
