import Primitives
import RTP
import Testing

@testable import SFU

/// A publisher's packet as bytes.
func rtp(
    _ sequence: UInt16, timestamp: UInt32 = 0, ssrc: UInt32 = 9, marker: Bool = false, payload: [UInt8]
) -> [UInt8] {
    RTPPacket(
        payloadType: PayloadType(masking: 96), sequence: sequence, timestamp: timestamp, ssrc: SSRC(ssrc),
        marker: marker,
        payload: payload[...]
    ).serialised()
}

private let numbers: [HeaderExtensionKind: UInt8] = [.mid: 4, .absoluteSendTime: 2, .transportSequence: 3]

/// Sends packets through one stream and reads what comes out.
private struct Bench {
    var stream: OutboundStream
    var store = PacketStore()
    var now = Instant.seconds(100)

    init(rtx: Bool = true, extensions: HeaderExtensionMap = .init(numbers)) {
        var random = SeededGenerator(seed: 3)
        stream = OutboundStream(
            .init(
                ssrc: 1_000, payloadType: 100, clockRate: 90_000, retransmission: rtx ? (2_000, 101) : nil,
                header: HeaderTemplate(mid: "0", extensions: extensions, isRepeatable: !rtx)), keepsHistory: true,
            random: &random)
    }

    mutating func restart(_ bytes: [UInt8], _ sequence: Int64, elapsed: Duration? = nil) {
        bytes.withUnsafeBytes { buffer in
            let packet = PacketView(buffer)!
            stream.restart(
                with: packet, sequence: sequence, picture: VP8View(packet.payload), elapsed: elapsed, now: now)
        }
    }

    mutating func drop(_ bytes: [UInt8], _ sequence: Int64) {
        bytes.withUnsafeBytes { buffer in
            let packet = PacketView(buffer)!
            stream.drop(sequence: sequence, picture: VP8View(packet.payload))
        }
    }

    mutating func forward(_ bytes: [UInt8], _ sequence: Int64, layer: Int = 0, transportSequence: UInt16 = 7)
        -> RTPPacket?
    {
        var out = [UInt8](repeating: 0, count: 2_048)
        let count = bytes.withUnsafeBytes { buffer in
            let packet = PacketView(buffer)!
            store.insert(packet)
            return out.withUnsafeMutableBytes {
                stream.forward(
                    packet, sequence: sequence, layer: layer, picture: VP8View(packet.payload),
                    values: .init(sendTime: AbsoluteSendTime(now), transportSequence: transportSequence), into: $0,
                    now: now)
            }
        }
        return count > 0 ? try? RTPPacket(parsing: Array(out[..<count])) : nil
    }

    mutating func `repeat`(_ sequence: UInt16) -> [UInt8]? {
        guard let request = stream.lookUp(sequence, roundTrip: .milliseconds(50), now: now) else { return nil }
        var out = [UInt8](repeating: 0, count: 2_048)
        let count = store.withPacket(request.source) { stored, payload in
            out.withUnsafeMutableBytes {
                stream.repeat(
                    request, stored: stored, payload: payload,
                    values: .init(sendTime: AbsoluteSendTime(now), transportSequence: 8), into: $0)
            }
        }
        return count.map { Array(out[..<$0]) }
    }
}

struct OutboundStreamTests {
    @Test func aLayerSwitchShowsNowhere() throws {
        var bench = Bench()
        let first = rtp(50, timestamp: 9_000, payload: vp8Payload(key: true, picture: 500, baseLayer: 20))
        bench.restart(first, 65_586)
        let aSent = bench.forward(first, 65_586)
        let a = try #require(aSent)
        let other = rtp(9_000, timestamp: 777_000, ssrc: 10, payload: vp8Payload(key: true, picture: 3, baseLayer: 200))
        bench.restart(other, 74_536, elapsed: .milliseconds(100))
        let bSent = bench.forward(other, 74_536, layer: 1)
        let b = try #require(bSent)
        #expect(b.ssrc == a.ssrc && b.ssrc == SSRC(1_000))
        #expect(b.payloadType.value == 100)
        #expect(b.sequence == a.sequence &+ 1)
        #expect(b.timestamp == a.timestamp &+ 9_000)
        let before = try VP8Descriptor.parse(a.payload).descriptor
        let after = try VP8Descriptor.parse(b.payload).descriptor
        #expect(after.pictureID == before.pictureID.map { ($0 + 1) & 0x7fff })
        #expect(after.baseLayerIndex == before.baseLayerIndex.map { $0 &+ 1 })
    }

    @Test func droppedTemporalLayersLeaveNoGapInPictures() throws {
        var bench = Bench()
        let key = rtp(1, payload: vp8Payload(key: true, picture: 0x7fff, baseLayer: 1))
        bench.restart(key, 65_537)
        let aSent = bench.forward(key, 65_537)
        let a = try #require(aSent)
        // One frame of two packets is left out, across the wrap of picture ids.
        bench.drop(rtp(2, payload: vp8Payload(key: false, picture: 0, baseLayer: 1, temporal: 1)), 65_538)
        bench.drop(
            rtp(3, payload: vp8Payload(key: false, picture: 0, baseLayer: 1, temporal: 1, startsFrame: false)), 65_539)
        let bSent = bench.forward(rtp(4, payload: vp8Payload(key: false, picture: 1, baseLayer: 2)), 65_540)
        let b = try #require(bSent)
        #expect(b.sequence == a.sequence &+ 1)
        let ids = try [a, b].map { try VP8Descriptor.parse($0.payload).descriptor.pictureID ?? 0 }
        #expect(ids[1] == (ids[0] + 1) & 0x7fff)
    }

    @Test func headerExtensionsAreTheSubscribersOwn() throws {
        var bench = Bench()
        let bytes = rtp(1, payload: vp8Payload(key: true))
        bench.restart(bytes, 65_537)
        let packetSent = bench.forward(bytes, 65_537, transportSequence: 4_711)
        let packet = try #require(packetSent)
        let values = HeaderExtensions(
            packet.extensionBlock, map: HeaderExtensionMap(numbers))
        #expect(values.mid == "0")
        #expect(values.transportSequence == 4_711)
        #expect(values.absoluteSendTime == AbsoluteSendTime(bench.now))
    }

    @Test func aNACKIsAnsweredByRTX() throws {
        var bench = Bench()
        let bytes = rtp(1, timestamp: 5, marker: true, payload: vp8Payload(key: true, picture: 9))
        bench.restart(bytes, 65_537)
        let sentSent = bench.forward(bytes, 65_537)
        let sent = try #require(sentSent)
        let repeated = bench.repeat(sent.sequence)
        let again = try RTPPacket(parsing: try #require(repeated))
        #expect(again.ssrc == SSRC(2_000) && again.payloadType.value == 101 && again.marker)
        #expect(again.timestamp == sent.timestamp)
        #expect(Array(again.payload.prefix(2)) == [UInt8(sent.sequence >> 8), UInt8(sent.sequence & 0xff)])
        #expect(Array(again.payload.dropFirst(2)) == Array(sent.payload))
        let tooSoon = bench.repeat(sent.sequence)
        #expect(tooSoon == nil, "one is under way already")
        bench.now += .milliseconds(60)
        let later = bench.repeat(sent.sequence)
        #expect(later != nil)
        bench.now += .milliseconds(60)
        let third = bench.repeat(sent.sequence)
        #expect(third == nil, "the pause has doubled")
        bench.now += .milliseconds(60)
        let afterTwoPauses = bench.repeat(sent.sequence)
        #expect(afterTwoPauses != nil)
        let unknown = bench.repeat(sent.sequence &+ 1)
        #expect(unknown == nil)
    }

    @Test func withoutRTXAPacketIsRepeatedToTheLastBit() throws {
        var bench = Bench(rtx: false)
        let bytes = rtp(1, payload: vp8Payload(key: true, picture: 9))
        bench.restart(bytes, 65_537)
        let sentSent = bench.forward(bytes, 65_537)
        let sent = try #require(sentSent)
        bench.now += .milliseconds(60)
        let again = bench.repeat(sent.sequence)
        #expect(again == sent.serialised())
    }
}

struct PacketViewTests {
    @Test func everyTruncationIsRefusedOrEmpty() {
        var packet = RTPPacket(
            payloadType: PayloadType(masking: 96), sequence: 1, timestamp: 2, ssrc: SSRC(3), payload: [1, 2, 3])
        packet.extensionBlock = ExtensionBlock(
            profile: ExtensionBlock.oneByteProfile, elements: [0x10, 9, 0x21, 1, 2, 0])
        packet.paddingCount = 4
        let bytes = packet.serialised()
        for count in bytes.indices {
            bytes[..<count].withUnsafeBytes { buffer in
                guard let view = PacketView(buffer) else { return }
                #expect(view.payloadCount <= buffer.count)
            }
        }
        bytes.withUnsafeBytes { buffer in
            let view = PacketView(buffer)
            #expect(view?.payloadCount == 3)
            #expect(view?.element(1)?.first == 9)
            #expect(view.flatMap { $0.element(2).map { [UInt8]($0) } } == [1, 2])
            #expect(view?.element(5) == nil)
        }
    }

    @Test func retransmissionsTurnBack() {
        let bytes = rtp(7, payload: [0x12, 0x34, 5, 6])
        bytes.withUnsafeBytes { buffer in
            let original = PacketView(buffer)?.original(ssrc: 1, payloadType: 2)
            #expect(original?.sequence == 0x1234)
            #expect(original.map { [UInt8]($0.payload) } == [5, 6])
        }
        rtp(7, payload: [1, 2]).withUnsafeBytes {
            #expect(PacketView($0)?.original(ssrc: 1, payloadType: 2) == nil)
        }
    }
}

struct PacketStoreTests {
    @Test func oldPacketsAreOverwrittenAndNotConfused() {
        var store = PacketStore()
        let large = [UInt8](repeating: 7, count: 1_100)
        for sequence in UInt16(0)..<600 {
            rtp(sequence, timestamp: UInt32(sequence), payload: large + [UInt8(truncatingIfNeeded: sequence)])
                .withUnsafeBytes { store.insert(PacketView($0)!) }
        }
        #expect(store.withPacket(0) { _, _ in true } == nil)
        for sequence in UInt16(400)..<600 {
            let last = store.withPacket(sequence) { entry, payload in
                #expect(entry.timestamp == UInt32(sequence))
                return payload.last
            }
            #expect(last == UInt8(truncatingIfNeeded: sequence))
        }
    }
}
