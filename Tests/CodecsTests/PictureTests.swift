import Media
import Primitives
import Testing

@testable import Codecs

struct PictureTests {
    @Test(arguments: [
        (PixelSize(640, 480), PixelSize(160, 120)), (PixelSize(160, 90), PixelSize(320, 180)),
        (PixelSize(101, 77), PixelSize(64, 48)), (PixelSize(64, 64), PixelSize(1, 1)),
        (PixelSize(1, 1), PixelSize(17, 5)),
        (PixelSize(320, 240), PixelSize(320, 180)),
    ]) func scalingKeepsTheGradient(from: PixelSize, to: PixelSize) {
        for quality in [FrameScaler.Quality.box, .bilinear] {
            let scaled = FrameScaler.scale(gradient(from, captureTime: .seconds(3)), to: to, quality: quality)
            #expect(scaled.size == to && scaled.captureTime == .seconds(3))
            if to.area > 1000, from.area > 1000 { #expect(lumaPSNR(scaled, gradient(to)) > 35) }
        }
    }

    @Test func theSameSizeIsTheSamePicture() {
        let picture = gradient(PixelSize(64, 48))
        #expect(FrameScaler.scale(picture, to: picture.size).bytes == picture.bytes)
        #expect(FrameScaler.crop(picture, toAspectOf: PixelSize(4, 3)).bytes == picture.bytes)
    }

    @Test(arguments: [
        (PixelSize(640, 480), PixelSize(16, 9), PixelSize(640, 360)),
        (PixelSize(640, 360), PixelSize(4, 3), PixelSize(480, 360)),
        (PixelSize(33, 17), PixelSize(1, 1), PixelSize(16, 17)),
        (PixelSize(3, 101), PixelSize(1000, 1), PixelSize(3, 2)),
        (PixelSize(1, 1), PixelSize(16, 9), PixelSize(1, 1)),
    ]) func croppingTakesTheMiddle(from: PixelSize, shape: PixelSize, expected: PixelSize) {
        let source = gradient(from)
        let cropped = FrameScaler.crop(source, toAspectOf: shape)
        #expect(cropped.size == expected)
        let left = (from.width - expected.width) / 2 & ~1
        let top = (from.height - expected.height) / 2 & ~1
        for y in 0..<expected.height {
            let row = (top + y) * from.width + left
            #expect(
                cropped.bytes[y * expected.width..<(y + 1) * expected.width] == source.bytes[row..<row + expected.width]
            )
        }
        let corner = top / 2 * source.chromaWidth + left / 2
        #expect(cropped.bytes[cropped.uOffset] == source.bytes[source.uOffset + corner])
        #expect(cropped.bytes[cropped.vOffset] == source.bytes[source.vOffset + corner])
    }

    @Test func mirroringTwiceIsNothing() {
        for size in [PixelSize(64, 48), PixelSize(33, 7)] {
            let picture = gradient(size)
            let mirrored = FrameScaler.mirror(picture)
            #expect(mirrored.bytes[0] == picture.bytes[size.width - 1])
            #expect(FrameScaler.mirror(mirrored).bytes == picture.bytes)
        }
    }

    @Test func yuyvIsUnpacked() throws {
        // Two pixels in a row share their chroma; two rows share it too, as their mean or the first row's.
        let bytes: [UInt8] = [10, 100, 20, 200, 30, 110, 40, 210, 50, 100, 60, 200, 70, 110, 80, 210]
        let frame = try PixelConversion.frame(from: bytes, format: .yuyv, size: PixelSize(4, 2), captureTime: .zero)
        #expect(frame.bytes == [10, 20, 30, 40, 50, 60, 70, 80, 100, 110, 200, 210])
    }

    @Test func nv12IsUnpackedWithAStride() throws {
        let bytes: [UInt8] = [1, 2, 0, 0, 3, 4, 0, 0, 100, 200, 0, 0]
        let frame = try PixelConversion.frame(
            from: bytes, format: .nv12, size: PixelSize(2, 2), stride: 4, captureTime: .zero)
        #expect(frame.bytes == [1, 2, 3, 4, 100, 200])
    }

    @Test(
        arguments: [
            ([255, 255, 255], [235, 128, 128]), ([0, 0, 0], [16, 128, 128]), ([255, 0, 0], [82, 90, 240]),
            ([0, 0, 255], [41, 240, 110]),
        ] as [([UInt8], [UInt8])]) func rgbBecomesBT601(rgb: [UInt8], yuv: [UInt8]) throws
    {
        let bytes = [[UInt8]](repeating: rgb, count: 16).flatMap(\.self)
        let frame = try PixelConversion.frame(from: bytes, format: .rgb24, size: PixelSize(4, 4), captureTime: .zero)
        for (index, offset) in [0, frame.uOffset, frame.vOffset].enumerated() {
            #expect(abs(Int(frame.bytes[offset]) - Int(yuv[index])) <= 2)
        }
    }

    @Test func shortOrAbsurdInputIsRefused() {
        let size = PixelSize(5, 3)
        for format in [PixelConversion.Format.yuyv, .nv12, .rgb24] {
            let count = format.byteCount(size)
            #expect(throws: Never.self) {
                try PixelConversion.frame(
                    from: [UInt8](repeating: 9, count: count), format: format, size: size, captureTime: .zero)
            }
            #expect(throws: CodecError.malformed) {
                try PixelConversion.frame(
                    from: [UInt8](repeating: 9, count: count - 1), format: format, size: size, captureTime: .zero)
            }
            #expect(throws: CodecError.unsupportedSize) {
                try PixelConversion.frame(from: [], format: format, size: PixelSize(0, 5), captureTime: .zero)
            }
            #expect(throws: CodecError.malformed) {
                try PixelConversion.frame(
                    from: [UInt8](repeating: 9, count: count), format: format, size: size, stride: 1, captureTime: .zero
                )
            }
        }
        #expect(throws: CodecError.malformed) {
            try PixelConversion.frame(fromJPEG: [0xff, 0xd8, 0xff, 0xe0, 1, 2, 3], size: size, captureTime: .zero)
        }
    }
}
