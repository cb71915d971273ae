/// What stands for a character on a terminal without UTF-8.
enum ASCIIFallback {
    static func glyph(for glyph: UInt64) -> UInt64 {
        guard glyph >= 0x7f else { return glyph }
        guard glyph < 1 << 21, let scalar = Unicode.Scalar(UInt32(glyph)) else { return UInt64(UInt8(ascii: "?")) }
        return UInt64(substitute(for: scalar).value)
    }

    private static func substitute(for scalar: Unicode.Scalar) -> Unicode.Scalar {
        switch scalar {
        case "─", "━", "–", "—", "▬": "-"
        case "│", "┃", "▌", "▐", "▏", "▕", "┊": "|"
        case "╭", "╮", "╰", "╯", "┌", "┐", "└", "┘", "├", "┤", "┬", "┴", "┼": "+"
        case "▁", "▂", "·", "…", "⋯": "."
        case "▃", "▄": "o"
        case "▅", "▆", "▇", "█", "▀": "#"
        case "●", "◉", "•", "◆", "★": "*"
        case "○", "◌", "◇": "o"
        case "▶", "▸", "›", "→", "❯": ">"
        case "◀", "◂", "‹", "←": "<"
        case "↑", "▲": "^"
        case "↓", "▼": "v"
        case "✕", "✗", "×", "⊘": "x"
        case "✓": "+"
        case "‘", "’": "'"
        case "“", "”": "\""
        default: 0x2400...0x241f ~= scalar.value ? "^" : "?"
        }
    }
}
