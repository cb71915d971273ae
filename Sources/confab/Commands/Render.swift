import ArgumentParser
import Call
import Codecs
import Devices
import Glibc
import Media
import Primitives
import Runtime
import TerminalGraphics
import TerminalIO

struct Render: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Draw a video or a picture in the terminal.",
        discussion: """
            Anything that ffmpeg reads, and Y4M, IVF and WebM without it. The drawing is that of a call. In a pipe the bytes
            are written as they would be for a terminal of the given size.

            EXAMPLES
              confab render holiday.webm
              confab render photo.jpg --render ascii
              confab render clip.y4m --size 200x60 --render best --benchmark > /dev/null
            """)

    @Argument(help: ArgumentHelp("The video or picture.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("Columns and rows to draw [those of the terminal, else 80x24].", valueName: "CxR"))
    var size: PixelSize?

    @OptionGroup var drawingOptions: DrawingOptions

    @Option(
        help: ArgumentHelp(
            "How much error (mean squared) a byte is worth: more makes it coarser, 0 spares nothing.", valueName: "n"))
    var economy: Double?

    @Option(help: ArgumentHelp("Stop after so many frames.", valueName: "n"))
    var frames: Int?

    @Flag(help: "As fast as possible, each frame between the marks of synchronised output; times on standard error.")
    var benchmark = false

    func validate() throws {
        if let size, size.isNone || size.width > 4_096 || size.height > 4_096 {
            throw ValidationError("--size must be 1x1 to 4096x4096 cells.")
        }
    }

    func run() throws {
        try endingOnFailure {
            let source = try open()
            let stream = FrameStream(try drawing(), source, isBenchmark: benchmark, limit: frames ?? .max)
            try stream.run()
        }
    }

    private func open() throws -> any VideoSource {
        switch try VideoDevices.open(file, size: PixelSize(640, 360), framesPerSecond: 30).input {
        case .none: throw Failure(ExitStatus.noInput, "\(file) has no picture")
        case .pictures(let source): return source
        case .encoded(let file):
            let decoder = VP8Decoder(maximumSize: PixelSize(4_096, 4_096))
            return DecodedVideo(file, sleep: { benchmark ? () : Clock.sleep(until: $0) }) { frame in
                (try? decoder.decode(frame.bytes, captureTime: frame.time)) ?? nil
            }
        }
    }

    /// What to draw with, on how many cells.
    private func drawing() throws -> FrameStream.Drawing {
        var profile = Terminal.guessedProfile()
        if let colours = drawingOptions.colours { profile.colours = colours }
        if let glyphs = drawingOptions.glyphs { profile.glyphs = glyphs }
        profile.pixels = drawingOptions.pixels.map {
            PixelScreen($0, cell: Terminal.cellPixels() ?? PixelScreen.usualCell)
        }
        if benchmark { profile.hasSynchronisedOutput = true }
        profile.cellAspect = drawingOptions.cellAspect ?? profile.cellAspect
        let asked = size.map { CellSize(columns: $0.width, rows: $0.height) }
        return FrameStream.Drawing(
            profile: profile, size: asked ?? Terminal.outputSize() ?? CellSize(columns: 80, rows: 24),
            economy: economy, bytesPerSecond: drawingOptions.ttyRate.bytesPerSecond)
    }
}
