/// Cursor movements.
extension RowEmitter {
    /// The shortest way to the column: nothing, a step or a few back or forth, or the address.
    mutating func moveTo(_ column: Int) {
        defer { pen.position = CellPosition(row: row, column: column) }
        guard let from = pen.position else { return moveAbsolutely(to: column) }
        if from.row == row, from.column == column { return }
        flushRepeats()
        if from.row == row {
            moveAlong(from: from.column, to: column)
        } else if column == 0, row > from.row, row - from.row <= 4 {
            store(0x0d, 1)
            for _ in from.row..<row { store(0x0a, 1) }
        } else {
            moveAbsolutely(to: column)
        }
    }

    private mutating func moveAlong(from: Int, to column: Int) {
        let distance = column - from
        switch distance {
        case 0: break
        case -3 ... -1: for _ in distance..<0 { store(0x08, 1) }
        case _ where column == 0: store(0x0d, 1)
        case 1: store(0x43_5b1b, 3)
        case 2...:
            store(0x5b1b, 2)
            number(distance)
            store(UInt64(UInt8(ascii: "C")), 1)
        default:
            store(0x5b1b, 2)
            number(-distance)
            store(UInt64(UInt8(ascii: "D")), 1)
        }
    }

    private mutating func moveAbsolutely(to column: Int) {
        flushRepeats()
        store(0x5b1b, 2)
        if row > 0 || column > 0 { number(row + 1) }
        if column > 0 {
            store(UInt64(UInt8(ascii: ";")), 1)
            number(column + 1)
        }
        store(UInt64(UInt8(ascii: "H")), 1)
    }

    /// A number up to 65535 without a semicolon.
    mutating func number(_ value: Int) {
        guard value > 255 else {
            parameter(value)
            output -= 1
            return
        }
        var digits: UInt64 = 0
        var count = 0
        var rest = value
        while rest > 0 {
            digits = digits << 8 | UInt64(0x30 + rest % 10)
            rest /= 10
            count += 1
        }
        store(digits, min(count, 6))
    }
}
