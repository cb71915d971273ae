import CV4L2
import Glibc
import Media

/// An open V4L2 device through libv4l2; closed when it goes.
struct CameraHandle: ~Copyable {
    let descriptor: Int32
    let path: String

    init(_ path: String) throws(DeviceError) {
        cv4l2_silence()
        // libv4l2 refuses what is no V4L2 device without saying why.
        guard FileKind.of(path) == .stream else {
            let exists = FileKind.of(path) != .missing
            throw exists
                ? .cannotOpen("cannot open camera \(path.shown): it is not a device")
                : CameraError.opening(path, code: ENOENT)
        }
        let opened = cv4l2_open(path)
        guard opened >= 0 else { throw CameraError.opening(path, code: -opened) }
        descriptor = opened
        self.path = path
    }

    deinit {
        v4l2_close(descriptor)
    }

    /// 0 or the error number.
    func request<Argument>(_ number: UInt, _ argument: inout Argument) -> Int32 {
        withUnsafeMutablePointer(to: &argument) { cv4l2_ioctl(descriptor, number, $0) }
    }

    /// The device's name where it captures pictures by streaming, else nil.
    func capabilities() -> v4l2_capability? {
        var capability = v4l2_capability()
        guard request(CV4L2_QUERYCAP, &capability) == 0 else { return nil }
        let hasOwn = capability.capabilities & CV4L2_DEVICE_CAPS != 0
        let all = hasOwn ? capability.device_caps : capability.capabilities
        return all & CV4L2_CAPTURE != 0 && all & CV4L2_STREAMING != 0 ? capability : nil
    }

    static let captureType = V4L2_BUF_TYPE_VIDEO_CAPTURE.rawValue

    /// A fixed-size text of the kernel's.
    static func text<Characters>(_ characters: Characters) -> String {
        withUnsafeBytes(of: characters) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }.shown
    }
}
