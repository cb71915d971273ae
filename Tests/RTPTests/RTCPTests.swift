import Primitives
import RTP
import Testing

@Suite struct RTCPTests {
    static let block = ReportBlock(
        ssrc: SSRC(2), fractionLost: 128, cumulativeLost: -3, highestSequence: 0x1_0002, jitter: 77,
        lastSenderReport: 0x1234_5678, delaySinceLastSenderReport: 65_536)

    static let everyKind: [RTCPPacket] = [
        .senderReport(
            SenderReport(
                ssrc: SSRC(1), ntpTime: NTPTime(bits: 0x0102_0304_0506_0708), rtpTime: 9, packetCount: 10,
                octetCount: 11, blocks: [block, block])),
        .receiverReport(ReceiverReport(ssrc: SSRC(1), blocks: [block])),
        .receiverReport(ReceiverReport(ssrc: SSRC(1), blocks: [])),
        .sourceDescription([
            SourceDescription(ssrc: SSRC(1), cname: "a"), SourceDescription(ssrc: SSRC(2), cname: "ab"),
            SourceDescription(ssrc: SSRC(3), cname: "abc"), SourceDescription(ssrc: SSRC(4), cname: nil),
        ]),
        .bye(Goodbye(sources: [SSRC(1), SSRC(2)])),
        .bye(Goodbye(sources: [SSRC(1)], reason: "moved")),
        .nack(GenericNACK(sender: SSRC(1), media: SSRC(2), sequences: [65_534, 65_535, 0, 14, 15, 100])),
        .pictureLoss(PictureLossIndication(sender: SSRC(1), media: SSRC(2))),
        .fullIntraRequest(FullIntraRequest(sender: SSRC(1), entries: [.init(ssrc: SSRC(2), number: 255)])),
        .remb(ReceiverEstimatedBitrate(sender: SSRC(1), bitrate: .kilobits(250), sources: [SSRC(2), SSRC(3)])),
    ]

    @Test(arguments: everyKind)
    func everyKindIsReadBack(packet: RTCPPacket) throws {
        let bytes = RTCP.serialise([packet])
        #expect(bytes.count.isMultiple(of: 4))
        #expect(try RTCP.parse(bytes) == [packet])
    }

    @Test func aCompoundIsReadInOrder() throws {
        #expect(try RTCP.parse(RTCP.serialise(Self.everyKind)) == Self.everyKind)
    }

    @Test func unknownAndMalformedPacketsAreLeftOut() throws {
        let unknown: [UInt8] = [0x80, 204, 0, 1, 1, 2, 3, 4]
        let shortSenderReport: [UInt8] = [0x80, 200, 0, 1, 1, 2, 3, 4]
        let pli = RTCPPacket.pictureLoss(PictureLossIndication(sender: SSRC(1), media: SSRC(2)))
        #expect(try RTCP.parse(unknown + shortSenderReport + RTCP.serialise([pli])) == [pli])
    }

    @Test func paddingAtTheEndIsNotContent() throws {
        let bytes: [UInt8] = [0xa0, 203, 0, 1, 0, 0, 0, 4]
        #expect(try RTCP.parse(bytes) == [.bye(Goodbye(sources: []))])
    }

    @Test(
        arguments: [
            ([], RTPError.truncated), ([0x80, 200, 0], .truncated), ([0x80, 200, 0, 1], .truncated),
            ([0x40, 200, 0, 0], .unsupportedVersion), ([0xa0, 203, 0, 1, 0, 0, 0, 5], .badPadding),
            ([0xa0, 203, 0, 0], .badPadding),
        ] as [([UInt8], RTPError)])
    func headersThatMakeNoSenseAreRefused(bytes: [UInt8], error: RTPError) {
        #expect(throws: error) { try RTCP.parse(bytes) }
    }

    @Test func aNACKNamesRunsOfPacketsInOneEntry() {
        let nack = GenericNACK(sender: SSRC(1), media: SSRC(2), sequences: [65_530, 65_531, 4, 10, 11])
        // 65530 with 65531 and 4 (ten after it), then 10 (sixteen after it); 11 begins anew.
        let bytes = RTCP.serialise([.nack(nack)])
        #expect(bytes.count == 12 + 8)
        #expect(bytes[12...] == [0xff, 0xfa, 0x82, 0x01, 0, 11, 0, 0])
    }

    @Test(arguments: [0, 1, 262_143, 262_144, 1_000_000, 4_294_967_295, 999_999_995_904])
    func anEstimateKeepsEighteenBits(bits: Int) throws {
        let packet = ReceiverEstimatedBitrate(sender: SSRC(1), bitrate: Bitrate(bitsPerSecond: bits), sources: [])
        guard case .remb(let read)? = try RTCP.parse(RTCP.serialise([.remb(packet)])).first else {
            Issue.record("no estimate")
            return
        }
        #expect(read.bitrate <= packet.bitrate)
        #expect(Double(read.bitrate.bitsPerSecond) >= Double(bits) * (1 - 1 / 131_072.0) - 1)
    }
}
