import CellFitting
import Media
import Primitives
import Testing

@testable import TerminalGraphics

/// The kernels against a plain search through all patterns.
@Suite(.serialized) struct CellFitterTests {
    struct Fitted: Equatable {
        var kind: Int
        var mask: Int
        var foreground: [Int]
        var background: [Int]
    }

    private static let grids: [(across: Int, down: [Int])] = [
        (1, [1]), (1, [2]), (2, [2]), (2, [3]), (2, [4]), (2, [3, 4]),
    ]

    /// Each cell's fit by the kernels, with nothing shown yet.
    private func fit(_ frame: VideoFrame, _ across: Int, _ down: [Int], hasAVX2: Bool) -> [Fitted] {
        CellFitter.useAVX2(hasAVX2)
        defer { CellFitter.useAVX2(true) }
        let fitter = CellFitter()
        let shape = CellFitter.Shape(columns: 7, rows: 19, across: across, down: down, isMirrored: false)
        #expect(fitter.scale(frame, to: shape, sharpening: 0))
        let shown = ShownPatterns(CellSize(columns: 7, rows: 19))
        shown.withPlanes(at: 0, 0) { fitter.fit(shown: $0, planeSize: $1, stride: $2, threshold: 0) }
        let cells = fitter.cells
        var found: [Fitted] = []
        for column in 0..<7 {
            for row in 0..<19 {
                let index = column * cells.stride + row
                func colour(_ planes: UnsafePointer<UInt8>) -> [Int] {
                    (0..<3).map { Int(planes[index + $0 * cells.planeSize]) }
                }
                #expect(cells.excess[index] == .max)
                found.append(
                    Fitted(
                        kind: Int(cells.kinds[index]), mask: Int(cells.masks[index]),
                        foreground: colour(cells.foreground), background: colour(cells.background)))
            }
        }
        return found
    }

    @Test(arguments: 0..<6)
    func bothSetsOfKernelsFindTheSame(grid: Int) {
        let (across, down) = Self.grids[grid]
        let frame = noise(PixelSize(61, 83), seed: UInt64(grid) + 3)
        #expect(fit(frame, across, down, hasAVX2: true) == fit(frame, across, down, hasAVX2: false))
    }

    /// The picture has exactly one sample to a pixel, so that nothing is scaled; chroma is grey.
    @Test(arguments: 1..<5)
    func thePatternIsTheBestOfAll(grid: Int) {
        let (across, down) = (Self.grids[grid].across, Self.grids[grid].down[0])
        let size = PixelSize(7 * across, 19 * down)
        var frame = noise(size, seed: 9)
        for index in size.area..<frame.bytes.count { frame.bytes[index] = 128 }
        let found = fit(frame, across, [down], hasAVX2: true)
        let kind = across * down
        for column in 0..<7 {
            for row in 0..<19 {
                let samples = (0..<kind).map { sample -> Double in
                    let at = (row * down + sample / across) * size.width + column * across + sample % across
                    return min(255, max(0, (Double(frame.bytes[at]) - 16) * 255 / 219))
                }
                let fitted = found[column * 19 + row]
                #expect(fitted.kind == kind)
                let best = (0..<1 << (kind - 1)).map { error(samples, mask: $0) }.min() ?? 0
                // Scores are rounded; what they miss is far below anything visible.
                #expect(error(samples, mask: fitted.mask) <= best + 4)
                #expect(abs(Double(fitted.background[0]) - mean(samples, fitted.mask, members: false)) <= 2)
            }
        }
    }

    private func mean(_ samples: [Double], _ mask: Int, members: Bool) -> Double {
        let chosen = samples.indices.filter { (mask >> $0 & 1 == 1) == members }
        return chosen.isEmpty ? 0 : chosen.reduce(0) { $0 + samples[$1] } / Double(chosen.count)
    }

    /// Mean squared error with the mean of each part as its colour.
    private func error(_ samples: [Double], mask: Int) -> Double {
        samples.indices.reduce(0.0) { sum, index in
            let difference = samples[index] - mean(samples, mask, members: mask >> index & 1 == 1)
            return sum + difference * difference
        } / Double(samples.count)
    }

    @Test func scalingKeepsTheMeanAndMirrors() {
        let frame = noise(PixelSize(123, 77), seed: 5)
        let plain = fit(frame, 1, [1], hasAVX2: true)
        let all = plain.reduce(0) { $0 + $1.background[1] } / plain.count
        let luma = frame.bytes[..<frame.size.area].reduce(0) { $0 + Int($1) } / frame.size.area
        #expect(abs(all - (luma - 16) * 255 / 219) < 12)
    }

    @Test func everyPatternHasItsOwnCharacter() {
        for kind in [2, 4, 6, 8] {
            let scalars = (0..<1 << kind).map { PatternGlyphs.scalar(kind: kind, mask: $0) }
            #expect(Set(scalars).count == scalars.count)
            for mask in 0..<1 << kind {
                let entry = PatternGlyphs.blocks[PatternGlyphs.index(kind: kind, mask: mask)]
                #expect(PatternGlyphs.scalar(of: entry) == scalars[mask])
            }
        }
        #expect(PatternGlyphs.scalar(kind: 6, mask: 1) == 0x1fb00)
        #expect(PatternGlyphs.scalar(kind: 6, mask: 62) == 0x1fb3b)
        #expect(PatternGlyphs.scalar(kind: 8, mask: 4) == 0x1cd00)
        #expect(PatternGlyphs.scalar(kind: 8, mask: 254) == 0x1cde5)
    }
}
