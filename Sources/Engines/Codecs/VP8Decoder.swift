import CVpx
import Media
import Primitives
import RTP

/// Decodes the VP8 frames of one stream. Used by one thread at a time.
package final class VP8Decoder {
    /// Larger pictures are refused before libvpx sees them: they would make it allocate what the peer likes.
    package let maximumSize: PixelSize

    private let codec = UnsafeMutablePointer<vpx_codec_ctx_t>.allocate(capacity: 1)
    private var isRunning = false
    private var hasKeyFrame = false

    package init(maximumSize: PixelSize = PixelSize(4096, 4096)) {
        self.maximumSize = maximumSize
        codec.initialize(to: vpx_codec_ctx_t())
    }

    deinit {
        stop()
        codec.deallocate()
    }

    /// The picture of a whole frame; nil where the frame is not meant to be shown. After an error other frames may be
    /// tried, but only the next key frame is sure to decode rightly.
    package func decode(_ bytes: [UInt8], captureTime: Instant) throws(CodecError) -> VideoFrame? {
        guard let header = try? VP8FrameHeader(parsing: bytes[...]) else { throw .malformed }
        if let width = header.width, let height = header.height {
            guard width > 0, height > 0 else { throw .malformed }
            guard width <= maximumSize.width, height <= maximumSize.height else { throw .unsupportedSize }
        } else if !hasKeyFrame {
            throw .needsKeyFrame
        }
        try start()
        let status = vpx_codec_decode(codec, bytes, UInt32(clamping: bytes.count), nil, 0)
        guard status == VPX_CODEC_OK else {
            // libvpx drops its reference frames after an error in a key frame's header; begin afresh to be sure.
            if header.isKeyFrame { stop() }
            throw .malformed
        }
        hasKeyFrame = hasKeyFrame || header.isKeyFrame
        var iterator: vpx_codec_iter_t?
        guard let image = vpx_codec_get_frame(codec, &iterator) else { return nil }
        guard !isCorrupted else { throw .malformed }
        return try copy(image.pointee, captureTime: captureTime)
    }

    private func start() throws(CodecError) {
        guard !isRunning else { return }
        guard confab_vp8_decoder_init(codec) == VPX_CODEC_OK else { throw .refused("no VP8 decoder in libvpx") }
        isRunning = true
    }

    private func stop() {
        if isRunning { vpx_codec_destroy(codec) }
        isRunning = false
        hasKeyFrame = false
    }

    private var isCorrupted: Bool {
        var corrupted: Int32 = 0
        let status = confab_vpx_get(codec, Int32(VP8D_GET_FRAME_CORRUPTED.rawValue), &corrupted)
        return status == VPX_CODEC_OK && corrupted != 0
    }

    private func copy(_ image: vpx_image_t, captureTime: Instant) throws(CodecError) -> VideoFrame {
        let size = PixelSize(Int(image.d_w), Int(image.d_h))
        guard !size.isNone, size.width <= maximumSize.width, size.height <= maximumSize.height,
            let y = image.planes.0, let u = image.planes.1, let v = image.planes.2
        else { throw .unsupportedSize }
        let chroma = PixelSize((size.width + 1) / 2, (size.height + 1) / 2)
        let bytes = [UInt8](unsafeUninitializedCapacity: VideoFrame.byteCount(size)) { buffer, count in
            func append(_ plane: UnsafeMutablePointer<UInt8>, stride: Int32, size: PixelSize) {
                for row in 0..<size.height {
                    let source = UnsafeBufferPointer(start: plane + row * Int(stride), count: size.width)
                    _ = UnsafeMutableBufferPointer(rebasing: buffer[count...]).initialize(from: source)
                    count += size.width
                }
            }
            append(y, stride: image.stride.0, size: size)
            append(u, stride: image.stride.1, size: chroma)
            append(v, stride: image.stride.2, size: chroma)
        }
        return VideoFrame(size: size, bytes: bytes, captureTime: captureTime)
    }
}
