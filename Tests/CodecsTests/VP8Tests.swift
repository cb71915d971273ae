import Media
import MediaProcessing
import Primitives
import Testing

@testable import Codecs

struct VP8Tests {
    private static func configuration(
        _ kilobits: Int, framesPerSecond: Double = 30, layers: Int = 1
    ) -> VP8Encoder.Configuration {
        .init(bitrate: .kilobits(kilobits), framesPerSecond: framesPerSecond, speed: -6, temporalLayers: layers)
    }

    /// Encodes `count` test pictures and gives what came out, nil where rate control left a frame out.
    private static func encode(
        _ count: Int, _ encoder: VP8Encoder, size: PixelSize, first: Int = 0
    ) throws -> [(source: VideoFrame, encoded: EncodedFrame?)] {
        let picture = TestPicture(size: size)
        return try (first..<first + count).map { number in
            let source = picture.frame(UInt16(number), now: .milliseconds(Int64(number) * 33))
            return (source, try encoder.encode(source, timestamp: UInt32(number) * 3000))
        }
    }

    @Test(arguments: [PixelSize(160, 90), PixelSize(320, 240), PixelSize(98, 62)])
    func aPictureSurvives(size: PixelSize) throws {
        let encoder = VP8Encoder(Self.configuration(800))
        let decoder = VP8Decoder()
        for (index, frame) in try Self.encode(30, encoder, size: size).enumerated() {
            let encoded = try #require(frame.encoded)
            #expect(encoded.isKeyFrame == (index == 0))
            #expect(encoded.timestamp == UInt32(index) * 3000 && encoded.time == frame.source.captureTime)
            let decoded = try #require(try decoder.decode(encoded.bytes, captureTime: encoded.time))
            #expect(decoded.size == size && decoded.captureTime == encoded.time)
            #expect(lumaPSNR(decoded, frame.source) > 28)
        }
    }

    @Test(arguments: [
        PixelSize(16, 16), PixelSize(17, 33), PixelSize(2, 2), PixelSize(1, 1), PixelSize(33, 16), PixelSize(1280, 720),
    ]) func anySizeCanBeEncoded(size: PixelSize) throws {
        let encoder = VP8Encoder(Self.configuration(500))
        let decoder = VP8Decoder()
        let source = gradient(size)
        for number in 0..<3 {
            let encoded = try #require(try encoder.encode(source, timestamp: UInt32(number)))
            let decoded = try #require(try decoder.decode(encoded.bytes, captureTime: .zero))
            #expect(decoded.size == size)
            #expect(lumaPSNR(decoded, source) > 30)
        }
    }

    @Test func absurdSizesAreRefused() throws {
        let encoder = VP8Encoder(Self.configuration(500))
        #expect(throws: CodecError.unsupportedSize) {
            try encoder.encode(VideoFrame(black: PixelSize(4098, 16), captureTime: .zero), timestamp: 0)
        }
        let bytes = try #require(try encoder.encode(gradient(PixelSize(640, 480)), timestamp: 0)).bytes
        let small = VP8Decoder(maximumSize: PixelSize(320, 240))
        #expect(throws: CodecError.unsupportedSize) { try small.decode(bytes, captureTime: .zero) }
        var huge = bytes
        (huge[6], huge[7], huge[8], huge[9]) = (0xff, 0x3f, 0xff, 0x3f)
        #expect(throws: CodecError.unsupportedSize) { try VP8Decoder().decode(huge, captureTime: .zero) }
        (huge[6], huge[7]) = (0, 0)
        #expect(throws: CodecError.malformed) { try VP8Decoder().decode(huge, captureTime: .zero) }
    }

    @Test func aNewSizeGivesAKeyFrameAndGoesOn() throws {
        let encoder = VP8Encoder(Self.configuration(500))
        let decoder = VP8Decoder()
        var first = 0
        for size in [PixelSize(160, 90), PixelSize(320, 180), PixelSize(64, 36), PixelSize(640, 360)] {
            for (index, frame) in try Self.encode(5, encoder, size: size, first: first).enumerated() {
                guard let encoded = frame.encoded else { continue }
                #expect(encoded.isKeyFrame == (index == 0))
                let decoded = try #require(try decoder.decode(encoded.bytes, captureTime: .zero))
                #expect(decoded.size == size)
                #expect(lumaPSNR(decoded, frame.source) > 24)
            }
            first += 5
        }
    }

    @Test func keyFramesComeOnRequestOnly() throws {
        let encoder = VP8Encoder(Self.configuration(300))
        let picture = TestPicture(size: PixelSize(160, 90))
        for number in 0..<400 {
            let source = picture.frame(UInt16(number), now: .milliseconds(Int64(number) * 33))
            let wanted = number == 0 || number == 250
            guard let encoded = try encoder.encode(source, forceKey: number == 250, timestamp: 0) else { continue }
            #expect(encoded.isKeyFrame == wanted)
        }
    }

    @Test func theRateIsKeptAndFollowsItsTarget() throws {
        let encoder = VP8Encoder(Self.configuration(400))
        let size = PixelSize(320, 240)
        func kilobits(first: Int) throws -> Double {
            let frames = try Self.encode(150, encoder, size: size, first: first).compactMap(\.encoded)
            #expect(frames.count(where: \.isKeyFrame) == (first == 0 ? 1 : 0))
            return Double(frames.reduce(0) { $0 + $1.bytes.count }) * 8 / 1000 / 5
        }
        let high = try kilobits(first: 0)
        #expect(high < 480)
        encoder.configuration.bitrate = .kilobits(60)
        _ = try kilobits(first: 150)
        let low = try kilobits(first: 300)
        #expect(low < 80 && low > 10)
        encoder.configuration.bitrate = .kilobits(400)
        encoder.configuration.framesPerSecond = 15
        #expect(try kilobits(first: 450) > low)
    }

    @Test func aStarvedEncoderDropsFramesAndCountsThem() throws {
        let encoder = VP8Encoder(Self.configuration(10))
        let frames = try Self.encode(200, encoder, size: PixelSize(320, 240))
        let dropped = frames.count { $0.encoded == nil }
        #expect(dropped > 0)
        #expect(encoder.framesDropped == dropped)
    }

    @Test func theUpperTemporalLayerCanBeLeftOut() throws {
        let encoder = VP8Encoder(Self.configuration(600, layers: 2))
        let all = VP8Decoder()
        let base = VP8Decoder()
        var upper = 0
        var last = -1
        for (index, frame) in try Self.encode(60, encoder, size: PixelSize(320, 180)).enumerated() {
            guard let encoded = frame.encoded else { continue }
            #expect(encoded.isDiscardable == (encoded.temporalLayer == 1))
            #expect(last != encoded.temporalLayer || encoded.isKeyFrame)
            last = encoded.temporalLayer
            upper += encoded.temporalLayer
            let whole = try #require(try all.decode(encoded.bytes, captureTime: .zero))
            #expect(lumaPSNR(whole, frame.source) > 26, "frame \(index)")
            guard encoded.temporalLayer == 0 else { continue }
            let alone = try #require(try base.decode(encoded.bytes, captureTime: .zero))
            #expect(alone.bytes == whole.bytes)
        }
        #expect(upper >= 25)
    }

    @Test func layersMayBeChangedWhileRunning() throws {
        let encoder = VP8Encoder(Self.configuration(600))
        let size = PixelSize(160, 90)
        _ = try Self.encode(3, encoder, size: size)
        encoder.configuration.temporalLayers = 2
        let frames = try Self.encode(4, encoder, size: size, first: 3).compactMap(\.encoded)
        #expect(frames.map(\.temporalLayer) == [0, 1, 0, 1])
        #expect(frames.map(\.isKeyFrame) == [true, false, false, false])
    }

    @Test func withoutAKeyFrameNothingIsDecoded() throws {
        let encoder = VP8Encoder(Self.configuration(300))
        let frames = try Self.encode(3, encoder, size: PixelSize(160, 90)).compactMap(\.encoded)
        let decoder = VP8Decoder()
        #expect(throws: CodecError.needsKeyFrame) { try decoder.decode(frames[1].bytes, captureTime: .zero) }
        #expect(throws: CodecError.malformed) { try decoder.decode([], captureTime: .zero) }
        #expect(throws: CodecError.malformed) { try decoder.decode([0, 0, 0, 0], captureTime: .zero) }
        _ = try decoder.decode(frames[0].bytes, captureTime: .zero)
        _ = try decoder.decode(frames[1].bytes, captureTime: .zero)
    }

    @Test func mutatedFramesNeverTrapAndAKeyFrameHeals() throws {
        var random = SeededGenerator(seed: 21)
        let encoder = VP8Encoder(Self.configuration(300))
        let frames = try Self.encode(20, encoder, size: PixelSize(176, 144)).compactMap(\.encoded)
        let decoder = VP8Decoder(maximumSize: PixelSize(1024, 1024))
        for _ in 0..<100 {
            for frame in frames {
                var bytes = frame.bytes
                for _ in 0..<Int.random(in: 0...6, using: &random) {
                    bytes[Int.random(in: 0..<min(bytes.count, 60), using: &random)] = .random(
                        in: 0...255, using: &random)
                }
                if Int.random(in: 0..<4, using: &random) == 0 {
                    bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
                }
                _ = try? decoder.decode(bytes, captureTime: .zero)
            }
        }
        let fresh = VP8Decoder()
        let expected = try #require(try fresh.decode(frames[0].bytes, captureTime: .zero))
        let healed = try #require(try decoder.decode(frames[0].bytes, captureTime: .zero))
        #expect(healed.bytes == expected.bytes)
    }
}
