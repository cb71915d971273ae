/// What tells the place of outgoing sequence numbers in the row of all packets of their sources (RFC 3711 §3.3.1).
struct OutgoingIndex {
    private struct Source {
        var rollover: UInt32 = 0
        var highest: UInt16
    }

    private var sources: [UInt32: Source] = [:]

    /// How often the number has wrapped. Packets may be sent again, so it may also be a little behind the highest one.
    mutating func rollover(of sequence: UInt16, _ ssrc: UInt32) -> UInt32 {
        guard var source = sources[ssrc] else {
            sources[ssrc] = Source(highest: sequence)
            return 0
        }
        guard Int16(bitPattern: sequence &- source.highest) > 0 else {
            return sequence > source.highest ? source.rollover &- 1 : source.rollover
        }
        if sequence < source.highest { source.rollover &+= 1 }
        source.highest = sequence
        sources[ssrc] = source
        return source.rollover
    }
}

/// The parts of an outgoing RTP packet that a transform must know.
struct OutgoingHeader {
    let sequence: UInt16
    let ssrc: UInt32
    /// Fixed header, contributing sources and extension block, which stay readable (RFC 3711 §3.1).
    let length: Int

    /// Nil where the first `count` bytes are no RTP packet.
    init?(_ packet: UnsafeMutableRawBufferPointer, count: Int) {
        guard count >= 12, count <= packet.count else { return nil }
        sequence = UInt16(bigEndian: packet.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        ssrc = UInt32(bigEndian: packet.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
        var length = 12 + 4 * Int(packet[0] & 0x0f)
        if packet[0] & 0x10 != 0 {
            guard count >= length + 4 else { return nil }
            length += 4 + 4 * (Int(packet[length + 2]) << 8 | Int(packet[length + 3]))
        }
        guard length <= count else { return nil }
        self.length = length
    }
}
