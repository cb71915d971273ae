import CV4L2
import Glibc
import Media
import Primitives
import Runtime

/// A camera through V4L2: whatever it gives, libv4l2 turns into I420.
final class Camera: VideoSource, CountsLosses {
    let name: String
    let keepsTime = true
    let ended = false
    private(set) var framesPerSecond: Double
    private(set) var size: PixelSize
    /// Pictures that came damaged and were left out.
    private(set) var lossCount = 0
    private let handle: CameraHandle
    private let buffers: CameraBuffers
    private let lineBytes: Int
    private var silentSince: Instant?
    private var failures = 0

    private static let patience = Duration.milliseconds(500)
    private static let longestSilence = Duration.seconds(5)
    private static let toleratedFailures = 10

    /// Takes the size and rate nearest to the wish.
    init(_ path: String, size wish: PixelSize, framesPerSecond: Int) throws(DeviceError) {
        name = path
        handle = try CameraHandle(path)
        guard handle.capabilities() != nil else {
            throw .cannotOpen("cannot open \(path.shown): it is no camera; `confab devices` lists what there is")
        }
        let format = try Self.negotiateFormat(handle, wish, framesPerSecond)
        size = PixelSize(Int(format.width), Int(format.height))
        lineBytes = max(Int(format.bytesperline), size.width)
        self.framesPerSecond = Self.negotiateRate(handle, framesPerSecond)
        buffers = try CameraBuffers(handle)
    }

    deinit { buffers.release(handle) }

    func nextFrame(now: Instant) throws(DeviceError) -> VideoFrame? {
        var poll = pollfd(fd: handle.descriptor, events: Int16(POLLIN), revents: 0)
        let ready = Glibc.poll(&poll, 1, Int32(Self.patience.milliseconds))
        guard ready != 0 else { return try noteSilence() }
        var buffer = v4l2_buffer()
        buffer.type = CameraHandle.captureType
        buffer.memory = V4L2_MEMORY_MMAP.rawValue
        let code = handle.request(CV4L2_DQBUF, &buffer)
        guard code == 0 else { return try noteFailure(code) }
        let frame = picture(buffer)
        let requeued = handle.request(CV4L2_QBUF, &buffer)
        guard requeued == 0 || frame != nil else { return try noteFailure(requeued) }
        guard let frame else {
            lossCount += 1
            return nil
        }
        silentSince = nil
        failures = 0
        return frame
    }

    private func noteSilence() throws(DeviceError) -> VideoFrame? {
        let now = Clock.now()
        let since = silentSince ?? now
        silentSince = since
        if now - since > Self.longestSilence { throw .gone("camera \(name.shown) gives no pictures any more") }
        return nil
    }

    /// A disturbed picture passes; a device that is lost does not.
    private func noteFailure(_ code: Int32) throws(DeviceError) -> VideoFrame? {
        guard code != EAGAIN else { return nil }
        failures += 1
        if code == ENODEV || code == ENXIO || failures > Self.toleratedFailures {
            throw .gone("camera \(name.shown) went away")
        }
        Clock.sleep(until: Clock.now() + .milliseconds(10))
        return nil
    }

    /// Nil where the picture is damaged or shorter than its size asks for.
    private func picture(_ buffer: v4l2_buffer) -> VideoFrame? {
        guard buffer.flags & CV4L2_FRAME_BROKEN == 0, let bytes = buffers[Int(buffer.index)],
            let planes = I420Copy.bytes(of: bytes.prefix(Int(buffer.bytesused)), size: size, lineBytes: lineBytes)
        else { return nil }
        return VideoFrame(size: size, bytes: planes, captureTime: Self.time(of: buffer))
    }

    /// The kernel's stamp is on the clock that `Runtime` reads; few drivers have another.
    private static func time(of buffer: v4l2_buffer) -> Instant {
        let now = Clock.now()
        guard buffer.flags & CV4L2_TIME_MASK == CV4L2_TIME_MONOTONIC else { return now }
        let stamp = Instant(
            nanoseconds: Int64(buffer.timestamp.tv_sec) &* 1_000_000_000 &+ Int64(buffer.timestamp.tv_usec) &* 1_000)
        return now - .seconds(1)...now ~= stamp ? stamp : now
    }
}

extension Camera {
    private static func negotiateFormat(
        _ handle: borrowing CameraHandle, _ wish: PixelSize, _ framesPerSecond: Int
    ) throws(DeviceError) -> v4l2_pix_format {
        let mode = handle.modes(of: CV4L2_YUV420).nearest(to: wish, framesPerSecond: Double(max(1, framesPerSecond)))
        let size = mode?.size ?? wish
        var format = v4l2_format()
        format.type = CameraHandle.captureType
        format.fmt.pix.width = UInt32(clamping: size.width)
        format.fmt.pix.height = UInt32(clamping: size.height)
        format.fmt.pix.pixelformat = CV4L2_YUV420
        format.fmt.pix.field = V4L2_FIELD_ANY.rawValue
        let code = handle.request(CV4L2_S_FMT, &format)
        guard code == 0 else { throw CameraError.settingUp(handle.path, "be set to \(size)", code: code) }
        let got = format.fmt.pix
        guard got.pixelformat == CV4L2_YUV420, 1...16_384 ~= got.width, 1...16_384 ~= got.height else {
            throw .unusable("camera \(handle.path.shown) gives pictures in a format that libv4l2 cannot convert")
        }
        return got
    }

    /// Many cameras start at a few pictures a second unless they are told. The rate that the driver says it took.
    private static func negotiateRate(_ handle: borrowing CameraHandle, _ wish: Int) -> Double {
        var parameters = v4l2_streamparm()
        parameters.type = CameraHandle.captureType
        parameters.parm.capture.timeperframe = v4l2_fract(numerator: 1, denominator: UInt32(clamping: max(1, wish)))
        guard handle.request(CV4L2_S_PARM, &parameters) == 0 else { return Double(wish) }
        let interval = parameters.parm.capture.timeperframe
        guard interval.numerator > 0, interval.denominator > 0 else { return Double(wish) }
        return Double(interval.denominator) / Double(interval.numerator)
    }
}
