import Primitives

/// Width and height in pixels; both positive unless it is `.none`.
package struct PixelSize: Hashable, Sendable, CustomStringConvertible {
    package var width: Int
    package var height: Int

    package init(_ width: Int, _ height: Int) {
        self.width = width
        self.height = height
    }

    /// 0x0: no picture wanted.
    package static let none = PixelSize(0, 0)
    package var isNone: Bool { width <= 0 || height <= 0 }
    package var area: Int { width * height }
    package var description: String { "\(width)x\(height)" }

    /// `640x360`; nil for anything else. Sides up to 16384.
    package init?(parsing text: some StringProtocol) {
        let parts = text.split(separator: "x", omittingEmptySubsequences: false)
        guard parts.count == 2, let width = Int(parts[0]), let height = Int(parts[1]),
            0...16_384 ~= width, 0...16_384 ~= height, (width == 0) == (height == 0)
        else { return nil }
        self.init(width, height)
    }

    /// The largest size of this aspect ratio within `box`, both sides even and at least 16, never larger than itself.
    package func fitted(in box: PixelSize) -> PixelSize {
        guard !isNone, !box.isNone else { return .none }
        let scale = min(1, min(Double(box.width) / Double(width), Double(box.height) / Double(height)))
        func side(_ length: Int) -> Int { max(16, Int((Double(length) * scale).rounded()) & ~1) }
        return PixelSize(side(width), side(height))
    }
}

/// One picture in I420: planes Y, U and V one after another without padding, each chroma plane (w+1)/2 x (h+1)/2.
package struct VideoFrame: Sendable {
    package let size: PixelSize
    /// `VideoFrame.byteCount(size)` bytes.
    package var bytes: [UInt8]
    /// When the picture was taken, on the local clock.
    package var captureTime: Instant

    /// Traps where `bytes` has not the length that `size` asks for: that is a mistake of ours, never a peer's.
    package init(size: PixelSize, bytes: [UInt8], captureTime: Instant) {
        precondition(
            bytes.count == Self.byteCount(size), "an I420 frame has w*h luma and 2*(w+1)/2*(h+1)/2 chroma bytes")
        self.size = size
        self.bytes = bytes
        self.captureTime = captureTime
    }

    /// A black frame.
    package init(black size: PixelSize, captureTime: Instant) {
        var bytes = [UInt8](repeating: 128, count: Self.byteCount(size))
        for i in 0..<size.area { bytes[i] = 16 }
        self.init(size: size, bytes: bytes, captureTime: captureTime)
    }

    package static func byteCount(_ size: PixelSize) -> Int { size.area + 2 * chromaArea(size) }
    package static func chromaArea(_ size: PixelSize) -> Int { (size.width + 1) / 2 * ((size.height + 1) / 2) }

    package var chromaWidth: Int { (size.width + 1) / 2 }
    package var chromaHeight: Int { (size.height + 1) / 2 }
    package var uOffset: Int { size.area }
    package var vOffset: Int { size.area + Self.chromaArea(size) }
}

/// One compressed picture, as an encoder gives it or a frame assembler hands it to a decoder.
package struct EncodedFrame: Sendable {
    package var bytes: [UInt8]
    package var isKeyFrame: Bool
    /// RTP time at 90 kHz.
    package var timestamp: UInt32
    /// When the picture was taken (sender) or its first packet arrived (receiver).
    package var time: Instant
    /// Temporal layer, 0 for the base.
    package var temporalLayer: Int
    /// Whether later frames never refer to this one (may be dropped without harm).
    package var isDiscardable: Bool
    /// VP8 only: whether the frame depends on the base layer alone (layer sync).
    package var isLayerSync: Bool

    package init(
        bytes: [UInt8], isKeyFrame: Bool, timestamp: UInt32, time: Instant, temporalLayer: Int = 0,
        isDiscardable: Bool = false, isLayerSync: Bool = false
    ) {
        self.bytes = bytes
        self.isKeyFrame = isKeyFrame
        self.timestamp = timestamp
        self.time = time
        self.temporalLayer = temporalLayer
        self.isDiscardable = isDiscardable
        self.isLayerSync = isLayerSync
    }
}
