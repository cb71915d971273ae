import Devices
import Glibc
import Media
import Primitives
import Runtime
import TerminalGraphics
import TerminalIO

/// Draws one picture after another to standard output, whatever that is.
final class FrameStream {
    struct Drawing {
        var profile: TerminalProfile
        var size: CellSize
        var economy: Double?
        /// To get along with.
        var bytesPerSecond: Double?
    }

    private let drawing: Drawing
    private let source: any VideoSource
    private let isBenchmark: Bool
    private let limit: Int
    private let painter: ScreenPainter
    private var effort: FrameEffort
    private var buffer: [UInt8] = []
    private var times: [Duration] = []
    private var sizes: [Int] = []

    init(_ drawing: Drawing, _ source: any VideoSource, isBenchmark: Bool, limit: Int) {
        self.drawing = drawing
        self.source = source
        self.isBenchmark = isBenchmark
        self.limit = limit
        painter = ScreenPainter(profile: drawing.profile)
        effort = FrameEffort(leastEconomy: drawing.economy ?? FrameEffort.usualEconomy, frameTime: .milliseconds(80))
    }

    func run() throws {
        let begun = Clock.now()
        while !source.ended, times.count < limit {
            guard let frame = try source.nextFrame(now: Clock.now()) else { continue }
            draw(frame)
            if !isBenchmark, !source.keepsTime {
                Clock.sleep(until: begun + Duration(seconds: Double(times.count) / source.framesPerSecond))
            }
        }
        if !isBenchmark { emit(EscapeSequences.resetStyle + Array("\u{1b}[\(drawing.size.rows);1H\r\n".utf8)) }
        if isBenchmark { report() }
    }

    private func draw(_ frame: VideoFrame) {
        let begun = Clock.threadTime()
        var grid = CellGrid(drawing.size)
        grid.place(frame, in: grid.rect, cellAspect: drawing.profile.cellAspect)
        buffer.removeAll(keepingCapacity: true)
        painter.economy = effort.economy
        painter.show(grid)
        writePieces()
        times.append(Clock.threadTime() - begun)
        sizes.append(buffer.count)
        emit(buffer)
    }

    /// No more than the frame's share of the rate; what is missing comes with the next frame.
    private func writePieces() {
        guard let rate = drawing.bytesPerSecond else {
            _ = painter.write(into: &buffer)
            return
        }
        let share = max(256, Int(rate / source.framesPerSecond))
        let isComplete = painter.write(into: &buffer, limit: share)
        if !isComplete { painter.suspendFrame(into: &buffer) }
        effort.wrote(buffer.count, of: share, isComplete: isComplete)
    }

    private func emit(_ bytes: [UInt8]) {
        writeAll(bytes, to: STDOUT_FILENO)
    }

    /// One line of `name=value` pairs, for people and programs.
    private func report() {
        let later = times.dropFirst().sorted()
        guard let median = later.isEmpty ? times.first : later[later.count / 2] else { return }
        let mean = later.reduce(Duration.zero, +).seconds / Double(max(1, later.count)) * 1_000
        let bytes = sizes.dropFirst().reduce(0, +) / max(1, sizes.count - 1)
        func digits(_ value: Double) -> String { String((value * 1_000).rounded() / 1_000) }
        let line =
            "frames=\(times.count) ms_median=\(digits(median.seconds * 1_000)) ms_mean=\(digits(mean)) "
            + "bytes_first=\(sizes.first ?? 0) bytes_mean=\(bytes)\n"
        writeAll(Array(line.utf8), to: STDERR_FILENO)
    }
}
