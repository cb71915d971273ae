import Media

/// Copies an I420 picture whose lines may be longer than the picture is wide.
enum I420Copy {
    /// Nil where `bytes` is too short. A chroma line is half as long as a luma line.
    static func bytes(
        of bytes: Slice<UnsafeRawBufferPointer>, size: PixelSize, lineBytes: Int
    ) -> [UInt8]? {
        let source = UnsafeRawBufferPointer(rebasing: bytes)
        let chroma = PixelSize((size.width + 1) / 2, (size.height + 1) / 2)
        let chromaLine = max((lineBytes + 1) / 2, chroma.width)
        let luma = lineBytes * size.height
        let plane = chromaLine * chroma.height
        guard source.count >= luma + 2 * plane else { return nil }
        if lineBytes == size.width { return [UInt8](source[..<VideoFrame.byteCount(size)]) }
        var out: [UInt8] = []
        out.reserveCapacity(VideoFrame.byteCount(size))
        func append(from start: Int, _ size: PixelSize, line: Int) {
            for y in 0..<size.height { out += source[start + y * line..<start + y * line + size.width] }
        }
        append(from: 0, size, line: lineBytes)
        append(from: luma, chroma, line: chromaLine)
        append(from: luma + plane, chroma, line: chromaLine)
        return out
    }
}
