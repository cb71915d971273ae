import CV4L2
import Glibc
import Media

/// The picture buffers that a camera shares with us, streaming while they exist.
struct CameraBuffers {
    private var mapped: [UnsafeMutableRawBufferPointer] = []

    /// Two to fill while one is copied, and one to spare: the newest picture counts, not every one.
    private static let wanted: UInt32 = 4

    init(_ handle: borrowing CameraHandle) throws(DeviceError) {
        do throws(DeviceError) {
            try map(handle)
            var type = CameraHandle.captureType
            let code = handle.request(CV4L2_STREAMON, &type)
            guard code == 0 else { throw CameraError.settingUp(handle.path, "start", code: code) }
        } catch {
            release(handle)
            throw error
        }
    }

    /// The buffer's bytes; nil for a number that is none.
    subscript(index: Int) -> UnsafeRawBufferPointer? {
        mapped.indices ~= index ? UnsafeRawBufferPointer(mapped[index]) : nil
    }

    /// Stops streaming and gives the buffers back. To be called once.
    func release(_ handle: borrowing CameraHandle) {
        var type = CameraHandle.captureType
        _ = handle.request(CV4L2_STREAMOFF, &type)
        for buffer in mapped { v4l2_munmap(buffer.baseAddress, buffer.count) }
        _ = Self.requestBuffers(handle, count: 0)
    }

    private mutating func map(_ handle: borrowing CameraHandle) throws(DeviceError) {
        let (count, code) = Self.requestBuffers(handle, count: Self.wanted)
        guard code == 0, count > 0 else { throw CameraError.settingUp(handle.path, "give buffers", code: code) }
        for index in 0..<count {
            var buffer = v4l2_buffer()
            buffer.index = index
            buffer.type = CameraHandle.captureType
            buffer.memory = V4L2_MEMORY_MMAP.rawValue
            let code = handle.request(CV4L2_QUERYBUF, &buffer)
            guard code == 0 else { throw CameraError.settingUp(handle.path, "share a buffer", code: code) }
            guard let bytes = cv4l2_map(handle.descriptor, Int(buffer.length), Int64(buffer.m.offset)) else {
                throw CameraError.settingUp(handle.path, "share a buffer", code: ENOMEM)
            }
            mapped.append(UnsafeMutableRawBufferPointer(start: bytes, count: Int(buffer.length)))
            let queued = handle.request(CV4L2_QBUF, &buffer)
            guard queued == 0 else { throw CameraError.settingUp(handle.path, "use a buffer", code: queued) }
        }
    }

    private static func requestBuffers(_ handle: borrowing CameraHandle, count: UInt32) -> (count: UInt32, code: Int32)
    {
        var request = v4l2_requestbuffers()
        request.count = count
        request.type = CameraHandle.captureType
        request.memory = V4L2_MEMORY_MMAP.rawValue
        let code = handle.request(CV4L2_REQBUFS, &request)
        return (request.count, code)
    }
}
