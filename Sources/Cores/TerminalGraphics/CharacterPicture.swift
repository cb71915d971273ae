import Primitives

/// Draws a picture in printable ASCII: each cell gets the character whose ink lies most as its brightness does.
///
/// Brightness and contrast follow the picture, slowly, so that dark and flat scenes use all characters. A character
/// stays as long as it is nearly as good as the best, so that still areas stay still in spite of noise.
package struct CharacterPicture: Sendable {
    /// Scaled samples, 2 x 4 to a cell: planes of red, green, blue, each [column][across][down][row].
    package struct Samples {
        package let planes: UnsafePointer<UInt8>
        package let planeSize: Int
        /// Entries to a line of samples.
        package let stride: Int

        package init(planes: UnsafePointer<UInt8>, planeSize: Int, stride: Int) {
            self.planes = planes
            self.planeSize = planeSize
            self.stride = stride
        }

        /// Brightness (ITU-R BT.601) and colour of a sample.
        func sample(_ column: Int, _ row: Int, _ across: Int, _ down: Int) -> (
            luma: Float, red: Float, green: Float, blue: Float
        ) {
            let index = (column * 2 + across) * 4 * stride + down * stride + row
            let (red, green, blue) = (
                Float(planes[index]), Float(planes[index + planeSize]), Float(planes[index + 2 * planeSize])
            )
            return (0.299 * red + 0.587 * green + 0.114 * blue, red, green, blue)
        }
    }

    private var dark: Float = 0
    private var bright: Float = 255
    private var hasLevels = false
    /// The shapes chosen, by their place in the table.
    private var chosen: [Int] = []
    private var area = CellRect.empty

    /// How much of the way to a new picture's brightness is gone with each picture.
    private static let adaption: Float = 0.1
    /// Less contrast than this is not spread to all of it.
    private static let leastContrast: Float = 60
    /// How much worse, in squared difference, a character may be that is there already.
    private static let patience: Float = 0.06
    /// Only characters about as dense are tried.
    private static let reach: Float = 0.12

    package init() {}

    /// Replaces the cells of `area` in the grid. Without colour they get none.
    package mutating func draw(_ samples: Samples, in area: CellRect, of grid: inout CellGrid, hasColour: Bool) {
        adoptLevels(of: samples, area)
        if area != self.area || chosen.count != area.columns * area.rows {
            chosen = Array(repeating: -1, count: area.columns * area.rows)
            self.area = area
        }
        for column in 0..<area.columns {
            for row in 0..<area.rows where grid[area.row + row, area.column + column].isPicture {
                grid[area.row + row, area.column + column] = cell(samples, column, row, hasColour: hasColour)
            }
        }
    }

    /// The darkest and brightest twentieth of the picture are let go.
    private mutating func adoptLevels(of samples: Samples, _ area: CellRect) {
        var histogram = [Int](repeating: 0, count: 256)
        var count = 0
        for column in Swift.stride(from: 0, to: area.columns, by: 2) {
            for row in 0..<area.rows {
                histogram[Int(samples.sample(column, row, 0, 1).luma.clamped(to: 0...255))] += 1
                count += 1
            }
        }
        func level(_ share: Double) -> Float {
            var rest = Int(Double(count) * share)
            for (level, number) in histogram.enumerated() {
                rest -= number
                if rest < 0 { return Float(level) }
            }
            return 255
        }
        let (low, high) = (level(0.05), max(level(0.95), level(0.05) + Self.leastContrast))
        let share = hasLevels ? Self.adaption : 1
        dark += (low - dark) * share
        bright += (high - bright) * share
        hasLevels = true
    }

    private mutating func cell(_ samples: Samples, _ column: Int, _ row: Int, hasColour: Bool) -> Cell {
        var wanted: (Float, Float, Float, Float, Float, Float, Float, Float) = (0, 0, 0, 0, 0, 0, 0, 0)
        var (red, green, blue): (Float, Float, Float) = (0, 0, 0)
        let scale = 1 / (bright - dark)
        withUnsafeMutableBytes(of: &wanted) { wanted in
            let wanted = wanted.assumingMemoryBound(to: Float.self)
            for down in 0..<4 {
                for across in 0..<2 {
                    let sample = samples.sample(column, row, across, down)
                    wanted[down * 2 + across] = ((sample.luma - dark) * scale).clamped(to: 0...1)
                    red += sample.red
                    green += sample.green
                    blue += sample.blue
                }
            }
        }
        let index = withUnsafeBytes(of: &wanted) { bytes in
            choose(bytes.assumingMemoryBound(to: Float.self), before: chosen[column * area.rows + row])
        }
        chosen[column * area.rows + row] = index
        let shape = CharacterShapes.all[index]
        guard hasColour, shape.mean > 0 else { return Cell(shape.scalar, .plain) }
        // As bright as its ink must be to look like the mean, as far as the screen goes, in the cell's hue.
        let mean = max(1, max(red, green, blue) / 8)
        let lifted = min(255, mean / max(0.1, shape.mean * CharacterShapes.densest))
        func channel(_ sum: Float) -> UInt8 { UInt8((sum / 8 * lifted / mean).clamped(to: 0...255)) & 0xf8 }
        return Cell(shape.scalar, Style(Colour(red: channel(red), green: channel(green), blue: channel(blue))))
    }

    private func choose(_ wanted: UnsafeBufferPointer<Float>, before: Int) -> Int {
        let shapes = CharacterShapes.all
        let mean = wanted.reduce(0, +) / 8
        func error(_ index: Int) -> Float {
            let cover = shapes[index].cover
            return (0..<8).reduce(0) { $0 + (wanted[$1] - cover[$1]) * (wanted[$1] - cover[$1]) }
        }
        var best = (index: 0, error: error(0))
        for index in shapes.indices.dropFirst()
        where abs(shapes[index].mean - mean) < Self.reach || index == shapes.count - 1 {
            let error = error(index)
            if error < best.error { best = (index, error) }
        }
        if before >= 0, error(before) < best.error + Self.patience { return before }
        return best.index
    }
}
