import TerminalGraphics

/// The colours of the screen, and what stands for them where there are none.
struct Theme {
    let hasColour: Bool

    init(_ profile: TerminalProfile) { hasColour = profile.colours != .none }

    private func style(
        _ foreground: UInt32, on background: UInt32?, _ attributes: Attributes = [], plain: Attributes = []
    )
        -> Style
    {
        guard hasColour else { return Style(.standard, on: .standard, plain) }
        return Style(Colour(foreground), on: background.map { Colour($0) } ?? .standard, attributes)
    }

    // Surfaces
    var tile: Style { style(0x8a93a3, on: 0x14171d) }
    var strip: Style { style(0xdfe3ea, on: 0x272c36, plain: .inverse) }
    var stripFocused: Style { style(0xffffff, on: 0x2f5fa8, .bold, plain: [.inverse, .underline]) }
    var stripSpeaking: Style { style(0xffffff, on: 0x1d8a4e, .bold, plain: [.inverse, .bold]) }
    var frameSpeaking: Style { style(0x1d8a4e, on: nil, plain: .bold) }
    var bar: Style { style(0xc9ced8, on: 0x1c2029, plain: .inverse) }
    var panel: Style { style(0xd5dae3, on: 0x191c23) }
    var panelTitle: Style { style(0xffffff, on: 0x2b3140, .bold, plain: [.inverse, .bold]) }
    var field: Style { style(0xffffff, on: 0x2b3140, plain: .underline) }
    var dialog: Style { style(0xe4e8ef, on: 0x232834) }
    var dialogBorder: Style { style(0x6f9bdc, on: 0x232834) }
    var notice: Style { style(0xffffff, on: 0x3a4356, plain: .inverse) }

    // Marks; each keeps the background it is put on
    func strong(on surface: Style) -> Style { mark(0xffffff, .bold, on: surface) }
    func quiet(on surface: Style) -> Style { mark(0x8b94a5, [], plain: [], on: surface) }
    func accent(on surface: Style) -> Style { mark(0x7fb2f5, [], plain: .bold, on: surface) }
    func link(on surface: Style) -> Style { mark(0x8cc4ff, .underline, plain: .underline, on: surface) }
    func good(on surface: Style) -> Style { mark(0x5fd38d, [], on: surface) }
    func warning(on surface: Style) -> Style { mark(0xf2c14e, .bold, on: surface) }
    func danger(on surface: Style) -> Style { mark(0xff7b72, .bold, on: surface) }

    private func mark(_ foreground: UInt32, _ attributes: Attributes, plain: Attributes = .bold, on surface: Style)
        -> Style
    {
        guard hasColour else { return surface.with(plain) }
        return Style(Colour(foreground), on: surface.background, attributes)
    }

    /// Unlike anything else on the screen: white on red.
    var pill: Style { style(0xffffff, on: 0xb3332b, .bold, plain: [.inverse, .bold]) }
    var talking: Style { style(0xffffff, on: 0x1d8a4e, .bold, plain: [.inverse, .bold]) }

    /// A colour of a person's own, the same on every screen.
    func person(_ name: String, on surface: Style) -> Style {
        guard hasColour else { return surface.with(.bold) }
        return Style(Self.colour(of: name).mixed(with: Colour(0xffffff), 0.35), on: surface.background, .bold)
    }

    func avatar(_ name: String) -> Colour { Self.colour(of: name) }

    private static let personColours: [UInt32] = [
        0x3f7fd0, 0xc0564b, 0x3f9a63, 0x9a62c4, 0xbf8130, 0x2f97a3, 0xb9558c, 0x7d8b2f,
    ]

    private static func colour(of name: String) -> Colour {
        let hash = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
        return Colour(personColours[Int(hash >> 8) % personColours.count])
    }

    // MARK: Level meter

    private static let steps: [Unicode.Scalar] = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"]

    /// A flight of steps, lit as far as the level goes.
    func drawMeter(_ level: Double, row: Int, column: Int, columns: Int, on surface: Style, in grid: inout CellGrid) {
        guard columns > 0 else { return }
        let lit = Int((level * Double(columns)).rounded(.up))
        for index in 0..<columns {
            let step = Self.steps[min(7, (index * 8 + 4) / columns)]
            let isLit = index < lit
            guard isLit || hasColour else { continue }
            let share = Double(index) / Double(columns)
            let colour: UInt32 = !isLit ? 0x4a5262 : share < 0.6 ? 0x5fd38d : share < 0.85 ? 0xf2c14e : 0xff7b72
            let style = hasColour ? Style(Colour(colour), on: surface.background) : surface
            grid[row, column + index] = Cell(step, style)
        }
    }
}
