import CYuv
import Media
import Primitives

/// Changes the geometry of I420 pictures (libyuv). Sizes asked for must be positive; that is up to the caller.
package enum FrameScaler {
    package enum Quality: Sendable {
        /// Mean of the pixels that fall into one: right for making smaller.
        case box
        /// Interpolates four neighbours: quick, right for making a little larger or smaller.
        case bilinear

        fileprivate var filter: FilterMode {
            switch self {
            case .box: kFilterBox
            case .bilinear: kFilterBilinear
            }
        }
    }

    /// The whole picture at another size, whatever its proportions.
    package static func scale(_ frame: VideoFrame, to size: PixelSize, quality: Quality = .box) -> VideoFrame {
        guard size != frame.size else { return frame }
        return frame.transformed(to: size) { source, target in
            I420Scale(
                source.y, source.strideY, source.u, source.strideUV, source.v, source.strideUV, source.width,
                source.height,
                target.y, target.strideY, target.u, target.strideUV, target.v, target.strideUV, target.width,
                target.height,
                quality.filter)
        }
    }

    /// The middle of the picture with the proportions of `shape` (to within a pixel), at its own scale.
    package static func crop(_ frame: VideoFrame, toAspectOf shape: PixelSize) -> VideoFrame {
        precondition(!shape.isNone, "proportions need two sides")
        let whole = frame.size
        // Even sides and offsets keep luma and chroma aligned.
        func even(_ length: Int, of limit: Int) -> Int { min(limit, max(2, length & ~1)) }
        let size =
            if whole.width * shape.height > whole.height * shape.width {
                PixelSize(even(whole.height * shape.width / shape.height, of: whole.width), whole.height)
            } else {
                PixelSize(whole.width, even(whole.width * shape.height / shape.width, of: whole.height))
            }
        guard size != whole else { return frame }
        let left = (whole.width - size.width) / 2 & ~1
        let top = (whole.height - size.height) / 2 & ~1
        return frame.transformed(to: size) { source, target in
            let luma = top * Int(source.strideY) + left
            let chroma = top / 2 * Int(source.strideUV) + left / 2
            return I420Copy(
                source.y + luma, source.strideY, source.u + chroma, source.strideUV, source.v + chroma, source.strideUV,
                target.y, target.strideY, target.u, target.strideUV, target.v, target.strideUV, target.width,
                target.height)
        }
    }

    /// Left and right exchanged, as people expect to see themselves.
    package static func mirror(_ frame: VideoFrame) -> VideoFrame {
        frame.transformed(to: frame.size) { source, target in
            I420Mirror(
                source.y, source.strideY, source.u, source.strideUV, source.v, source.strideUV,
                target.y, target.strideY, target.u, target.strideUV, target.v, target.strideUV, target.width,
                target.height)
        }
    }
}
