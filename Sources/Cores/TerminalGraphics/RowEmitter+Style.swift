/// Colours and attributes: as many as change, in one sequence (SGR, ECMA-48 §8.3.117).
extension RowEmitter {
    @inline(__always)
    mutating func setStyle(_ foreground: UInt32, _ background: UInt32, _ attributes: UInt8) {
        guard foreground != pen.foreground || background != pen.background || attributes != pen.attributes else {
            return
        }
        flushRepeats()
        store(0x5b1b, 2)
        if attributes != pen.attributes { setAttributes(attributes) }
        if foreground != pen.foreground { setColour(foreground, base: 30) }
        if background != pen.background { setColour(background, base: 40) }
        (output - 1).storeBytes(of: UInt8(ascii: "m"), as: UInt8.self)  // instead of the last semicolon
        pen.foreground = foreground
        pen.background = background
        pen.attributes = attributes
    }

    /// Attributes cannot be taken away one by one on every terminal, so taking away begins anew.
    private mutating func setAttributes(_ attributes: UInt8) {
        if pen.attributes & ~attributes != 0 {
            store(0x3b30, 2)
            pen.foreground = 0
            pen.background = 0
            pen.attributes = 0
        }
        let added = Attributes(rawValue: attributes & ~pen.attributes)
        if added.contains(.bold) { store(0x3b31, 2) }
        if added.contains(.dim) { store(0x3b32, 2) }
        if added.contains(.italic) { store(0x3b33, 2) }
        if added.contains(.underline) { store(0x3b34, 2) }
        if added.contains(.inverse) { store(0x3b37, 2) }
    }

    @inline(__always)
    private mutating func setColour(_ colour: UInt32, base: Int) {
        if colour == 0 {
            parameter(base + 9)
            return
        }
        switch mode {
        case .truecolor:
            store(UInt64(UInt8(ascii: "0") + UInt8(base / 10)) | 0x3b32_3b38 << 8, 5)  // "38;2;" or "48;2;"
            parameter(Int(colour >> 16 & 255))
            parameter(Int(colour >> 8 & 255))
            parameter(Int(colour & 255))
        case .palette256:
            store(UInt64(UInt8(ascii: "0") + UInt8(base / 10)) | 0x3b35_3b38 << 8, 5)  // "38;5;" or "48;5;"
            parameter(Int(colour & 255))
        case .palette16:
            let index = Int(colour & 15)
            parameter(index < 8 ? base + index : base + 60 + index - 8)
        case .none: parameter(base + 9)
        }
    }

    /// Colours for cells of pictures.
    @inline(__always)
    mutating func setInks(_ foreground: Ink, _ background: Ink) {
        guard foreground.kind != .kept || background.kind != .kept else { return }
        flushRepeats()
        store(0x5b1b, 2)
        setInk(foreground, base: 30)
        setInk(background, base: 40)
        (output - 1).storeBytes(of: UInt8(ascii: "m"), as: UInt8.self)
        pen.foreground = foreground.penBits
        pen.background = background.penBits
    }

    @inline(__always)
    private mutating func setInk(_ ink: Ink, base: Int) {
        switch ink.kind {
        case .kept: break
        case .palette where mode == .truecolor:
            store(UInt64(UInt8(ascii: "0") + UInt8(base / 10)) | 0x3b35_3b38 << 8, 5)
            parameter(Int(ink.index))
        case .palette, .exact: setColour(ink.penBits, base: base)
        }
    }

    /// Cells of pictures have no attributes.
    mutating func clearAttributes() {
        guard pen.attributes != 0 else { return }
        flushRepeats()
        store(0x6d_5b1b, 3)
        pen.foreground = 0
        pen.background = 0
        pen.attributes = 0
    }
}
