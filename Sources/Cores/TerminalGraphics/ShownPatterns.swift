/// What the terminal shows in each cell where a picture is, in the form the engine compares pictures with.
///
/// Planes of bytes, one after another, each column by column: the kind (samples in the grid of the pattern; 0 where
/// something else is shown), the mask, three planes of foreground, three of background, and what was lost knowingly.
package struct ShownPatterns: Sendable {
    /// The planes, numbered as the engine reads them.
    enum Plane: Int {
        case kind, mask
        case foreground
        case background = 5
        case allowance = 8
    }
    private static let planeCount = 9
    /// The engine reads 16 cells at a time, also behind the last one.
    private static let slack = 16

    package let size: CellSize
    package let planeSize: Int
    private(set) var bytes: [UInt8]

    init(_ size: CellSize) {
        self.size = size
        planeSize = size.columns * size.rows + Self.slack
        bytes = Array(repeating: 0, count: planeSize * Self.planeCount + Self.slack)
    }

    /// Calls `body` with the first plane at the cell, the size of a plane and the distance of columns.
    package func withPlanes<Result>(
        at row: Int, _ column: Int, _ body: (UnsafePointer<UInt8>, _ planeSize: Int, _ stride: Int) -> Result
    ) -> Result {
        precondition(0..<size.rows ~= row && 0..<size.columns ~= column, "a placed picture lies within the grid")
        return bytes.withUnsafeBufferPointer { body($0.baseAddress! + column * size.rows + row, planeSize, size.rows) }
    }

    mutating func withMutablePlanes<Result>(_ body: (inout MutablePatterns) -> Result) -> Result {
        let (rows, planeSize) = (size.rows, planeSize)
        return bytes.withUnsafeMutableBufferPointer {
            var view = MutablePatterns(planes: $0.baseAddress!, planeSize: planeSize, rows: rows)
            return body(&view)
        }
    }
}

/// The planes of `ShownPatterns` while a row is written.
struct MutablePatterns {
    let planes: UnsafeMutablePointer<UInt8>
    let planeSize: Int
    let rows: Int

    @inline(__always)
    private func set(_ plane: ShownPatterns.Plane, _ index: Int, _ value: UInt8) {
        planes[plane.rawValue * planeSize + index] = value
    }

    /// Something else than a picture is shown there now.
    @inline(__always)
    func forget(row: Int, column: Int) { planes[column * rows + row] = 0 }

    @inline(__always)
    func allowance(row: Int, column: Int) -> UInt8 {
        planes[ShownPatterns.Plane.allowance.rawValue * planeSize + column * rows + row]
    }

    @inline(__always)
    func show(_ pattern: Pattern, allowance: UInt8, row: Int, column: Int) {
        let index = column * rows + row
        set(.kind, index, UInt8(truncatingIfNeeded: pattern.kind))
        set(.mask, index, UInt8(truncatingIfNeeded: pattern.mask))
        set(.allowance, index, allowance)
        for channel in 0..<3 {
            let shift = UInt32(16 - 8 * channel)
            planes[(ShownPatterns.Plane.foreground.rawValue + channel) * planeSize + index] =
                UInt8(truncatingIfNeeded: pattern.foreground >> shift)
            planes[(ShownPatterns.Plane.background.rawValue + channel) * planeSize + index] =
                UInt8(truncatingIfNeeded: pattern.background >> shift)
        }
    }
}

/// Two colours in a cell: `mask` says which of its `kind` samples have the foreground's. Colours are 0xRRGGBB.
struct Pattern: Equatable {
    var kind: Int
    var mask: Int
    var foreground: UInt32
    var background: UInt32
}
