import Media
import Primitives
import RTP
import Testing

@testable import Streams

@Suite struct VP8PacketiserTests {
    @Test(arguments: [1, 100, 1_145, 1_146, 1_200, 3_000, 50_001])
    func piecesAreOfAboutEqualSizeAndMakeTheFrame(size: Int) throws {
        var packetiser = VP8Packetiser(pictureID: 5, baseLayerIndex: 7)
        let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0) }
        let frame = EncodedFrame(bytes: bytes, isKeyFrame: false, timestamp: 0, time: .zero)
        let payloads = packetiser.payloads(for: frame, budget: 1_150)
        #expect(payloads.count == (size + 1_144) / 1_144)
        #expect(payloads.allSatisfy { $0.count <= 1_150 })
        #expect((payloads.map(\.count).max() ?? 0) - (payloads.map(\.count).min() ?? 0) <= 1)
        let parsed = try payloads.map { try VP8Descriptor.parse($0[...]) }
        #expect(parsed.flatMap { $0.data } == bytes)
        #expect(parsed.map(\.descriptor.startsFrame) == [true] + [Bool](repeating: false, count: parsed.count - 1))
        #expect(parsed.allSatisfy { $0.descriptor.pictureID == 6 && $0.descriptor.baseLayerIndex == 8 })
    }

    @Test func numbersWrapAround() throws {
        var packetiser = VP8Packetiser(pictureID: 0x7fff, baseLayerIndex: 255)
        let base = EncodedFrame(bytes: [1], isKeyFrame: true, timestamp: 0, time: .zero)
        let upper = EncodedFrame(
            bytes: [1], isKeyFrame: false, timestamp: 0, time: .zero, temporalLayer: 2, isDiscardable: true)
        let descriptors = try [base, upper, base].map {
            try VP8Descriptor.parse(packetiser.payloads(for: $0, budget: 100)[0][...]).descriptor
        }
        #expect(descriptors.map(\.pictureID) == [0, 1, 2])
        #expect(descriptors.map(\.baseLayerIndex) == [0, 0, 1])
        #expect(descriptors.map(\.temporalLayer) == [0, 2, 0])
        #expect(descriptors.map(\.isNonReference) == [false, true, false])
    }
}

@Suite struct PacketCacheTests {
    private func packet(_ sequence: UInt16) -> RTPPacket {
        RTPPacket(payloadType: PayloadType(masking: 96), sequence: sequence, timestamp: 0, ssrc: SSRC(1), payload: [1])
    }

    @Test func whatWasSentCanBeSentAgain() {
        var cache = PacketCache()
        cache.insert(packet(65_535), now: .zero)
        cache.insert(packet(0), now: .zero)
        #expect(cache.take(65_535, now: .milliseconds(50), pause: .milliseconds(20)) == packet(65_535))
        #expect(cache.take(1, now: .milliseconds(50), pause: .milliseconds(20)) == nil)
    }

    @Test func whatIsOnItsWayIsNotSentTwice() {
        var cache = PacketCache()
        cache.insert(packet(1), now: .zero)
        #expect(cache.take(1, now: .milliseconds(19), pause: .milliseconds(20)) == nil)
        #expect(cache.take(1, now: .milliseconds(20), pause: .milliseconds(20)) != nil)
        #expect(cache.take(1, now: .milliseconds(39), pause: .milliseconds(20)) == nil)
        #expect(cache.take(1, now: .milliseconds(40), pause: .milliseconds(20)) != nil)
    }

    @Test func oldPacketsAreForgotten() {
        var cache = PacketCache()
        for sequence in 0..<UInt16(PacketCache.capacity + 1) { cache.insert(packet(sequence), now: .zero) }
        #expect(cache.take(0, now: .seconds(1), pause: .zero) == nil)
        #expect(cache.take(1, now: .seconds(1), pause: .zero) != nil)
        #expect(cache.take(2, now: .seconds(4), pause: .zero) == nil)
    }
}

@Suite struct WallClockTests {
    @Test(
        arguments: [(0, 0), (1_500, 0x1_8000_0000), (-500, -0x8000_0000), (3_600_000, 3_600 << 32)] as [(Int64, Int64)])
    func momentsBeforeAndAfterAreMapped(milliseconds: Int64, bits: Int64) {
        let clock = WallClock(NTPTime(bits: 1 << 60), at: .seconds(100))
        #expect(clock.time(at: .seconds(100) + .milliseconds(milliseconds)).bits == UInt64((1 << 60) + bits))
    }
}

@Suite struct RateMeterTests {
    @Test func aSteadyRateIsMeasured() {
        var meter = RateMeter()
        for i in 0..<200 { meter.add(bytes: 125, now: .milliseconds(Int64(i * 10))) }
        #expect(abs(meter.rate(now: .milliseconds(2_000)).bitsPerSecond - 100_000) < 15_000)
        #expect(meter.rate(now: .seconds(10)) == .zero)
    }
}

@Suite struct TokenBucketTests {
    @Test func theMeanRateIsKeptAfterARush() {
        var bucket = TokenBucket(depth: .seconds(1))
        var passed = 0
        for i in 0..<10_000 where bucket.isOpen(rate: .kilobits(80), now: .milliseconds(Int64(i))) {
            bucket.take(bytes: 1_000)
            passed += 1_000
        }
        // One second's worth at once, then ten seconds' worth.
        #expect((109_000...112_000).contains(passed))
    }
}
