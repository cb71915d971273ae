import Media
import Primitives
import RTP
import Testing

@testable import Streams

@Suite struct FrameAssemblerTests {
    /// Packets of `count` frames of `size` octets, the first one a key frame, with sequence numbers from 1000 on.
    /// With two layers every other frame is of the upper one and refers to the base.
    private func packets(
        frames count: Int, size: Int = 3_000, layers: Int = 1, keyFrames: Set<Int> = [0]
    ) -> [[(Int64, RTPPacket)]] {
        var packetiser = VP8Packetiser(pictureID: 32_766, baseLayerIndex: 254)
        var sequence: Int64 = 1_000
        return (0..<count).map { index in
            let isKeyFrame = keyFrames.contains(index)
            let layer = layers == 2 && !isKeyFrame ? index % 2 : 0
            let bytes =
                [UInt8(isKeyFrame ? 0x10 : 0x11)]
                + [UInt8](repeating: UInt8(truncatingIfNeeded: index), count: size - 1)
            let frame = EncodedFrame(
                bytes: bytes, isKeyFrame: isKeyFrame, timestamp: UInt32(index * 3_000), time: .zero,
                temporalLayer: layer,
                isDiscardable: layer > 0, isLayerSync: layer > 0)
            let payloads = packetiser.payloads(for: frame, budget: 1_150)
            return payloads.enumerated().map { i, payload in
                defer { sequence += 1 }
                return (
                    sequence,
                    RTPPacket(
                        payloadType: PayloadType(masking: 96), sequence: UInt16(truncatingIfNeeded: sequence),
                        timestamp: frame.timestamp, ssrc: SSRC(1), marker: i == payloads.count - 1,
                        payload: payload[...])
                )
            }
        }
    }

    private func numbers(_ assembler: inout FrameAssembler) -> [Int] {
        var numbers: [Int] = []
        while let frame = assembler.pollFrame() {
            #expect(frame.frame.bytes.dropFirst().allSatisfy { $0 == frame.frame.bytes[1] })
            numbers.append(Int(frame.frame.timestamp / 3_000))
        }
        return numbers
    }

    private func insert(
        _ assembler: inout FrameAssembler, _ packets: some Sequence<(Int64, RTPPacket)>, now: Instant = .zero
    ) {
        for (sequence, packet) in packets { assembler.insert(packet, sequence: sequence, isVideo: true, now: now) }
    }

    @Test func framesComeOutAsTheirLastPacketArrives() {
        var assembler = FrameAssembler()
        for (index, frame) in packets(frames: 5).enumerated() {
            insert(&assembler, frame.dropLast())
            #expect(numbers(&assembler) == [])
            insert(&assembler, frame.suffix(1))
            #expect(numbers(&assembler) == [index])
        }
        #expect(!assembler.needsKeyFrame)
        #expect(assembler.nextDeadline == nil)
    }

    @Test func packetsInAnyOrderGiveFramesInOrder() {
        var random = SeededGenerator(seed: 3)
        for _ in 0..<50 {
            var assembler = FrameAssembler()
            insert(&assembler, packets(frames: 12).joined().shuffled(using: &random))
            #expect(numbers(&assembler) == Array(0..<12))
        }
    }

    @Test func framesWaitForTheGapToBeClosed() {
        var assembler = FrameAssembler()
        let frames = packets(frames: 4)
        insert(&assembler, frames[0])
        insert(&assembler, frames[1].dropFirst())
        insert(&assembler, frames[2] + frames[3])
        #expect(numbers(&assembler) == [0])
        insert(&assembler, frames[1].prefix(1))
        #expect(numbers(&assembler) == [1, 2, 3])
    }

    @Test func aGapThatStaysOpenNeedsAKeyFrame() {
        var assembler = FrameAssembler()
        let frames = packets(frames: 6, keyFrames: [0, 4])
        insert(&assembler, frames[0] + frames[2])
        assembler.handleTimeout(now: .milliseconds(399))
        #expect(!assembler.needsKeyFrame)
        assembler.handleTimeout(now: .milliseconds(400))
        #expect(assembler.needsKeyFrame)
        #expect(assembler.nextDeadline == nil)
        insert(&assembler, frames[3] + frames[4])
        #expect(numbers(&assembler) == [0, 4])
        #expect(!assembler.needsKeyFrame)
        #expect(assembler.framesDropped == 2)
        insert(&assembler, frames[1] + frames[5])
        #expect(numbers(&assembler) == [5])
    }

    @Test func aGapThatIsClosedLateNeedsNoKeyFrameAnyMore() {
        var assembler = FrameAssembler()
        let frames = packets(frames: 3)
        insert(&assembler, frames[0] + frames[2])
        assembler.handleTimeout(now: .milliseconds(400))
        #expect(assembler.needsKeyFrame)
        insert(&assembler, frames[1], now: .milliseconds(500))
        #expect(!assembler.needsKeyFrame)
        #expect(numbers(&assembler) == [0, 1, 2])
    }

    @Test func aKeyFrameWaitsForNothing() {
        var assembler = FrameAssembler()
        let frames = packets(frames: 4, keyFrames: [0, 3])
        insert(&assembler, frames[0] + frames[2] + frames[3])
        #expect(numbers(&assembler) == [0, 3])
    }

    @Test func aLostUpperLayerIsSkippedAfterAShortPatience() {
        var assembler = FrameAssembler()
        let frames = packets(frames: 6, layers: 2)
        insert(&assembler, frames[0] + frames[2] + frames[3])
        #expect(numbers(&assembler) == [0])
        #expect(assembler.nextDeadline == .milliseconds(100))
        assembler.handleTimeout(now: .milliseconds(100))
        #expect(numbers(&assembler) == [2, 3])
        #expect(!assembler.needsKeyFrame)
    }

    @Test func aLostBaseLayerIsNotSkipped() {
        var assembler = FrameAssembler()
        let frames = packets(frames: 6, layers: 2)
        insert(&assembler, frames[0] + frames[1] + frames[3] + frames[4] + frames[5])
        assembler.handleTimeout(now: .milliseconds(100))
        #expect(numbers(&assembler) == [0, 1])
        assembler.handleTimeout(now: .milliseconds(400))
        #expect(assembler.needsKeyFrame)
    }

    @Test func anUpperLayerThatLostSomethingWaitsForItsSync() {
        var assembler = FrameAssembler()
        var frames = packets(frames: 6, layers: 2)
        // Frames 3 and 5 of the upper layer refer to earlier ones of it; frame 1 is lost.
        for index in [3, 5] {
            for i in frames[index].indices {
                var payload = [UInt8](frames[index][i].1.payload)
                if index == 3 { payload[5] &= ~0x20 }
                frames[index][i].1.payload = payload[...]
            }
        }
        insert(&assembler, frames[0] + frames[2])
        assembler.handleTimeout(now: .milliseconds(100))
        insert(&assembler, frames[3] + frames[4] + frames[5])
        #expect(numbers(&assembler) == [0, 2, 4, 5])
    }

    @Test func joiningLateAsksForAKeyFrameAtOnce() {
        var assembler = FrameAssembler()
        let frames = packets(frames: 4, keyFrames: [0, 3])
        insert(&assembler, frames[1].prefix(1))
        #expect(assembler.needsKeyFrame)
        insert(&assembler, frames[1].dropFirst() + frames[2])
        #expect(numbers(&assembler) == [])
        insert(&assembler, frames[3])
        #expect(numbers(&assembler) == [3])
        #expect(!assembler.needsKeyFrame)
    }

    @Test func theFirstKeyFrameIsNotAskedForAsItArrives() {
        var assembler = FrameAssembler()
        let frames = packets(frames: 2)
        insert(&assembler, frames[0].dropLast())
        insert(&assembler, frames[1])
        #expect(!assembler.needsKeyFrame)
        assembler.handleTimeout(now: .milliseconds(400))
        #expect(assembler.needsKeyFrame)
        insert(&assembler, frames[0].suffix(1))
        #expect(numbers(&assembler) == [0, 1])
        #expect(!assembler.needsKeyFrame)
    }

    @Test func paddingBetweenFramesIsNoGap() {
        var assembler = FrameAssembler()
        let frames = packets(frames: 3, size: 500)
        let padding = RTPPacket(
            payloadType: PayloadType(masking: 96), sequence: 0, timestamp: 0, ssrc: SSRC(1), payload: [])
        insert(&assembler, frames[0])
        assembler.insert(frames[1][0].1, sequence: 1_002, isVideo: true, now: .zero)
        #expect(numbers(&assembler) == [0])
        assembler.insert(padding, sequence: 1_001, isVideo: false, now: .zero)
        assembler.insert(padding, sequence: 1_003, isVideo: false, now: .zero)
        assembler.insert(frames[2][0].1, sequence: 1_004, isVideo: true, now: .zero)
        #expect(numbers(&assembler) == [1, 2])
        #expect(assembler.nextDeadline == nil)
    }

    @Test func memoryIsBoundedAndAKeyFrameHelpsOut() {
        var assembler = FrameAssembler()
        let frames = packets(frames: 5_000, size: 400, keyFrames: [0, 4_990])
        insert(&assembler, frames[0])
        insert(&assembler, frames[2..<4_990].joined())
        #expect(assembler.needsKeyFrame)
        #expect(numbers(&assembler) == [0])
        #expect(assembler.framesDropped > 3_900)
        insert(&assembler, frames[4_990...].joined())
        #expect(numbers(&assembler) == Array(4_990..<5_000))
    }

    @Test func anyLossGivesOnlyWholeFramesInOrder() {
        var random = SeededGenerator(seed: 5)
        for round in 0..<200 {
            var assembler = FrameAssembler()
            let frames = packets(frames: 60, size: 2_500, layers: round % 2 + 1, keyFrames: [0, 20, 40])
            var now = Instant.zero
            var shown: [Int] = []
            for (sequence, packet) in frames.joined() where !Bool.random(using: &random) || Bool.random(using: &random)
            {
                now += .milliseconds(10)
                assembler.handleTimeout(now: now)
                assembler.insert(
                    packet, sequence: sequence, isVideo: Int.random(in: 0..<50, using: &random) > 0, now: now)
                shown += numbers(&assembler)
            }
            #expect(zip(shown, shown.dropFirst()).allSatisfy { $0 < $1 })
        }
    }
}
