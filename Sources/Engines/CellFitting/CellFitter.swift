import CPixels
import Primitives
import Media

/// Fits patterns of two colours to the cells that a picture covers, by SIMD kernels (`CPixels`).
///
/// One for each place on the screen: as long as sizes stay the same, nothing is allocated. Used by one thread at a time.
package final class CellFitter {
    /// How cells are divided, and how the picture lies on them.
    package struct Shape: Hashable, Sendable {
        package var columns: Int
        package var rows: Int
        /// Samples across a cell, and down in each of one or two grids.
        package var across: Int
        package var down: [Int]
        package var isMirrored: Bool

        package init(columns: Int, rows: Int, across: Int, down: [Int], isMirrored: Bool) {
            self.columns = columns
            self.rows = rows
            self.across = across
            self.down = down
            self.isMirrored = isMirrored
        }
    }

    private let fitter: OpaquePointer

    package init() {
        guard let fitter = confab_cell_fitter_create() else { fatalError("out of memory") }
        self.fitter = fitter
    }

    deinit { confab_cell_fitter_free(fitter) }

    /// Scales the picture to the grids. False where there is no room for sizes like these.
    ///
    /// `sharpening` is how much of the difference to the surrounding is added, `dithering` by how much ordered dithering
    /// changes brightness at most.
    package func scale(_ frame: VideoFrame, to shape: Shape, sharpening: Double = 0, dithering: Int = 0) -> Bool {
        var wanted = confab_fit_shape()
        wanted.width = Int32(clamping: frame.size.width)
        wanted.height = Int32(clamping: frame.size.height)
        wanted.columns = Int32(clamping: shape.columns)
        wanted.rows = Int32(clamping: shape.rows)
        wanted.grids = Int32(clamping: shape.down.count)
        wanted.across = Int32(clamping: shape.across)
        wanted.down = (Int32(clamping: shape.down.first ?? 0), Int32(clamping: shape.down.last ?? 0))
        wanted.is_mirrored = shape.isMirrored ? 1 : 0
        guard confab_cell_fitter_prepare(fitter, &wanted) == 0 else { return false }
        frame.bytes.withUnsafeBufferPointer { bytes in
            let y = bytes.baseAddress!
            let effects = confab_effects(
                sharpening: Int32(sharpening.clamped(to: 0...1) * 256), dithering: Int32(dithering.clamped(to: 0...128))
            )
            confab_cell_fitter_scale(fitter, y, y + frame.uOffset, y + frame.vOffset, effects)
        }
        return true
    }

    /// Compares the picture with what the cells show, and fits patterns where that is worse than the best by `threshold`
    /// (mean squared error). `shown` points to the planes of what is shown, as `confab_shown` describes them.
    package func fit(shown planes: UnsafePointer<UInt8>, planeSize: Int, stride: Int, threshold: Double) {
        var shown = confab_shown(planes: planes, plane_size: planeSize, stride: stride)
        confab_cell_fitter_fit(fitter, &shown, Float(threshold))
    }

    /// What was found; valid until the next call.
    package var cells: FittedCells {
        let cells = confab_cell_fitter_cells(fitter)
        return FittedCells(
            stride: cells.stride, planeSize: cells.cells, excess: cells.excess, kinds: cells.kind, masks: cells.mask,
            foreground: cells.foreground, background: cells.background, samples: cells.samples,
            samplePlaneSize: cells.sample_plane)
    }

    /// Whether the kernels for AVX2 are used; tests and measurements turn them off.
    package static func useAVX2(_ wanted: Bool) { confab_pixels_use_avx2(wanted ? 1 : 0) }
}

/// The best pattern of each cell, column by column, `stride` entries to a column.
package struct FittedCells {
    package let stride: Int
    /// The size of a plane of one byte a cell.
    package let planeSize: Int
    /// How much worse than the best what is shown is, in mean squared error, at least 1; 0 below the threshold, and then
    /// nothing else is known; `UInt16.max` where something else than a pattern is shown.
    package let excess: UnsafePointer<UInt16>
    package let kinds: UnsafePointer<UInt8>
    package let masks: UnsafePointer<UInt8>
    /// Three planes each.
    package let foreground: UnsafePointer<UInt8>
    package let background: UnsafePointer<UInt8>
    /// The scaled picture in the first grid: red, green and blue, in each [across][column][down][row].
    package let samples: UnsafePointer<UInt8>
    package let samplePlaneSize: Int
}
