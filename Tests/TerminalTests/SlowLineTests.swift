import Media
import Primitives
import Testing

@testable import TerminalGraphics
@testable import TerminalIO

/// A screen at the end of a line that carries so many bytes a second, in simulated time: the hardest picture there is, waves
/// that change everywhere in every frame, is written as `FrameWriter` writes it.
private struct SlowLine {
    private static let size = CellSize(columns: 100, rows: 30)
    private static let frameInterval = Duration.milliseconds(33)
    private static let step = Duration.milliseconds(1)

    private let bytesPerSecond: Double
    private let painter = ScreenPainter(profile: TerminalProfile(glyphs: .quadrant))
    private var pace = LinePace()
    private var effort = FrameEffort(leastEconomy: FrameEffort.usualEconomy, frameTime: .milliseconds(80))
    private var now = Instant.zero
    private var sent = 0
    private var drained = 0.0
    /// What is on its way: where in the stream it ends, and when the frame was made whose last piece it is.
    private var pieces: [(end: Int, made: Instant?)] = []
    private var made: Instant?
    private(set) var ages: [Duration] = []

    init(bytesPerSecond: Double) {
        self.bytesPerSecond = bytesPerSecond
        note(60, made: nil)  // the questions at the start
    }

    private mutating func note(_ count: Int, made: Instant?) {
        sent += count
        let isAsking = pace.wantsAnswer
        pace.wrote(count, isAsking: isAsking, blocked: .zero, now: now)
        if isAsking { pieces.append((sent, made)) }
    }

    /// Ages are taken from `settled` on.
    mutating func run(settled: Duration, for duration: Duration) {
        var frame: (grid: CellGrid, made: Instant)?
        var shown = Instant.zero
        var (isUnfinished, nextFrame) = (false, Instant.zero)
        while now < .zero + duration {
            now += Self.step
            drain()
            if now > .zero + settled, let made { ages.append(now - made) }
            if now >= nextFrame {
                nextFrame += Self.frameInterval
                frame = (picture(), now)
            }
            guard frame != nil || isUnfinished else { continue }
            let allowance = pace.allowance(now: now)
            guard allowance > 0 else { continue }
            painter.economy = effort.economy
            if let newer = frame {
                effort.begin(now: now, isContinued: isUnfinished)
                // The rest of a frame is older than what was begun anew.
                if !isUnfinished { shown = newer.made }
                painter.show(newer.grid)
                frame = nil
            }
            isUnfinished = !write(allowance, shown)
        }
    }

    private mutating func drain() {
        drained = min(Double(sent), drained + bytesPerSecond * Self.step.seconds)
        while let first = pieces.first, Double(first.end) <= drained + 0.01 {
            pieces.removeFirst()
            pace.answered(now: now)
            if let made = first.made { self.made = made }
        }
    }

    private mutating func write(_ allowance: Int, _ shown: Instant) -> Bool {
        var out: [UInt8] = []
        let isComplete = painter.write(into: &out, limit: allowance)
        if !isComplete { painter.suspendFrame(into: &out) }
        if !out.isEmpty { note(out.count, made: isComplete ? shown : nil) }
        effort.wrote(out.count, isComplete: isComplete, now: now)
        return isComplete
    }

    private func picture() -> CellGrid {
        var frame = VideoFrame(black: PixelSize(160, 90), captureTime: now)
        let phase = Int(now.nanoseconds / 4_000_000)
        frame.bytes.withUnsafeMutableBufferPointer { bytes in
            for index in 0..<160 * 90 {
                bytes[index] = UInt8(60 + ((index % 160 * 6 + index / 160 * 10 + phase) & 127))
            }
        }
        var grid = CellGrid(Self.size)
        grid.place(frame, in: grid.rect, cellAspect: 160.0 / 90 * 30 / 100)
        return grid
    }
}

@Suite struct SlowLineTests {
    @Test(arguments: [30_000.0, 100_000, 1_000_000])
    func thePictureIsNeverLate(bytesPerSecond: Double) {
        var line = SlowLine(bytesPerSecond: bytesPerSecond)
        line.run(settled: .milliseconds(2_500), for: .seconds(5))
        let ages = line.ages.sorted()
        #expect(ages[ages.count * 95 / 100] < .milliseconds(250), "\(bytesPerSecond) bytes a second")
    }
}
