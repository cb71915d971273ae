import Primitives

// How feedback messages lie on the wire. Bodies begin after the four octets of RTCP header: first the sender's SSRC, then
// that of the media (RFC 4585 §6.1).

extension GenericNACK {
    init(parsing body: ArraySlice<UInt8>) throws(RTPError) {
        var reader = ByteReader(body)
        guard let sender = reader.u32(), let media = reader.u32() else { throw .truncated }
        var sequences: [UInt16] = []
        while let first = reader.u16(), let mask = reader.u16() {
            sequences.append(first)
            for bit in 0..<16 where mask >> UInt16(bit) & 1 != 0 {
                sequences.append(first &+ UInt16(bit + 1))
            }
        }
        self.init(sender: SSRC(sender), media: SSRC(media), sequences: sequences)
    }

    func write(to out: inout [UInt8]) {
        out.appendU32(sender.value)
        out.appendU32(media.value)
        var index = 0
        while index < sequences.count {
            let first = sequences[index]
            var mask: UInt16 = 0
            index += 1
            // Each entry names a packet and any of the sixteen after it.
            while index < sequences.count, 1...16 ~= sequences[index] &- first {
                mask |= 1 << (sequences[index] &- first &- 1)
                index += 1
            }
            out.appendU16(first)
            out.appendU16(mask)
        }
    }
}

extension PictureLossIndication {
    init(parsing body: ArraySlice<UInt8>) throws(RTPError) {
        var reader = ByteReader(body)
        guard let sender = reader.u32(), let media = reader.u32() else { throw .truncated }
        self.init(sender: SSRC(sender), media: SSRC(media))
    }

    func write(to out: inout [UInt8]) {
        out.appendU32(sender.value)
        out.appendU32(media.value)
    }
}

extension FullIntraRequest {
    init(parsing body: ArraySlice<UInt8>) throws(RTPError) {
        var reader = ByteReader(body)
        guard let sender = reader.u32(), reader.skip(4) else { throw .truncated }
        var entries: [Entry] = []
        while let ssrc = reader.u32(), let number = reader.u8(), reader.skip(3) {
            entries.append(Entry(ssrc: SSRC(ssrc), number: number))
        }
        self.init(sender: SSRC(sender), entries: entries)
    }

    func write(to out: inout [UInt8]) {
        out.appendU32(sender.value)
        out.appendU32(0)  // the sources stand in the entries
        for entry in entries {
            out.appendU32(entry.ssrc.value)
            out.append(entry.number)
            out.appendU24(0)
        }
    }
}

extension ReceiverEstimatedBitrate {
    private static let identifier: UInt32 = 0x5245_4d42  // "REMB"
    private static let mantissaBits = 18

    init(parsing body: ArraySlice<UInt8>) throws(RTPError) {
        var reader = ByteReader(body)
        guard let sender = reader.u32(), reader.skip(4), let identifier = reader.u32(), let count = reader.u8(),
            let value = reader.u24()
        else { throw .truncated }
        guard identifier == Self.identifier else { throw .malformedPayload }
        var sources: [SSRC] = []
        for _ in 0..<count {
            guard let ssrc = reader.u32() else { throw .truncated }
            sources.append(SSRC(ssrc))
        }
        let exponent = value >> 18
        let mantissa = UInt64(value & 0x3_ffff)
        // Up to 18 + 63 bits: what is more than anybody can mean is cut to a terabit a second.
        let limit: UInt64 = 1_000_000_000_000
        let bits = mantissa == 0 ? 0 : exponent > 40 ? limit : min(limit, mantissa << UInt64(exponent))
        self.init(sender: SSRC(sender), bitrate: Bitrate(bitsPerSecond: Int(bits)), sources: sources)
    }

    func write(to out: inout [UInt8]) {
        let sources = self.sources.prefix(255)
        let bits = UInt64(max(0, bitrate.bitsPerSecond))
        let exponent = max(0, UInt64.bitWidth - bits.leadingZeroBitCount - Self.mantissaBits)
        out.appendU32(sender.value)
        out.appendU32(0)
        out.appendU32(Self.identifier)
        out.append(UInt8(sources.count))
        out.appendU24(UInt32(exponent) << 18 | UInt32(bits >> UInt64(exponent)))
        for source in sources { out.appendU32(source.value) }
    }
}
