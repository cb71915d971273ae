import Primitives

/// Reads and writes datagrams of RTCP packets (RFC 3550 §6.1, reduced-size ones of RFC 5506 as well).
///
/// ```
/// +-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+-+
/// |V=2|P|count/FMT|  packet type  |     length in words, less one |
/// ```
package enum RTCP {
    /// The packet types of RFC 3550 §12.1 and RFC 4585 §6.1.
    enum PacketType {
        static let senderReport: UInt8 = 200
        static let receiverReport: UInt8 = 201
        static let sourceDescription: UInt8 = 202
        static let goodbye: UInt8 = 203
        static let transportLayerFeedback: UInt8 = 205
        static let payloadSpecificFeedback: UInt8 = 206
    }

    /// The feedback formats of RFC 4585 §6.2 and §6.3, RFC 5104 §4.3, and the transport-wide draft.
    enum Format {
        static let nack: UInt8 = 1
        static let transportFeedback: UInt8 = 15
        static let pictureLoss: UInt8 = 1
        static let fullIntraRequest: UInt8 = 4
        static let applicationLayer: UInt8 = 15
    }

    /// The packets of a datagram. Kinds that are not known, and packets whose content is malformed, are left out;
    /// a header that makes no sense ends the reading with an error, for then nothing after it can be trusted.
    package static func parse(_ datagram: [UInt8]) throws(RTPError) -> [RTCPPacket] {
        var packets: [RTCPPacket] = []
        var offset = 0
        guard datagram.count >= 4 else { throw .truncated }
        while offset < datagram.count {
            guard datagram.count - offset >= 4 else { throw .truncated }
            let first = datagram[offset]
            guard first >> 6 == 2 else { throw .unsupportedVersion }
            let words = Int(datagram[offset + 2]) << 8 | Int(datagram[offset + 3])
            let next = offset + 4 * (words + 1)
            guard next <= datagram.count else { throw .truncated }
            var end = next
            if first & 0x20 != 0 {
                let padding = Int(datagram[next - 1])
                guard padding > 0, padding <= 4 * words else { throw .badPadding }
                end -= padding
            }
            let body = datagram[offset + 4..<end]
            if let packet = try? parse(type: datagram[offset + 1], count: first & 0x1f, body) {
                packets.append(packet)
            }
            offset = next
        }
        return packets
    }

    private static func parse(type: UInt8, count: UInt8, _ body: ArraySlice<UInt8>) throws(RTPError) -> RTCPPacket? {
        switch (type, count) {
        case (PacketType.senderReport, _): .senderReport(try SenderReport(parsing: body, count: count))
        case (PacketType.receiverReport, _): .receiverReport(try ReceiverReport(parsing: body, count: count))
        case (PacketType.sourceDescription, _):
            .sourceDescription(try SourceDescription.parseChunks(body, count: count))
        case (PacketType.goodbye, _): .bye(try Goodbye(parsing: body, count: count))
        case (PacketType.transportLayerFeedback, Format.nack): .nack(try GenericNACK(parsing: body))
        case (PacketType.transportLayerFeedback, Format.transportFeedback):
            .transportFeedback(try TransportFeedback(parsing: body))
        case (PacketType.payloadSpecificFeedback, Format.pictureLoss):
            .pictureLoss(try PictureLossIndication(parsing: body))
        case (PacketType.payloadSpecificFeedback, Format.fullIntraRequest):
            .fullIntraRequest(try FullIntraRequest(parsing: body))
        case (PacketType.payloadSpecificFeedback, Format.applicationLayer):
            .remb(try ReceiverEstimatedBitrate(parsing: body))
        default: nil
        }
    }

    /// One datagram of these packets.
    package static func serialise(_ packets: [RTCPPacket]) -> [UInt8] {
        var out: [UInt8] = []
        out.reserveCapacity(64 * packets.count)
        for packet in packets { packet.write(to: &out) }
        return out
    }
}

extension RTCPPacket {
    fileprivate func write(to out: inout [UInt8]) {
        switch self {
        case .senderReport(let report):
            let blocks = report.blocks.prefix(31)
            out.appendPacket(type: RTCP.PacketType.senderReport, count: blocks.count) { report.write(to: &$0) }
        case .receiverReport(let report):
            let blocks = report.blocks.prefix(31)
            out.appendPacket(type: RTCP.PacketType.receiverReport, count: blocks.count) { report.write(to: &$0) }
        case .sourceDescription(let chunks):
            let chunks = chunks.prefix(31)
            out.appendPacket(type: RTCP.PacketType.sourceDescription, count: chunks.count) {
                for chunk in chunks { chunk.write(to: &$0) }
            }
        case .bye(let bye):
            out.appendPacket(type: RTCP.PacketType.goodbye, count: min(31, bye.sources.count)) { bye.write(to: &$0) }
        case .nack(let nack):
            out.appendPacket(type: RTCP.PacketType.transportLayerFeedback, count: Int(RTCP.Format.nack)) {
                nack.write(to: &$0)
            }
        case .pictureLoss(let loss):
            out.appendPacket(type: RTCP.PacketType.payloadSpecificFeedback, count: Int(RTCP.Format.pictureLoss)) {
                loss.write(to: &$0)
            }
        case .fullIntraRequest(let request):
            out.appendPacket(type: RTCP.PacketType.payloadSpecificFeedback, count: Int(RTCP.Format.fullIntraRequest)) {
                request.write(to: &$0)
            }
        case .remb(let remb):
            out.appendPacket(type: RTCP.PacketType.payloadSpecificFeedback, count: Int(RTCP.Format.applicationLayer)) {
                remb.write(to: &$0)
            }
        case .transportFeedback(let feedback):
            out.appendPacket(type: RTCP.PacketType.transportLayerFeedback, count: Int(RTCP.Format.transportFeedback)) {
                feedback.write(to: &$0)
            }
        }
    }
}

extension [UInt8] {
    /// Appends a header, the body, and RTCP padding up to a whole word (RFC 3550 §6.4.1) where the body needs it.
    fileprivate mutating func appendPacket(type: UInt8, count: Int, body: (inout [UInt8]) -> Void) {
        let start = self.count
        append(0x80 | UInt8(truncatingIfNeeded: count) & 0x1f)
        append(type)
        appendU16(0)
        body(&self)
        let padding = -(self.count - start) & 3
        if padding > 0 {
            self[start] |= 0x20
            append(contentsOf: repeatElement(0, count: padding - 1))
            append(UInt8(padding))
        }
        let words = (self.count - start) / 4 - 1
        self[start + 2] = UInt8(truncatingIfNeeded: words >> 8)
        self[start + 3] = UInt8(truncatingIfNeeded: words)
    }
}
