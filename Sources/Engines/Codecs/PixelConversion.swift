import CYuv
import Media
import Primitives

/// Turns what cameras and picture files give into I420 (libyuv).
package enum PixelConversion {
    package enum Format: Sendable {
        /// Y0 U Y1 V, two pixels in four bytes; V4L2's YUYV.
        case yuyv
        /// A plane of Y, then one of U and V in turn, both with rows of an even length.
        case nv12
        /// Red, green, blue, a byte each.
        case rgb24

        /// Bytes of a picture whose rows have no padding.
        package func byteCount(_ size: PixelSize) -> Int {
            switch self {
            case .yuyv: (size.width + 1) / 2 * 4 * size.height
            case .nv12: (size.width + 1) / 2 * 2 * (size.height + (size.height + 1) / 2)
            case .rgb24: size.area * 3
            }
        }
    }

    /// `stride` is the length of a row in bytes, where rows have padding.
    package static func frame(
        from bytes: [UInt8], format: Format, size: PixelSize, stride: Int? = nil, captureTime: Instant
    ) throws(CodecError) -> VideoFrame {
        guard 1...16_384 ~= size.width, 1...16_384 ~= size.height else { throw .unsupportedSize }
        let row = stride ?? rowLength(format, width: size.width)
        guard row >= rowLength(format, width: size.width), row <= 1 << 20,
            bytes.count >= neededBytes(format, size: size, row: row)
        else { throw .malformed }
        var status: Int32 = -1
        let converted = bytes.withUnsafeBufferPointer { source in
            VideoFrame.built(size: size, captureTime: captureTime) { target in
                status = convert(source.baseAddress!, format, Int32(row), size, target)  // checked: not empty
            }
        }
        guard status == 0 else { throw .malformed }
        return converted
    }

    /// A JPEG picture, as most cameras give above VGA. `size` must be the picture's own.
    package static func frame(
        fromJPEG bytes: [UInt8], size: PixelSize, captureTime: Instant
    ) throws(CodecError) -> VideoFrame {
        guard 1...16_384 ~= size.width, 1...16_384 ~= size.height else { throw .unsupportedSize }
        var width: Int32 = 0
        var height: Int32 = 0
        guard MJPGSize(bytes, bytes.count, &width, &height) == 0 else { throw .malformed }
        guard PixelSize(Int(width), Int(height)) == size else { throw .unsupportedSize }
        var status: Int32 = -1
        let converted = VideoFrame.built(size: size, captureTime: captureTime) { target in
            status = MJPGToI420(
                bytes, bytes.count, target.y, target.strideY, target.u, target.strideUV, target.v, target.strideUV,
                width, height, width, height)
        }
        guard status == 0 else { throw .malformed }
        return converted
    }

    private static func rowLength(_ format: Format, width: Int) -> Int {
        switch format {
        case .yuyv: (width + 1) / 2 * 4
        case .nv12: (width + 1) / 2 * 2
        case .rgb24: width * 3
        }
    }

    private static func neededBytes(_ format: Format, size: PixelSize, row: Int) -> Int {
        switch format {
        case .yuyv, .rgb24: (size.height - 1) * row + rowLength(format, width: size.width)
        case .nv12: row * size.height + (size.height + 1) / 2 * row
        }
    }

    private static func convert(
        _ source: UnsafePointer<UInt8>, _ format: Format, _ row: Int32, _ size: PixelSize, _ target: Planes
    ) -> Int32 {
        switch format {
        case .yuyv:
            YUY2ToI420(
                source, row, target.y, target.strideY, target.u, target.strideUV, target.v, target.strideUV,
                target.width,
                target.height)
        case .nv12:
            NV12ToI420(
                source, row, source + Int(row) * size.height, row, target.y, target.strideY, target.u, target.strideUV,
                target.v, target.strideUV, target.width, target.height)
        case .rgb24:
            // libyuv names formats by little-endian words: its RAW is R, G, B in memory.
            RAWToI420(
                source, row, target.y, target.strideY, target.u, target.strideUV, target.v, target.strideUV,
                target.width,
                target.height)
        }
    }
}
