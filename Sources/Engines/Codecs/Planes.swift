import Media
import Primitives

/// Where libyuv finds the planes of a packed I420 picture. Valid only inside the closure that gets it.
struct Planes {
    let y, u, v: UnsafeMutablePointer<UInt8>
    let strideY, strideUV: Int32
    let width, height: Int32

    init(base: UnsafeMutablePointer<UInt8>, size: PixelSize) {
        y = base
        u = base + size.area
        v = u + VideoFrame.chromaArea(size)
        strideY = Int32(size.width)
        strideUV = Int32((size.width + 1) / 2)
        width = Int32(size.width)
        height = Int32(size.height)
    }
}

extension VideoFrame {
    /// A new frame whose bytes `fill` writes, all of them.
    static func built(size: PixelSize, captureTime: Instant, _ fill: (Planes) -> Void) -> VideoFrame {
        let count = byteCount(size)
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            // Zeroed, so that a conversion that fails half-way leaves no foreign memory in the picture.
            buffer.initialize(repeating: 0)
            if let base = buffer.baseAddress { fill(Planes(base: base, size: size)) }
            initialized = count
        }
        return VideoFrame(size: size, bytes: bytes, captureTime: captureTime)
    }

    /// A frame of another size that libyuv makes from this one. libyuv fails only for sizes that no frame has.
    func transformed(to size: PixelSize, _ transform: (Planes, Planes) -> Int32) -> VideoFrame {
        bytes.withUnsafeBufferPointer { source in
            guard let base = source.baseAddress else { preconditionFailure("a frame has pixels") }
            // libyuv's sources are read only.
            let planes = Planes(base: UnsafeMutablePointer(mutating: base), size: self.size)
            return VideoFrame.built(size: size, captureTime: captureTime) { target in
                let status = transform(planes, target)
                precondition(status == 0, "libyuv takes every positive size")
            }
        }
    }
}
