import CZlib

/// Writes PNG files (W3C PNG, third edition) of 8 bits a channel, each pixel as its difference to the one on its left.
package final class PNGEncoder {
    private let deflater = Deflater(.filtered)
    private var filtered: [UInt8] = []

    package init() {}

    /// `rgb` is red, green and blue of `width` * `height` pixels.
    package func encode(_ rgb: UnsafeBufferPointer<UInt8>, width: Int, height: Int) -> [UInt8] {
        precondition(width > 0 && height > 0 && rgb.count == width * height * 3, "a picture has three bytes a pixel")
        filter(rgb, row: width * 3, rows: height)
        var file: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
        var header = bigEndian(UInt32(width)) + bigEndian(UInt32(height))
        header += [8, 2, 0, 0, 0]  // 8 bits, RGB, deflate, filters by row, not interlaced
        appendChunk("IHDR", header, to: &file)
        filtered.withUnsafeBufferPointer { filtered in
            deflater.compress(filtered) { appendChunk("IDAT", $0, to: &file) }
        }
        appendChunk("IEND", [], to: &file)
        return file
    }

    /// Filter type 1 (§9.2).
    private func filter(_ rgb: UnsafeBufferPointer<UInt8>, row: Int, rows: Int) {
        let count = (row + 1) * rows
        if filtered.count != count { filtered = Array(repeating: 0, count: count) }
        filtered.withUnsafeMutableBufferPointer { filtered in
            guard var to = filtered.baseAddress, var from = rgb.baseAddress else { return }
            for _ in 0..<rows {
                to[0] = 1
                for index in 0..<min(3, row) { to[1 + index] = from[index] }
                for index in stride(from: 3, to: row, by: 1) { to[1 + index] = from[index] &- from[index - 3] }
                to += row + 1
                from += row
            }
        }
    }

    private func appendChunk(_ name: String, _ data: some Collection<UInt8>, to file: inout [UInt8]) {
        file += bigEndian(UInt32(data.count))
        let start = file.count
        file += Array(name.utf8)
        file += data
        let checksum = file[start...].withUnsafeBufferPointer { crc32(0, $0.baseAddress, UInt32($0.count)) }
        file += bigEndian(UInt32(truncatingIfNeeded: checksum))
    }

    private func bigEndian(_ value: UInt32) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> UInt32($0)) }
    }
}
