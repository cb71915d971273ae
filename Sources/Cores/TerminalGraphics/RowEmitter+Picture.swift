import Primitives

/// Cells of pictures. Each is drawn in the way, or left as it is, where that makes error + economy * bytes least: so one
/// number decides how coarse pictures are, when cells are worth redrawing and when a colour already in the pen will do.
extension RowEmitter {
    /// A colour to draw with: the one in the pen, one of the palette, or the exact one.
    struct Ink {
        enum Kind { case kept, palette, exact }
        var kind = Kind.kept
        /// 0xRRGGBB as the terminal shows it.
        var colour: UInt32
        /// What the pen then holds.
        var penBits: UInt32
        /// Of the palette, where it is drawn by its number.
        var index: UInt8 = 0
        var loss: Float = 0
        var bytes: Float = 0
    }

    /// A way to draw a cell.
    struct Drawing {
        var mask: Int
        var glyph: UInt64
        var foreground: Ink
        var background: Ink
        var loss: Float
        var cost: Float
    }

    mutating func emit(
        _ fit: CellFit, _ columns: Range<Int>, over shown: UnsafeMutableBufferPointer<Cell>,
        _ patterns: MutablePatterns, economy: Float, glyphs: UnsafePointer<UInt64>
    ) {
        for column in columns {
            let index = fit.index(row: row, column: column)
            let excess = fit.excess[index]
            if excess == 0 { continue }
            draw(fit, index, column, over: shown, patterns, economy: economy, glyphs: glyphs)
        }
        flushRepeats()
    }

    @inline(__always)
    private mutating func draw(
        _ fit: CellFit, _ index: Int, _ column: Int, over shown: UnsafeMutableBufferPointer<Cell>,
        _ patterns: MutablePatterns, economy: Float, glyphs: UnsafePointer<UInt64>
    ) {
        if pen.attributes != 0 { clearAttributes() }
        let kind = Int(fit.kinds[index])
        let pattern = Pattern(
            kind: kind, mask: Int(fit.masks[index]), foreground: fit.colour(fit.foreground, index),
            background: fit.colour(fit.background, index))
        let isUnknown = fit.excess[index] == CellFit.unknown
        let allowed = mode == .truecolor || isUnknown ? 0 : Float(patterns.allowance(row: row, column: column))
        // What is shown costs this much if it stays; the way to the cell is paid for in any case.
        let limit = isUnknown ? .infinity : Float(fit.excess[index]) + allowed - economy * movement(to: column)
        let share = Float(pattern.mask.nonzeroBitCount) / Float(kind)
        let distances = distances(of: pattern)
        guard leastCost(distances, share: share, economy: economy) < limit else { return }
        let drawing = best(for: pattern, distances, share: share, economy: economy, glyphs: glyphs)
        guard drawing.cost < limit else { return }
        moveTo(column)
        setInks(drawing.foreground, drawing.background)
        put(encoded: drawing.glyph)
        pen.position = column + 1 < shown.count ? CellPosition(row: row, column: column + 1) : nil
        let (foreground, background) = (pen.foreground, pen.background)
        shown[column] = Cell(
            glyph: UInt64(PatternGlyphs.scalar(of: drawing.glyph)), word: UInt64(foreground) | UInt64(background) << 25)
        let drawn = Pattern(
            kind: kind, mask: drawing.mask, foreground: drawing.foreground.colour,
            background: drawing.background.colour)
        let allowance = mode == .truecolor ? 0 : UInt8(min(255, drawing.loss))
        patterns.show(drawn, allowance: allowance, row: row, column: column)
    }

    /// About how many bytes it takes to get there.
    @inline(__always)
    private func movement(to column: Int) -> Float {
        guard let from = pen.position, from.row == row else { return 7 }
        return from.column == column ? 0 : from.column + 1 == column ? 3 : 4
    }

    // MARK: Choosing

    /// How far the colours of a pattern are from each other and from those in the pen.
    private struct Distances {
        var between: Float
        var foregroundToFront: Float
        var foregroundToBack: Float
        var backgroundToFront: Float
        var backgroundToBack: Float
    }

    /// From the terminal's own colour, which is not known.
    private static let unknownDistance: Float = 1e12

    @inline(__always)
    private func distances(of pattern: Pattern) -> Distances {
        var found = Distances(
            between: Self.distance(pattern.foreground, pattern.background), foregroundToFront: Self.unknownDistance,
            foregroundToBack: Self.unknownDistance, backgroundToFront: Self.unknownDistance,
            backgroundToBack: Self.unknownDistance)
        if pen.foreground & Colour.isRGB != 0 {
            let front = keptColour(pen.foreground)
            found.foregroundToFront = Self.distance(pattern.foreground, front)
            found.backgroundToFront = Self.distance(pattern.background, front)
        }
        if pen.background & Colour.isRGB != 0 {
            let back = keptColour(pen.background)
            found.foregroundToBack = Self.distance(pattern.foreground, back)
            found.backgroundToBack = Self.distance(pattern.background, back)
        }
        return found
    }

    /// The colour that an RGB or palette pen has.
    @inline(__always)
    private func keptColour(_ pen: UInt32) -> UInt32 {
        mode == .truecolor ? pen & 0xff_ffff : palette.colour(at: UInt8(truncatingIfNeeded: pen))
    }

    /// No way to draw the pattern costs less. Most cells are left alone because of this alone, so it is quick.
    @inline(__always)
    private func leastCost(_ distances: Distances, share: Float, economy: Float) -> Float {
        let change = economy * (mode == .palette16 ? 3 : 7)
        let rest = 1 - share
        let upright =
            min(change, share * distances.foregroundToFront) + min(change, rest * distances.backgroundToBack)
        let inverse =
            min(change, rest * distances.backgroundToFront) + min(change, share * distances.foregroundToBack)
        return min(min(upright, inverse) + 2 * economy, share * rest * distances.between) + economy
    }

    /// Upright, with colours exchanged, plain or mixed: the cheapest.
    @inline(__always)
    private func best(
        for pattern: Pattern, _ distances: Distances, share: Float, economy: Float, glyphs: UnsafePointer<UInt64>
    ) -> Drawing {
        let (kind, rest) = (pattern.kind, 1 - share)
        let foreground = freshInk(for: pattern.foreground, share: share, economy: economy)
        let background = freshInk(for: pattern.background, share: rest, economy: economy)
        var best = drawing(
            pattern.mask, glyphs[PatternGlyphs.index(kind: kind, mask: pattern.mask)],
            ink(foreground, keeping: pen.foreground, loss: share * distances.foregroundToFront, share, economy),
            ink(background, keeping: pen.background, loss: rest * distances.backgroundToBack, rest, economy), economy)
        // Nothing but blanks is asked for where cells are not divided.
        guard kind > 1 else { return best }
        let mask = pattern.mask ^ (1 << kind - 1)
        let inverse = drawing(
            mask, glyphs[PatternGlyphs.index(kind: kind, mask: mask)],
            ink(background, keeping: pen.foreground, loss: rest * distances.backgroundToFront, rest, economy),
            ink(foreground, keeping: pen.background, loss: share * distances.foregroundToBack, share, economy), economy)
        if inverse.cost < best.cost { best = inverse }
        let lost = share * rest * distances.between
        guard lost + economy < best.cost else { return best }
        let mean = mean(of: pattern, share: share)
        if pattern.mask != 0 {
            let plain = plain(mean, lost: lost, economy: economy)
            if plain.cost < best.cost { best = plain }
        }
        guard let shades, lost + 3 * economy < best.cost else { return best }
        let mixed = mixed(shades.mixture(near: mean), mean, lost: lost, economy: economy)
        return mixed.cost < best.cost ? mixed : best
    }

    @inline(__always)
    private func mean(of pattern: Pattern, share: Float) -> UInt32 {
        func channel(_ shift: UInt32) -> UInt32 {
            let (front, back) = (Float(pattern.foreground >> shift & 255), Float(pattern.background >> shift & 255))
            return UInt32(back + (front - back) * share + 0.5) << shift
        }
        return channel(16) | channel(8) | channel(0)
    }

    /// The whole cell in a colour that is mixed of two.
    @inline(__always)
    private func mixed(_ mixture: Shades.Mixture, _ wanted: UInt32, lost: Float, economy: Float) -> Drawing {
        func ink(_ index: UInt8, pen: UInt32) -> Ink {
            let bits = UInt32(index) | Colour.isRGB
            if bits == pen { return Ink(colour: mixture.colour, penBits: pen) }
            let bytes: Float = mode == .palette16 ? 3 : Float(6 + digits(index))
            return Ink(kind: .palette, colour: mixture.colour, penBits: bits, index: index, bytes: bytes)
        }
        let upright = (ink(mixture.foreground, pen: pen.foreground), ink(mixture.background, pen: pen.background))
        let inverse = (ink(mixture.background, pen: pen.foreground), ink(mixture.foreground, pen: pen.background))
        let isUpright = upright.0.bytes + upright.1.bytes <= inverse.0.bytes + inverse.1.bytes
        let (front, back) = isUpright ? upright : inverse
        let bytes = front.bytes + back.bytes + 3 + (front.kind == .kept && back.kind == .kept ? 0 : 2)
        let loss = lost + Self.distance(wanted, mixture.colour)
        // Known as the one colour that it looks like.
        return Drawing(
            mask: 0, glyph: Shades.glyph(quarters: isUpright ? mixture.quarters : 4 - mixture.quarters),
            foreground: front, background: back, loss: loss, cost: loss + economy * bytes)
    }

    /// A blank in the mean colour.
    @inline(__always)
    private func plain(_ mean: UInt32, lost: Float, economy: Float) -> Drawing {
        let fresh = freshInk(for: mean, share: 1, economy: economy)
        let isKnown = pen.background & Colour.isRGB != 0
        let distance = isKnown ? Self.distance(mean, keptColour(pen.background)) : Self.unknownDistance
        let back = ink(fresh, keeping: pen.background, loss: distance, 1, economy)
        let bytes = back.bytes + 1 + (back.kind == .kept ? 0 : 2)
        let loss = lost + back.loss
        return Drawing(
            mask: 0, glyph: 0x20 | 1 << 56,
            foreground: Ink(colour: pen.foreground & 0xff_ffff, penBits: pen.foreground),
            background: back, loss: loss, cost: loss + economy * bytes)
    }

    @inline(__always)
    private func drawing(_ mask: Int, _ glyph: UInt64, _ front: Ink, _ back: Ink, _ economy: Float) -> Drawing {
        let changes = front.kind != .kept || back.kind != .kept
        let bytes = front.bytes + back.bytes + Float(glyph >> 56) + (changes ? 2 : 0)
        let loss = front.loss + back.loss
        return Drawing(
            mask: mask, glyph: glyph, foreground: front, background: back, loss: loss, cost: loss + economy * bytes)
    }

    /// The fresh one, or what is in the pen, whichever is cheaper; the latter would lose so much.
    @inline(__always)
    private func ink(_ fresh: Ink, keeping pen: UInt32, loss: Float, _ share: Float, _ economy: Float) -> Ink {
        guard share == 0 || loss <= fresh.loss + economy * fresh.bytes else { return fresh }
        return Ink(colour: keptColour(pen), penBits: pen, loss: share == 0 ? 0 : loss)
    }

    /// The cheapest way to a colour that covers `share` of the cell, without regard to the pen.
    @inline(__always)
    private func freshInk(for colour: UInt32, share: Float, economy: Float) -> Ink {
        let index = palette.index(near: colour)
        let near = palette.colour(at: index)
        let loss = share * Self.distance(colour, near)
        let bytes: Float = mode == .palette16 ? 3 : Float(6 + digits(index))
        guard mode == .truecolor else {
            return Ink(
                kind: .palette, colour: near, penBits: UInt32(index) | Colour.isRGB, index: index, loss: loss,
                bytes: bytes)
        }
        let exact = exactBytes(colour)
        guard loss + economy * bytes < economy * exact else {
            return Ink(kind: .exact, colour: colour, penBits: colour | Colour.isRGB, bytes: exact)
        }
        return Ink(kind: .palette, colour: near, penBits: near | Colour.isRGB, index: index, loss: loss, bytes: bytes)
    }

    /// Mean squared difference of the channels.
    @inline(__always)
    static func distance(_ a: UInt32, _ b: UInt32) -> Float {
        let red = Int32(a >> 16 & 255) &- Int32(b >> 16 & 255)
        let green = Int32(a >> 8 & 255) &- Int32(b >> 8 & 255)
        let blue = Int32(a & 255) &- Int32(b & 255)
        return Float(red &* red &+ green &* green &+ blue &* blue) * (1.0 / 3)
    }

    @inline(__always)
    private func digits(_ value: UInt8) -> Int { Int(decimals[Int(value)] >> 56) - 1 }

    /// `38;2;R;G;B;`
    @inline(__always)
    private func exactBytes(_ colour: UInt32) -> Float {
        Float(
            5 + Int(decimals[Int(colour >> 16 & 255)] >> 56) + Int(decimals[Int(colour >> 8 & 255)] >> 56)
                + Int(decimals[Int(colour & 255)] >> 56))
    }
}
