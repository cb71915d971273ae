import Primitives
import RTP
import Testing

@Suite struct RTPPacketTests {
    let vp8 = PayloadType(masking: 96)

    @Test func whatIsWrittenIsReadBack() throws {
        var packet = RTPPacket(
            payloadType: vp8, sequence: 65_535, timestamp: 0xdead_beef, ssrc: SSRC(7), marker: true, payload: [1, 2, 3])
        packet.contributors = [SSRC(1), SSRC(2)]
        packet.paddingCount = 5
        packet.extensionBlock = ExtensionBlock(profile: ExtensionBlock.oneByteProfile, elements: [0x10, 0x7f, 0, 0])
        let bytes = packet.serialised()
        #expect(bytes.count == 12 + 8 + 8 + 3 + 5)
        #expect(try RTPPacket(parsing: bytes) == packet)
    }

    @Test func knowsAPacketFromTheWire() throws {
        let bytes: [UInt8] = [
            0x90, 0xe0, 0x12, 0x34, 0, 0, 0x03, 0xe8, 0xca, 0xfe, 0xba, 0xbe, 0xbe, 0xde, 0, 1, 0x10, 0x85, 0, 0, 9, 8,
        ]
        let packet = try RTPPacket(parsing: bytes)
        #expect(packet.marker)
        #expect(packet.payloadType == PayloadType(96))
        #expect(packet.sequence == 0x1234)
        #expect(packet.timestamp == 1000)
        #expect(packet.ssrc == SSRC(0xcafe_babe))
        #expect(packet.payload == [9, 8])
        let map = HeaderExtensionMap([.audioLevel: 1])
        let extensions = HeaderExtensions(packet.extensionBlock, map: map)
        #expect(extensions.audioLevel == AudioLevel(level: 5, voice: true))
        #expect(packet.serialised() == bytes)
    }

    @Test(
        arguments: [
            ([], RTPError.truncated),
            ([UInt8](repeating: 0x80, count: 11), .truncated),
            ([UInt8](repeating: 0x40, count: 12), .unsupportedVersion),
            ([0x81] + [UInt8](repeating: 0, count: 11), .truncated),
            ([0x90] + [UInt8](repeating: 0, count: 11), .truncated),
            ([0x90] + [UInt8](repeating: 0, count: 11) + [0xbe, 0xde, 0, 1], .truncated),
            ([0xa0] + [UInt8](repeating: 0, count: 11), .badPadding),
            ([0xa0] + [UInt8](repeating: 0, count: 11) + [2], .badPadding),
        ] as [([UInt8], RTPError)])
    func lengthsThatLieAreRefused(bytes: [UInt8], error: RTPError) {
        #expect(throws: error) { try RTPPacket(parsing: bytes) }
    }

    @Test(
        arguments: [
            ([0, 1], .stun), ([22, 254], .dtls), ([64, 0], .turnChannel), ([0x80, 0xe0], .rtp), ([0x80, 111], .rtp),
            ([0x80, 200], .rtcp), ([0x81, 206], .rtcp), ([0x80], nil), ([255, 0], nil), ([], nil), ([16, 0], nil),
        ] as [([UInt8], PacketKind?)])
    func firstBytesTellThePacketsApart(bytes: [UInt8], kind: PacketKind?) {
        #expect(PacketKind(bytes) == kind)
    }
}
