import Media
import Primitives

/// What a test picture carries for machines: which frame it is and when it was taken.
///
/// The code is three rows of sixteen black or white blocks across the bottom fifth of the picture, most significant bit
/// on the left: the frame counter, the low bits of the capture time in milliseconds, and a checksum of both. Its place is
/// relative to the size of the picture, so that it survives scaling; its blocks are large, so that it survives a low
/// bitrate; its checksum keeps what a camera sees from being taken for a code.
package struct FrameCode: Hashable, Sendable {
    /// Counts frames and wraps.
    package var counter: UInt16
    /// Wall-clock time at capture: milliseconds since 1970, low 16 bits.
    package var milliseconds: UInt16

    package init(counter: UInt16, milliseconds: UInt16) {
        self.counter = counter
        self.milliseconds = milliseconds
    }

    /// How old the frame was at a wall-clock time (milliseconds since 1970), in -8.2...57.3 s: clocks of two machines
    /// may differ a little, and no call is a minute late.
    package func age(atUnixMilliseconds now: Int64) -> Duration {
        let difference = Int64(UInt16(truncatingIfNeeded: now) &- milliseconds)
        return .milliseconds(difference < 57_344 ? difference : difference - 65_536)
    }

    static let columns = 16
    static let rows = 3
    /// Rows of blocks that would fill the height of the picture; the last three are used.
    static let rowsPerHeight = 15

    /// The bits of each row, top to bottom.
    var words: [UInt16] { [counter, milliseconds, Self.checksum(counter, milliseconds)] }

    /// CRC-16/CCITT over the four bytes. Its start value makes all-black and all-white strips invalid.
    static func checksum(_ counter: UInt16, _ milliseconds: UInt16) -> UInt16 {
        var crc: UInt16 = 0xffff
        let bits = UInt32(counter) << 16 | UInt32(milliseconds)
        for shift in stride(from: 31, through: 0, by: -1) {
            let bit = UInt16(truncatingIfNeeded: bits >> UInt32(shift)) & 1
            let carry = crc >> 15 ^ bit
            crc <<= 1
            if carry == 1 { crc ^= 0x1021 }
        }
        return crc
    }
}

/// Reads the code that `TestPicture` burns into its frames.
package enum FrameCounterReader {
    /// Means of a block's luma that count as black and as white; what lies between is no code.
    private static let darkest: Double = 100
    private static let brightest: Double = 150

    /// The frame's code; nil where it has none, or one that is damaged.
    package static func read(_ frame: VideoFrame) -> FrameCode? {
        guard frame.size.width >= FrameCode.columns * 2, frame.size.height >= FrameCode.rowsPerHeight * 2 else {
            return nil
        }
        return frame.bytes.withUnsafeBufferPointer { bytes in
            guard let counter = word(row: 0, bytes, frame.size),
                let milliseconds = word(row: 1, bytes, frame.size),
                let checksum = word(row: 2, bytes, frame.size),
                checksum == FrameCode.checksum(counter, milliseconds)
            else { return nil }
            return FrameCode(counter: counter, milliseconds: milliseconds)
        }
    }

    private static func word(row: Int, _ bytes: UnsafeBufferPointer<UInt8>, _ size: PixelSize) -> UInt16? {
        let lines = core(
            FrameCode.rowsPerHeight - FrameCode.rows + row, of: FrameCode.rowsPerHeight, length: size.height)
        var word: UInt16 = 0
        for column in 0..<FrameCode.columns {
            let columns = core(column, of: FrameCode.columns, length: size.width)
            var sum = 0
            for y in lines {
                for x in columns { sum += Int(bytes[y * size.width + x]) }
            }
            let mean = Double(sum) / Double(lines.count * columns.count)
            if mean > darkest && mean < brightest { return nil }
            word = word << 1 | (mean >= brightest ? 1 : 0)
        }
        return word
    }

    /// The pixels in the middle half of block `index`, where neighbours have bled in least; at least one.
    private static func core(_ index: Int, of count: Int, length: Int) -> ClosedRange<Int> {
        let block = Double(length) / Double(count)
        let middle = (Double(index) + 0.5) * block
        let first = Int((middle - block / 4).rounded(.up))
        let last = Int((middle + block / 4).rounded(.down)) - 1
        return first <= last ? first...last : Int(middle)...Int(middle)
    }
}
