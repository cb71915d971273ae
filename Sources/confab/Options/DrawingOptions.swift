import ArgumentParser
import TerminalGraphics
import TerminalIO

/// How pictures are drawn in the terminal.
struct DrawingOptions: ParsableArguments {
    @Option(help: "What pictures are drawn with.")
    var render = RenderOption.auto

    @Option(help: "Colours of the terminal.")
    var color = ColourOption.auto

    @Option(
        help: ArgumentHelp(
            "Width of a character cell divided by its height [asked from the terminal].", valueName: "ratio"))
    var cellAspect: Double?

    @Option(
        help: ArgumentHelp(
            "The most bits a second to write to the terminal, or auto: 240k, 8M [measured].", valueName: "rate"))
    var ttyRate = TerminalRate.auto

    func validate() throws {
        if let cellAspect, !(0.2...1.5 ~= cellAspect) { throw ValidationError("--cell-aspect must be 0.2 to 1.5.") }
    }

    /// Nil leaves it to what the terminal tells.
    var glyphs: GlyphSet? { GlyphSet(rawValue: render.rawValue) }
    var pixels: PixelScreen.Format? { PixelScreen.Format(rawValue: render.rawValue) }
    var colours: ColourMode? { ColourMode(rawValue: color.rawValue) }

    var terminal: Terminal.Options {
        Terminal.Options(
            colours: colours, cellAspect: cellAspect, glyphs: glyphs, pixels: pixels, rate: ttyRate.bytesPerSecond)
    }
}

enum RenderOption: String, ExpressibleByArgument, CaseIterable {
    case auto, half, quadrant, sextant, octant, best, braille, ascii, space, sixel, kitty, iterm
}

enum ColourOption: String, ExpressibleByArgument, CaseIterable {
    case auto
    case truecolor
    case palette256 = "256"
    case palette16 = "16"
    case none
}

/// `auto`, or bits a second.
enum TerminalRate: ExpressibleByArgument, CustomStringConvertible {
    case auto
    case atMost(RateValue)

    init?(argument: String) {
        if argument == "auto" {
            self = .auto
        } else if let rate = RateValue(argument: argument) {
            self = .atMost(rate)
        } else {
            return nil
        }
    }

    var description: String {
        switch self {
        case .auto: "auto"
        case .atMost(let rate): rate.defaultValueDescription
        }
    }

    var bytesPerSecond: Double? {
        switch self {
        case .auto: nil
        case .atMost(let rate): Double(rate.bitrate.bitsPerSecond) / 8
        }
    }
}
