import Media
import Primitives

/// A picture that fills cells of a grid. What these look like is decided only when they are written, from the newest
/// picture and with regard to what the terminal shows.
package struct PlacedPicture: Sendable {
    package let frame: VideoFrame
    package let area: CellRect
    package let isMirrored: Bool
}

extension CellGrid {
    /// Places the whole picture as large as it fits in `area`, in its own shape, centred; the cells beside it stay as
    /// they are. What is written there afterwards lies over it. Gives the cells that it takes.
    ///
    /// `cellAspect` is the width of a cell divided by its height.
    @discardableResult
    package mutating func place(
        _ frame: VideoFrame, in area: CellRect, cellAspect: Double, isMirrored: Bool = false
    ) -> CellRect {
        let area = area.intersection(rect)
        guard !area.isEmpty, !frame.size.isNone, pictures.count < Self.mostPictures else { return .empty }
        let shown = Self.fitted(frame.size, in: area, cellAspect: cellAspect.clamped(to: 0.1...4))
        fill(shown, with: .picture(pictures.count))
        pictures.append(PlacedPicture(frame: frame, area: shown, isMirrored: isMirrored))
        return shown
    }

    /// Forgets the pictures, all of whose cells were drawn otherwise; what is left of them is blank.
    package mutating func removePictures() {
        for index in cells.indices where cells[index].isPicture { cells[index] = .blank }
        pictures = []
    }

    private static let mostPictures = 256

    /// The cells that a picture of this shape takes in the middle of `area`.
    private static func fitted(_ size: PixelSize, in area: CellRect, cellAspect: Double) -> CellRect {
        let aspect = Double(size.width) / Double(size.height) / cellAspect  // in columns a row
        let columns = Int((Double(area.rows) * aspect).rounded())
        if columns <= area.columns { return area.centred(columns: max(1, columns), rows: area.rows) }
        let rows = Int((Double(area.columns) / aspect).rounded())
        return area.centred(columns: area.columns, rows: rows.clamped(to: 1...area.rows))
    }
}
