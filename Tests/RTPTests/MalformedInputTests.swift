import Primitives
import RTP
import Testing

/// Nothing that a peer sends may trap: every parser meets thousands of random and of damaged packets.
@Suite struct MalformedInputTests {
    private func feed(_ bytes: [UInt8]) {
        _ = PacketKind(bytes)
        if let packet = try? RTPPacket(parsing: bytes) {
            _ = HeaderExtensions(packet.extensionBlock, map: HeaderExtensionTests.oneByteMap)
            _ = RTX.unwrap(packet, ssrc: SSRC(1), payloadType: packet.payloadType)
            _ = packet.serialised()
        }
        if let packets = try? RTCP.parse(bytes) { _ = RTCP.serialise(packets) }
        if let (descriptor, data) = try? VP8Descriptor.parse(bytes[...]) {
            var out: [UInt8] = []
            descriptor.write(to: &out)
            _ = try? VP8FrameHeader(parsing: data)
        }
        _ = try? VP8FrameHeader(parsing: bytes[...])
    }

    @Test func randomBytesNeverTrap() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<20_000 {
            var bytes = (0..<Int.random(in: 0...80, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if !bytes.isEmpty, Bool.random(using: &random) { bytes[0] = 0x80 | bytes[0] & 0x3f }
            if bytes.count > 4, Bool.random(using: &random) {
                bytes[1] = UInt8.random(in: 200...206, using: &random)
                bytes[2] = 0
                bytes[3] = UInt8.random(in: 0...20, using: &random)
            }
            feed(bytes)
        }
    }

    @Test func damagedPacketsNeverTrap() {
        var random = SeededGenerator(seed: 2)
        var good = RTCPTests.everyKind.map { RTCP.serialise([$0]) }
        var packet = RTPPacket(
            payloadType: PayloadType(masking: 96), sequence: 1, timestamp: 2, ssrc: SSRC(3),
            payload: [0x90, 0xe0, 1, 2, 3, 4])
        packet.extensionBlock = HeaderExtensionTests.everything.block(map: HeaderExtensionTests.oneByteMap)
        good.append(packet.serialised())
        for _ in 0..<2_000 {
            for original in good {
                var bytes = original
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                }
                feed(Array(bytes.prefix(Int.random(in: 0...bytes.count, using: &random))))
            }
        }
    }
}
