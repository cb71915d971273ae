import Primitives

// How reports, source descriptions and goodbyes lie on the wire. Bodies begin after the four octets of RTCP header.

extension SenderReport {
    init(parsing body: ArraySlice<UInt8>, count: UInt8) throws(RTPError) {
        var reader = ByteReader(body)
        guard let ssrc = reader.u32(), let ntp = reader.u64(), let rtp = reader.u32(), let packets = reader.u32(),
            let octets = reader.u32()
        else { throw .truncated }
        self.init(
            ssrc: SSRC(ssrc), ntpTime: NTPTime(bits: ntp), rtpTime: rtp, packetCount: packets, octetCount: octets,
            blocks: try ReportBlock.parse(count: count, from: &reader))
    }

    func write(to out: inout [UInt8]) {
        out.appendU32(ssrc.value)
        out.appendU64(ntpTime.bits)
        out.appendU32(rtpTime)
        out.appendU32(packetCount)
        out.appendU32(octetCount)
        for block in blocks.prefix(31) { block.write(to: &out) }
    }
}

extension ReceiverReport {
    init(parsing body: ArraySlice<UInt8>, count: UInt8) throws(RTPError) {
        var reader = ByteReader(body)
        guard let ssrc = reader.u32() else { throw .truncated }
        self.init(ssrc: SSRC(ssrc), blocks: try ReportBlock.parse(count: count, from: &reader))
    }

    func write(to out: inout [UInt8]) {
        out.appendU32(ssrc.value)
        for block in blocks.prefix(31) { block.write(to: &out) }
    }
}

extension ReportBlock {
    static func parse(count: UInt8, from reader: inout ByteReader) throws(RTPError) -> [ReportBlock] {
        var blocks: [ReportBlock] = []
        for _ in 0..<count {
            guard let ssrc = reader.u32(), let fraction = reader.u8(), let lost = reader.u24(),
                let highest = reader.u32(), let jitter = reader.u32(), let last = reader.u32(), let delay = reader.u32()
            else { throw .truncated }
            blocks.append(
                ReportBlock(
                    ssrc: SSRC(ssrc), fractionLost: fraction, cumulativeLost: Int32(bitPattern: lost << 8) >> 8,
                    highestSequence: highest, jitter: jitter, lastSenderReport: last, delaySinceLastSenderReport: delay)
            )
        }
        return blocks
    }

    func write(to out: inout [UInt8]) {
        out.appendU32(ssrc.value)
        out.append(fractionLost)
        out.appendU24(UInt32(bitPattern: cumulativeLost.clamped(to: -0x80_0000...0x7f_ffff)) & 0xff_ffff)
        out.appendU32(highestSequence)
        out.appendU32(jitter)
        out.appendU32(lastSenderReport)
        out.appendU32(delaySinceLastSenderReport)
    }
}

extension SourceDescription {
    private static let cnameItem: UInt8 = 1

    static func parseChunks(_ body: ArraySlice<UInt8>, count: UInt8) throws(RTPError) -> [SourceDescription] {
        var reader = ByteReader(body)
        var chunks: [SourceDescription] = []
        for _ in 0..<count {
            guard let ssrc = reader.u32() else { throw .truncated }
            var chunk = SourceDescription(ssrc: SSRC(ssrc), cname: nil)
            while true {
                guard let item = reader.u8() else { throw .truncated }
                if item == 0 { break }
                guard let length = reader.u8(), let text = reader.array(Int(length)) else { throw .truncated }
                if item == cnameItem { chunk.cname = String(decoding: text, as: UTF8.self) }
            }
            // The list ends at a word boundary.
            guard reader.skip(-(reader.offset - body.startIndex) & 3) else { throw .truncated }
            chunks.append(chunk)
        }
        return chunks
    }

    func write(to out: inout [UInt8]) {
        out.appendU32(ssrc.value)
        var length = 0
        if let cname {
            let text = cname.utf8.prefix(255)
            out.append(Self.cnameItem)
            out.append(UInt8(text.count))
            out.append(contentsOf: text)
            length = 2 + text.count
        }
        out.append(contentsOf: repeatElement(0, count: 4 - length & 3))
    }
}

extension Goodbye {
    init(parsing body: ArraySlice<UInt8>, count: UInt8) throws(RTPError) {
        var reader = ByteReader(body)
        var sources: [SSRC] = []
        for _ in 0..<count {
            guard let ssrc = reader.u32() else { throw .truncated }
            sources.append(SSRC(ssrc))
        }
        var reason: String?
        if let length = reader.u8(), let text = reader.array(Int(length)) {
            reason = String(decoding: text, as: UTF8.self)
        }
        self.init(sources: sources, reason: reason)
    }

    func write(to out: inout [UInt8]) {
        for source in sources.prefix(31) { out.appendU32(source.value) }
        guard let reason else { return }
        let text = reason.utf8.prefix(255)
        out.append(UInt8(text.count))
        out.append(contentsOf: text)
        // Zeros up to the word boundary (§6.6), which is not RTCP padding.
        out.append(contentsOf: repeatElement(0, count: -(1 + text.count) & 3))
    }
}
