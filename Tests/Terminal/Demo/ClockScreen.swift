import Media
import Primitives
import Runtime
import TerminalGraphics
import TerminalIO

/// A moving picture that carries the time of its making, and below it the key pressed last: how late a screen is can be
/// read from it (`ui-demo --clock`).
///
/// The upper eighth is bars, black or white: sixteen for the monotonic clock's milliseconds, highest bit first, and on their
/// right the same black for white, so that a half-drawn number is told from a whole one.
enum ClockScreen {
    private static let size = PixelSize(320, 180)
    static let bits = 16

    static func run(_ terminal: Terminal, for duration: Duration) {
        let begun = Clock.now()
        var next = begun
        var key = "-"
        while Clock.now() - begun < duration {
            for event in terminal.poll(until: next) {
                if case .input(.key(let pressed)) = event, case .character(let scalar) = pressed.code {
                    key = String(scalar)
                }
                if case .closed = event { return }
            }
            guard Clock.now() >= next else { continue }
            next += .milliseconds(33)
            var grid = CellGrid(terminal.size)
            let (above, line) = grid.rect.splitBottom(1)
            let now = Clock.now()
            grid.place(picture(now), in: above, cellAspect: 320 / 180 * Double(above.rows) / Double(above.columns))
            grid.write("key \(key)", row: line.row, column: 0)
            terminal.submit(grid)
        }
    }

    /// Waves that change everywhere in every frame, as hard for the line as can be.
    private static func picture(_ now: Instant) -> VideoFrame {
        var frame = VideoFrame(black: size, captureTime: now)
        let milliseconds = Int(now.nanoseconds / 1_000_000)
        frame.bytes.withUnsafeMutableBufferPointer { bytes in
            for row in 0..<size.height {
                for column in 0..<size.width {
                    let wave = (column &* 3 &+ row &* 5 &+ milliseconds / 4) & 127
                    bytes[row * size.width + column] = UInt8(truncatingIfNeeded: 60 + wave)
                }
            }
            let number = milliseconds & 0xffff
            let bars = number << bits | number ^ 0xffff
            for row in 0..<size.height / 8 {
                for column in 0..<size.width {
                    let bar = 2 * bits - 1 - column * 2 * bits / size.width
                    bytes[row * size.width + column] = bars >> bar & 1 == 1 ? 235 : 16
                }
            }
        }
        return frame
    }
}
