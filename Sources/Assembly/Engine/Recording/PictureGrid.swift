import Codecs
import Media
import Primitives

/// Puts any number of pictures side by side into one of a fixed size.
struct PictureGrid {
    let size: PixelSize

    /// Both sides must be even.
    init(size: PixelSize) { self.size = size }

    func compose(_ pictures: [VideoFrame], at time: Instant) -> VideoFrame {
        var canvas = VideoFrame(black: size, captureTime: time)
        let columns = Self.columns(for: pictures.count)
        let rows = pictures.isEmpty ? 1 : (pictures.count + columns - 1) / columns
        let cell = PixelSize(size.width / columns & ~1, size.height / rows & ~1)
        guard cell.width >= 16, cell.height >= 16 else { return canvas }
        for (index, picture) in pictures.enumerated() {
            let fitted = Self.fill(picture.size, cell)
            let scaled = FrameScaler.scale(picture, to: fitted)
            let inLastRow = index / columns == rows - 1 ? pictures.count - (rows - 1) * columns : columns
            let indent = (columns - inLastRow) * cell.width / 2
            let left = (indent + index % columns * cell.width + (cell.width - fitted.width) / 2) & ~1
            let top = (index / columns * cell.height + (cell.height - fitted.height) / 2) & ~1
            canvas.paste(scaled, left: left, top: top)
        }
        return canvas
    }

    /// 1, 2, 2, 2, 3, 3, 3…: nearly as many rows as columns.
    private static func columns(for count: Int) -> Int {
        var columns = 1
        while columns * columns < count { columns += 1 }
        return columns
    }

    /// The largest even size of these proportions within a cell, enlarged where the picture is smaller.
    private static func fill(_ picture: PixelSize, _ cell: PixelSize) -> PixelSize {
        let scale = min(Double(cell.width) / Double(picture.width), Double(cell.height) / Double(picture.height))
        func side(_ length: Int, _ limit: Int) -> Int { min(limit, max(2, Int(Double(length) * scale) & ~1)) }
        return PixelSize(side(picture.width, cell.width), side(picture.height, cell.height))
    }
}

extension VideoFrame {
    /// Copies another picture in; it must fit, and all numbers be even.
    fileprivate mutating func paste(_ other: VideoFrame, left: Int, top: Int) {
        copyPlane(
            of: other, from: 0, sourceStride: other.size.width, to: top * size.width + left, stride: size.width,
            width: other.size.width, height: other.size.height)
        let target = top / 2 * chromaWidth + left / 2
        for (source, plane) in [(other.uOffset, uOffset), (other.vOffset, vOffset)] {
            copyPlane(
                of: other, from: source, sourceStride: other.chromaWidth, to: plane + target, stride: chromaWidth,
                width: other.chromaWidth, height: other.chromaHeight)
        }
    }

    private mutating func copyPlane(
        of other: VideoFrame, from source: Int, sourceStride: Int, to target: Int, stride: Int, width: Int, height: Int
    ) {
        for row in 0..<height {
            let from = source + row * sourceStride
            let to = target + row * stride
            bytes.replaceSubrange(to..<to + width, with: other.bytes[from..<from + width])
        }
    }
}
