import Media
import Primitives

/// What turns the local clock into a time of day that people and other machines know.
package struct PictureClock: Sendable {
    /// Time since 1970 (UTC) at `Instant.zero`.
    package var unixTimeAtZero: Duration
    /// What local time is ahead of UTC.
    package var zone: Duration

    package init(unixTimeAtZero: Duration, zone: Duration = .zero) {
        self.unixTimeAtZero = unixTimeAtZero
        self.zone = zone
    }

    package func unixMilliseconds(at now: Instant) -> Int64 {
        (now.nanoseconds &+ unixTimeAtZero.nanoseconds) / 1_000_000
    }

    /// Milliseconds since local midnight.
    package func millisecondsOfDay(at now: Instant) -> Int {
        let day: Int64 = 86_400_000
        let local = unixMilliseconds(at: now) &+ zone.milliseconds
        return Int((local % day + day) % day)
    }
}

/// Paints the moving picture of the camera that every machine has: a colour gradient, running colour bars, a bouncing
/// ball, a clock, the number of the frame, and both again for machines (`FrameCode`).
package struct TestPicture: Sendable {
    package let size: PixelSize
    private let clock: PictureClock
    private let background: [UInt8]
    private let bars: PictureRow
    private let ball: Canvas.Colour
    private var counter: UInt16 = 0

    /// Sides are made even and at least 32. `hue` (in turns) tints the picture, to tell participants apart.
    package init(size: PixelSize, clock: PictureClock = PictureClock(unixTimeAtZero: .zero), hue: Double = 0.6) {
        let size = PixelSize(max(32, size.width & ~1), max(32, size.height & ~1))
        self.size = size
        self.clock = clock
        ball = Canvas.Colour(hue: hue + 0.5, saturation: 0.7, value: 1)
        background = Self.gradient(size, hue: hue)
        bars = PictureRow(width: 2 * size.width) { x in
            let bar = x % size.width * 8 / size.width
            return Canvas.Colour(hue: Double(bar) / 8, saturation: 0.75, value: 0.9)
        }
    }

    /// The next frame, numbered one more than the one before; the first is 0.
    package mutating func nextFrame(now: Instant) -> VideoFrame {
        defer { counter &+= 1 }
        return frame(counter, now: now)
    }

    /// The frame of any number and time.
    package func frame(_ counter: UInt16, now: Instant) -> VideoFrame {
        let code = FrameCode(
            counter: counter, milliseconds: UInt16(truncatingIfNeeded: clock.unixMilliseconds(at: now)))
        var bytes = background
        bytes.withUnsafeMutableBufferPointer { buffer in
            let canvas = Canvas(buffer.baseAddress!, size: size)  // a picture has at least 32x32 pixels
            drawBars(canvas, now)
            drawBall(canvas, now)
            drawText(canvas, counter, now)
            drawCode(canvas, code)
        }
        return VideoFrame(size: size, bytes: bytes, captureTime: now)
    }

    /// Where the machine-readable strip begins.
    private var codeTop: Int { size.height * (FrameCode.rowsPerHeight - FrameCode.rows) / FrameCode.rowsPerHeight }

    /// A period of `length`, as a position in 0..<1.
    private func cycle(_ now: Instant, _ length: Duration) -> Double {
        let rest = now.nanoseconds % length.nanoseconds
        return Double(rest < 0 ? rest + length.nanoseconds : rest) / Double(length.nanoseconds)
    }

    private func drawBars(_ canvas: Canvas, _ now: Instant) {
        let offset = Int(cycle(now, .milliseconds(8_000)) * Double(size.width)) & ~1
        for y in (codeTop * 13 / 16) & ~1..<codeTop { canvas.copyRow(bars, offset: offset, to: y) }
    }

    private func drawBall(_ canvas: Canvas, _ now: Instant) {
        let radius = max(3, min(size.width, size.height) / 10)
        let x = abs(2 * cycle(now, .milliseconds(4_100)) - 1)
        let fall = 2 * cycle(now, .milliseconds(1_300)) - 1
        let left = radius + Int(x * Double(size.width - 2 * radius))
        let top = radius + Int(fall * fall * Double(codeTop - 2 * radius))
        canvas.disc(centreX: left, centreY: top, radius: radius, ball)
        let glint = max(1, radius / 4)
        canvas.disc(centreX: left - radius / 3, centreY: top - radius / 3, radius: glint, .white)
    }

    private func drawText(_ canvas: Canvas, _ counter: UInt16, _ now: Instant) {
        let clock = clockText(now)
        let margin = 2
        // Most of the width on small pictures, two thirds on large ones.
        let dot = max(1, min((size.width - margin) / (clock.count * BitmapFont.advance + 1), size.width / 110 + 1))
        let line = (BitmapFont.rows + 2) * dot
        canvas.text(clock, x: margin, y: margin, dot: dot)
        if margin + 2 * line <= codeTop {
            canvas.text(digits(Int(counter), width: 5), x: margin, y: margin + line, dot: dot)
        }
    }

    /// `HH:MM:SS.mmm`, or `SS.mmm` where the picture is too narrow for it.
    private func clockText(_ now: Instant) -> [UInt8] {
        let ms = clock.millisecondsOfDay(at: now)
        let seconds = digits(ms / 1_000 % 60, width: 2) + [UInt8(ascii: ".")] + digits(ms % 1_000, width: 3)
        guard size.width >= 76 else { return Array(seconds.prefix((size.width - 3) / BitmapFont.advance)) }
        let colon = [UInt8(ascii: ":")]
        return digits(ms / 3_600_000, width: 2) + colon + digits(ms / 60_000 % 60, width: 2) + colon + seconds
    }

    private func digits(_ number: Int, width: Int) -> [UInt8] {
        var out = [UInt8](repeating: UInt8(ascii: "0"), count: width)
        var rest = number
        for place in stride(from: width - 1, through: 0, by: -1) {
            out[place] += UInt8(rest % 10)
            rest /= 10
        }
        return out
    }

    private func drawCode(_ canvas: Canvas, _ code: FrameCode) {
        canvas.fillChroma(x: 0..<size.width, y: codeTop..<size.height, .black)
        for (row, word) in code.words.enumerated() {
            let block = FrameCode.rowsPerHeight - FrameCode.rows + row
            let top = size.height * block / FrameCode.rowsPerHeight
            let bottom = size.height * (block + 1) / FrameCode.rowsPerHeight
            for column in 0..<FrameCode.columns {
                let left = size.width * column / FrameCode.columns
                let right = size.width * (column + 1) / FrameCode.columns
                let isSet = word >> UInt16(FrameCode.columns - 1 - column) & 1 == 1
                canvas.fillLuma(x: left..<right, y: top..<bottom, isSet ? Canvas.Colour.white.y : Canvas.Colour.black.y)
            }
        }
    }

    private static func gradient(_ size: PixelSize, hue: Double) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: VideoFrame.byteCount(size))
        let rows = (0..<size.width).map { x in
            Canvas.Colour(hue: hue + 0.25 * Double(x) / Double(size.width), saturation: 0.6, value: 0.9)
        }
        bytes.withUnsafeMutableBufferPointer { out in
            let chroma = VideoFrame.chromaArea(size)
            for y in 0..<size.height {
                let shade = 256 - 160 * y / size.height  // darker towards the bottom
                for x in 0..<size.width { out[y * size.width + x] = UInt8(16 + (Int(rows[x].y) - 16) * shade / 256) }
                guard y % 2 == 0 else { continue }
                let at = size.area + y / 2 * (size.width / 2)
                for x in 0..<size.width / 2 {
                    out[at + x] = rows[2 * x].u
                    out[at + chroma + x] = rows[2 * x].v
                }
            }
        }
        return bytes
    }
}
