import Primitives
import RTP
import Testing

@Suite struct VP8Tests {
    @Test(
        arguments: [
            ([0x10, 9], VP8Descriptor(start: true)),
            ([0x90, 0x80, 0x11, 9], VP8Descriptor(start: true, pictureID: 0x11, long: false)),
            ([0x90, 0x80, 0x92, 0x34, 9], VP8Descriptor(start: true, pictureID: 0x1234)),
            (
                [0xb0, 0xe0, 0xff, 0xff, 7, 0x60, 9],
                VP8Descriptor(start: true, nonReference: true, pictureID: 0x7fff, base: 7, layer: 1, sync: true)
            ),
            ([0x83, 0x10, 0x1f, 9], VP8Descriptor(partition: 3, key: 31)),
        ] as [([UInt8], VP8Descriptor)])
    func descriptorsAreReadAndWritten(bytes: [UInt8], expected: VP8Descriptor) throws {
        let (descriptor, data) = try VP8Descriptor.parse(bytes[...])
        #expect(descriptor == expected)
        #expect(data == [9])
        var written: [UInt8] = []
        descriptor.write(to: &written)
        #expect(written == bytes.dropLast())
        #expect(descriptor.length == written.count)
    }

    @Test(arguments: [
        [], [0x10], [0x90], [0x90, 0x80], [0x90, 0x80, 0x80], [0x90, 0x40], [0x90, 0x20], [0x90, 0xf0, 1, 2, 3],
    ])
    func descriptorsWithoutDataAreRefused(bytes: [UInt8]) {
        #expect(throws: RTPError.truncated) { try VP8Descriptor.parse(bytes[...]) }
    }

    @Test func aKeyFrameTellsItsSize() throws {
        let header = try VP8FrameHeader(parsing: [0x10, 2, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x41])
        #expect(header.isKeyFrame && header.isShown)
        #expect(header.width == 640)
        #expect(header.height == 480)
        let delta = try VP8FrameHeader(parsing: [0x11, 2, 0])
        #expect(!delta.isKeyFrame && delta.width == nil)
        #expect(throws: RTPError.malformedPayload) {
            try VP8FrameHeader(parsing: [0x10, 2, 0, 0x9d, 0x01, 0x2b, 0, 0, 0, 0])
        }
    }
}

extension VP8Descriptor {
    fileprivate init(
        start: Bool = false, nonReference: Bool = false, partition: UInt8 = 0, pictureID: UInt16? = nil,
        long: Bool = true, base: UInt8? = nil, layer: UInt8? = nil, sync: Bool = false, key: UInt8? = nil
    ) {
        self.init()
        startsPartition = start
        isNonReference = nonReference
        self.partition = partition
        self.pictureID = pictureID
        hasLongPictureID = long
        baseLayerIndex = base
        temporalLayer = layer
        isLayerSync = sync
        keyIndex = key
    }
}

@Suite struct RTXTests {
    @Test func aRetransmissionUnwrapsToTheOriginal() throws {
        let original = RTPPacket(
            payloadType: PayloadType(masking: 96), sequence: 40_000, timestamp: 5, ssrc: SSRC(1), marker: true,
            payload: [1, 2, 3])
        let wrapped = RTX.wrap(original, ssrc: SSRC(2), payloadType: PayloadType(masking: 97), sequence: 9)
        let received = try RTPPacket(parsing: wrapped.serialised())
        #expect(received.ssrc == SSRC(2) && received.sequence == 9)
        #expect(received.payload == [0x9c, 0x40, 1, 2, 3])
        #expect(RTX.unwrap(received, ssrc: SSRC(1), payloadType: PayloadType(masking: 96)) == original)
    }

    @Test(arguments: [[], [1], [1, 2]] as [[UInt8]])
    func probesAreNoPackets(payload: [UInt8]) {
        let probe = RTPPacket(
            payloadType: PayloadType(masking: 97), sequence: 9, timestamp: 5, ssrc: SSRC(2), payload: payload[...])
        #expect(RTX.unwrap(probe, ssrc: SSRC(1), payloadType: PayloadType(masking: 96)) == nil)
    }
}
