import CYuv
import Media

/// Makes RGB pictures of any size from video frames (libyuv). Its memory is kept for the next one.
package final class PictureScaler {
    private let scaled = Room()
    private let mirrored = Room()

    package init() {}

    /// Fills `rgb` with red, green and blue of `size`, which must not be empty; ITU-R BT.601, studio range.
    package func scale(_ frame: VideoFrame, to size: PixelSize, isMirrored: Bool, into rgb: inout [UInt8]) {
        let count = size.area * 3
        if rgb.count != count { rgb = Array(repeating: 0, count: count) }
        frame.bytes.withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            var planes = Planes(source, frame.size)
            if frame.size != size { planes = scaling(planes, to: size) }
            if isMirrored { planes = mirroring(planes) }
            convert(planes, into: &rgb)
        }
    }

    private func scaling(_ from: Planes, to size: PixelSize) -> Planes {
        let to = Planes(scaled.base(VideoFrame.byteCount(size)), size)
        // Box means for smaller, interpolation for larger: libyuv chooses the latter where box cannot be.
        let status = I420Scale(
            from.y, from.strideY, from.u, from.strideUV, from.v, from.strideUV, from.width, from.height,
            to.mutableY, to.strideY, to.mutableU, to.strideUV, to.mutableV, to.strideUV, to.width, to.height, kFilterBox
        )
        precondition(status == 0, "libyuv takes every positive size")
        return to
    }

    private func mirroring(_ from: Planes) -> Planes {
        let to = Planes(mirrored.base(VideoFrame.byteCount(from.size)), from.size)
        let status = I420Mirror(
            from.y, from.strideY, from.u, from.strideUV, from.v, from.strideUV, to.mutableY, to.strideY, to.mutableU,
            to.strideUV, to.mutableV, to.strideUV, to.width, to.height)
        precondition(status == 0, "libyuv takes every positive size")
        return to
    }

    private func convert(_ planes: Planes, into rgb: inout [UInt8]) {
        // libyuv's RAW is red, green, blue in memory.
        let status = I420ToRAW(
            planes.y, planes.strideY, planes.u, planes.strideUV, planes.v, planes.strideUV, &rgb, planes.width * 3,
            planes.width, planes.height)
        precondition(status == 0, "libyuv takes every positive size")
    }
}

/// Memory that grows to what is asked for and stays.
private final class Room {
    private var memory = UnsafeMutableBufferPointer<UInt8>(start: nil, count: 0)

    /// Valid until more is asked for; what is in it is not defined.
    func base(_ count: Int) -> UnsafePointer<UInt8> {
        if memory.count < count {
            memory.deallocate()
            memory = .allocate(capacity: count)
            memory.initialize(repeating: 0)
        }
        return UnsafePointer(memory.baseAddress!)  // pictures are not empty
    }

    deinit { memory.deallocate() }
}

/// Where libyuv finds the planes of a packed I420 picture.
private struct Planes {
    let size: PixelSize
    let y, u, v: UnsafePointer<UInt8>

    init(_ base: UnsafePointer<UInt8>, _ size: PixelSize) {
        self.size = size
        y = base
        u = base + size.area
        v = u + VideoFrame.chromaArea(size)
    }

    var width: Int32 { Int32(size.width) }
    var height: Int32 { Int32(size.height) }
    var strideY: Int32 { width }
    var strideUV: Int32 { (width + 1) / 2 }
    var mutableY: UnsafeMutablePointer<UInt8> { UnsafeMutablePointer(mutating: y) }
    var mutableU: UnsafeMutablePointer<UInt8> { UnsafeMutablePointer(mutating: u) }
    var mutableV: UnsafeMutablePointer<UInt8> { UnsafeMutablePointer(mutating: v) }
}
