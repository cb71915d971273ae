import CPixels
import Media

/// Pictures as sixels (`CPixels`): up to 256 colours that suit the picture, kept as long as they do.
package final class SixelEncoder {
    /// What a picture is drawn on.
    package struct Area {
        package var columns: Int
        package var rows: Int
        /// Pixels of a cell.
        package var cell: PixelSize
        /// Row by row, 0 where nothing is drawn, so that what is there stays.
        package var cells: [UInt8]

        package init(columns: Int, rows: Int, cell: PixelSize, cells: [UInt8]) {
            self.columns = columns
            self.rows = rows
            self.cell = cell
            self.cells = cells
        }
    }

    private let encoder: OpaquePointer

    package init() {
        guard let encoder = confab_sixel_create() else { fatalError("out of memory") }
        self.encoder = encoder
    }

    deinit { confab_sixel_free(encoder) }

    /// Appends the picture (red, green and blue of `size` pixels), magnified to the area. Nothing where sizes make no sense.
    ///
    /// `tolerance` is how much more squared difference is borne for the sake of longer runs.
    package func encode(
        _ rgb: [UInt8], _ size: PixelSize, on area: Area, colours: Int, tolerance: Int, into out: inout [UInt8]
    ) {
        guard rgb.count == size.area * 3, area.cells.count == area.columns * area.rows, !rgb.isEmpty else { return }
        rgb.withUnsafeBufferPointer { rgb in
            area.cells.withUnsafeBufferPointer { cells in
                var picture = confab_sixel_picture()
                picture.rgb = rgb.baseAddress
                picture.width = Int32(clamping: size.width)
                picture.height = Int32(clamping: size.height)
                picture.columns = Int32(clamping: area.columns)
                picture.rows = Int32(clamping: area.rows)
                picture.cell_width = Int32(clamping: area.cell.width)
                picture.cell_height = Int32(clamping: area.cell.height)
                picture.cells = cells.baseAddress
                picture.colours = Int32(clamping: colours)
                picture.tolerance = Int32(clamping: tolerance)
                var count = 0
                guard let bytes = confab_sixel_encode(encoder, &picture, &count) else { return }
                out.append(contentsOf: UnsafeBufferPointer(start: bytes, count: count))
            }
        }
    }
}
