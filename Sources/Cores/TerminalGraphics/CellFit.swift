/// The best patterns for the cells of a placed picture, as an engine found them; valid as long as the engine keeps them.
///
/// Everything is stored column by column, `stride` entries to a column.
package struct CellFit {
    package let area: CellRect
    package let stride: Int
    /// How many entries make a plane.
    package let planeSize: Int
    /// How much worse than the best pattern what is shown is, in mean squared error: 0 where it does not matter, and then
    /// nothing else is known of the cell; `unknown` where something else is shown.
    package let excess: UnsafePointer<UInt16>
    /// The number of samples in the pattern's grid, and the pattern: bits row by row, left first, set for foreground.
    package let kinds: UnsafePointer<UInt8>
    package let masks: UnsafePointer<UInt8>
    /// Three planes: red, green, blue.
    package let foreground: UnsafePointer<UInt8>
    package let background: UnsafePointer<UInt8>

    static let unknown: UInt16 = .max

    package init(
        area: CellRect, stride: Int, planeSize: Int, excess: UnsafePointer<UInt16>, kinds: UnsafePointer<UInt8>,
        masks: UnsafePointer<UInt8>, foreground: UnsafePointer<UInt8>, background: UnsafePointer<UInt8>
    ) {
        self.area = area
        self.stride = stride
        self.planeSize = planeSize
        self.excess = excess
        self.kinds = kinds
        self.masks = masks
        self.foreground = foreground
        self.background = background
    }

    @inline(__always)
    func index(row: Int, column: Int) -> Int { (column - area.column) * stride + row - area.row }

    /// 0xRRGGBB.
    @inline(__always)
    func colour(_ planes: UnsafePointer<UInt8>, _ index: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: planes[index]) << 16
            | UInt32(truncatingIfNeeded: planes[index + planeSize]) << 8
            | UInt32(truncatingIfNeeded: planes[index + 2 * planeSize])
    }
}
