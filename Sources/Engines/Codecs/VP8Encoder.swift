import CVpx
import Media
import Primitives

/// Encodes pictures as VP8 (RFC 6386) for a conversation: no delay, constant rate, key frames only when asked for,
/// robust against loss, frames dropped rather than sent late.
///
/// The size is that of each frame given; a new one restarts the codec, which makes the frame a key frame (VP8 tells
/// its size in key frames only). Used by one thread at a time.
package final class VP8Encoder {
    package struct Configuration: Equatable, Sendable {
        package var bitrate: Bitrate
        package var framesPerSecond: Double
        /// libvpx's speed, -16 (quickest, poorest) ... -1. -8 costs 2 ms for 640x480, -4 costs 3.5 ms.
        package var speed: Int
        /// With 2, every other frame is referred to by no other and may be left out by an SFU or a slow sender.
        package var temporalLayers: Int

        package init(bitrate: Bitrate, framesPerSecond: Double = 30, speed: Int = -6, temporalLayers: Int = 1) {
            self.bitrate = bitrate
            self.framesPerSecond = framesPerSecond
            self.speed = speed
            self.temporalLayers = temporalLayers
        }
    }

    /// Takes effect with the next frame.
    package var configuration: Configuration {
        didSet { isOutdated = isOutdated || configuration != oldValue }
    }

    /// Frames that rate control left out.
    package private(set) var framesDropped = 0

    private let codec = UnsafeMutablePointer<vpx_codec_ctx_t>.allocate(capacity: 1)
    private var library = vpx_codec_enc_cfg_t()
    /// The size the codec runs with; `.none` while there is none.
    private var size = PixelSize.none
    private var isOutdated = false
    /// Layers of the running codec, and the position in their pattern.
    private var layers = 1
    private var isUpperLayerNext = false
    /// libvpx's clock in 90 kHz: it has to rise by what a frame lasts, whatever the capture times do.
    private var clock: vpx_codec_pts_t = 0

    package init(_ configuration: Configuration) {
        self.configuration = configuration
        codec.initialize(to: vpx_codec_ctx_t())
    }

    deinit {
        stop()
        codec.deallocate()
    }

    /// Nil where rate control leaves the frame out. `timestamp` is its RTP time at 90 kHz.
    package func encode(
        _ frame: VideoFrame, forceKey: Bool = false, timestamp: UInt32
    ) throws(CodecError) -> EncodedFrame? {
        let restarts = frame.size != size || configuration.temporalLayers.clamped(to: 1...2) != layers
        if restarts { try start(size: frame.size) } else if isOutdated { try update() }
        let isUpper = layers == 2 && isUpperLayerNext && !forceKey
        try compress(frame, forceKey: forceKey, isUpper: isUpper)
        guard var encoded = packets() else {
            framesDropped += 1
            return nil
        }
        encoded.timestamp = timestamp
        encoded.time = frame.captureTime
        if layers == 2 {
            let upper = isUpper && !encoded.isKeyFrame
            encoded.temporalLayer = upper ? 1 : 0
            encoded.isDiscardable = upper
            encoded.isLayerSync = upper
            isUpperLayerNext = !upper
        }
        return encoded
    }
}

// MARK: - Settings

extension VP8Encoder {
    /// The largest side of a VP8 picture is 16383; nothing here needs more than 4096.
    private static let sides = 1...4096

    private func start(size: PixelSize) throws(CodecError) {
        stop()
        guard Self.sides ~= size.width, Self.sides ~= size.height else { throw .unsupportedSize }
        layers = configuration.temporalLayers.clamped(to: 1...2)
        isUpperLayerNext = false
        guard confab_vp8_encoder_defaults(&library) == VPX_CODEC_OK else { throw .refused("no VP8 encoder in libvpx") }
        library.g_w = UInt32(size.width)
        library.g_h = UInt32(size.height)
        describe()
        let status = confab_vp8_encoder_init(codec, &library)
        guard status == VPX_CODEC_OK else { throw Self.refusal(status) }
        self.size = size
        do throws(CodecError) {
            try setControls()
        } catch {
            stop()
            throw error
        }
    }

    private func update() throws(CodecError) {
        describe()
        let status = vpx_codec_enc_config_set(codec, &library)
        guard status == VPX_CODEC_OK else { throw Self.refusal(status) }
        try setControls()
    }

    private func stop() {
        guard !size.isNone else { return }
        vpx_codec_destroy(codec)
        size = .none
    }

    /// The numbers are those every real-time VP8 sender has settled on.
    private func describe() {
        library.g_threads = 1
        library.g_timebase = vpx_rational(num: 1, den: 90_000)
        library.g_error_resilient = UInt32(VPX_ERROR_RESILIENT_DEFAULT)
        library.g_pass = VPX_RC_ONE_PASS
        library.g_lag_in_frames = 0
        library.kf_mode = VPX_KF_DISABLED
        library.rc_end_usage = VPX_CBR
        library.rc_dropframe_thresh = 30
        library.rc_resize_allowed = 0
        library.rc_min_quantizer = 2
        library.rc_max_quantizer = 56
        library.rc_undershoot_pct = 100
        library.rc_overshoot_pct = 15
        // Milliseconds of the target rate: short, so that a burst does not sit in the network's queues.
        library.rc_buf_sz = 1000
        library.rc_buf_initial_sz = 500
        library.rc_buf_optimal_sz = 600
        let kilobits = UInt32(configuration.bitrate.kilobitsPerSecond.clamped(to: 8...1_000_000))
        library.rc_target_bitrate = kilobits
        describeLayers(kilobits: kilobits)
        isOutdated = false
    }

    private func describeLayers(kilobits: UInt32) {
        library.ts_number_layers = UInt32(layers)
        guard layers == 2 else { return }
        library.ts_periodicity = 2
        library.ts_layer_id.0 = 0
        library.ts_layer_id.1 = 1
        library.ts_rate_decimator.0 = 2
        library.ts_rate_decimator.1 = 1
        // Cumulative: the base layer is referred to and so deserves the greater part.
        library.ts_target_bitrate.0 = kilobits * 6 / 10
        library.ts_target_bitrate.1 = kilobits
    }

    private func setControls() throws(CodecError) {
        let frameRate = configuration.framesPerSecond.clamped(to: 1...120)
        // A key frame may take half of the optimal buffer, in per cent of a frame's share, and no less than three.
        let keyFrameLimit = max(300, Int32(600 * 0.5 * frameRate / 10))
        let controls: [(vp8e_enc_control_id, Int32)] = [
            (VP8E_SET_CPUUSED, Int32(configuration.speed.clamped(to: -16 ... -1))),
            (VP8E_SET_NOISE_SENSITIVITY, 0),
            (VP8E_SET_STATIC_THRESHOLD, 1),
            (VP8E_SET_TOKEN_PARTITIONS, 0),
            (VP8E_SET_MAX_INTRA_BITRATE_PCT, keyFrameLimit),
        ]
        for (control, value) in controls {
            let status = confab_vpx_set(codec, Int32(control.rawValue), value)
            guard status == VPX_CODEC_OK else { throw Self.refusal(status) }
        }
    }

    private static func refusal(_ status: vpx_codec_err_t) -> CodecError {
        .refused(vpx_codec_err_to_string(status).map { String(cString: $0) } ?? "libvpx error \(status.rawValue)")
    }
}

// MARK: - One frame

extension VP8Encoder {
    private func compress(_ frame: VideoFrame, forceKey: Bool, isUpper: Bool) throws(CodecError) {
        var flags: vpx_enc_frame_flags_t = 0
        if layers == 2 {
            flags = vpx_enc_frame_flags_t(isUpper ? confab_vp8_upper_layer : confab_vp8_base_layer)
            _ = confab_vpx_set(codec, Int32(VP8E_SET_TEMPORAL_LAYER_ID.rawValue), isUpper ? 1 : 0)
        }
        if forceKey { flags |= vpx_enc_frame_flags_t(VPX_EFLAG_FORCE_KF) }
        let duration = UInt(90_000 / configuration.framesPerSecond.clamped(to: 1...120))
        let status = frame.bytes.withUnsafeBufferPointer { bytes in
            var image = vpx_image_t()
            // libvpx copies the picture and does not write to it.
            confab_vpx_describe(
                &image, UnsafeMutablePointer(mutating: bytes.baseAddress), UInt32(size.width), UInt32(size.height))
            return vpx_codec_encode(codec, &image, clock, duration, flags, UInt(VPX_DL_REALTIME))
        }
        clock += vpx_codec_pts_t(duration)
        guard status == VPX_CODEC_OK else { throw Self.refusal(status) }
    }

    /// The compressed frame; without output partitions there is one packet at most.
    private func packets() -> EncodedFrame? {
        var iterator: vpx_codec_iter_t?
        while let packet = vpx_codec_get_cx_data(codec, &iterator) {
            guard packet.pointee.kind == VPX_CODEC_CX_FRAME_PKT else { continue }
            let frame = packet.pointee.data.frame
            let bytes = [UInt8](UnsafeRawBufferPointer(start: frame.buf, count: frame.sz))
            guard !bytes.isEmpty else { continue }
            return EncodedFrame(
                bytes: bytes, isKeyFrame: frame.flags & UInt32(VPX_FRAME_IS_KEY) != 0, timestamp: 0, time: .zero,
                isDiscardable: frame.flags & UInt32(VPX_FRAME_IS_DROPPABLE) != 0)
        }
        return nil
    }
}
