import Media

/// How the colour planes of an uncompressed picture relate to its brightness, and the way to I420.
enum ChromaSampling: Sendable {
    case yuv420, yuv422, yuv444, yuv411, mono

    /// Bytes of a picture, planes one after another.
    func byteCount(_ size: PixelSize) -> Int { size.area + 2 * chroma(size).area }

    private func chroma(_ size: PixelSize) -> PixelSize {
        switch self {
        case .yuv420: PixelSize((size.width + 1) / 2, (size.height + 1) / 2)
        case .yuv422: PixelSize((size.width + 1) / 2, size.height)
        case .yuv444: size
        case .yuv411: PixelSize((size.width + 3) / 4, size.height)
        case .mono: .none
        }
    }

    /// `bytes` has `byteCount(size)` bytes.
    func toI420(_ bytes: [UInt8], size: PixelSize) -> [UInt8] {
        switch self {
        case .yuv420: return bytes
        case .mono: return bytes + [UInt8](repeating: 128, count: 2 * VideoFrame.chromaArea(size))
        case .yuv422, .yuv444, .yuv411:
            var out = [UInt8](bytes[..<size.area])
            out.reserveCapacity(VideoFrame.byteCount(size))
            let plane = chroma(size)
            appendAverages(of: bytes, from: size.area, plane: plane, size: size, to: &out)
            appendAverages(of: bytes, from: size.area + plane.area, plane: plane, size: size, to: &out)
            return out
        }
    }

    /// Each sample of the smaller plane is the mean of the samples that lie over it, or the nearest one.
    private func appendAverages(
        of bytes: [UInt8], from start: Int, plane: PixelSize, size: PixelSize, to out: inout [UInt8]
    ) {
        for y in 0..<(size.height + 1) / 2 {
            let upper = start + 2 * y * plane.width
            let lower = start + min(2 * y + 1, plane.height - 1) * plane.width
            for x in 0..<(size.width + 1) / 2 {
                let (left, right) = columns(x, width: plane.width)
                let sum =
                    Int(bytes[upper + left]) + Int(bytes[upper + right]) + Int(bytes[lower + left])
                    + Int(bytes[lower + right])
                out.append(UInt8((sum + 2) / 4))
            }
        }
    }

    private func columns(_ x: Int, width: Int) -> (Int, Int) {
        switch self {
        case .yuv444: (2 * x, min(2 * x + 1, width - 1))
        case .yuv411: (min(x / 2, width - 1), min(x / 2, width - 1))
        case .yuv420, .yuv422, .mono: (x, x)
        }
    }
}
