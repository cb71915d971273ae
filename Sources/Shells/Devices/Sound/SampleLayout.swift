import Primitives

/// How one sample lies in bytes, little-endian, in files and in sound devices.
enum SampleLayout: Sendable, CaseIterable {
    case unsigned8, signed16, signed24, signed24in32, signed32, float32, float64

    var byteCount: Int {
        switch self {
        case .unsigned8: 1
        case .signed16: 2
        case .signed24: 3
        case .signed24in32, .signed32, .float32: 4
        case .float64: 8
        }
    }

    /// Every whole sample of `bytes`, as 16 bits.
    func decode(_ bytes: [UInt8]) -> [Int16] {
        bytes.withUnsafeBytes { raw in
            let size = byteCount
            return (0..<raw.count / size).map { sample(raw, at: $0 * size) }
        }
    }

    func encode(_ samples: [Int16]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(samples.count * byteCount)
        for sample in samples { append(sample, to: &bytes) }
        return bytes
    }

    private func sample(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int16 {
        switch self {
        case .unsigned8: Int16(Int(bytes[offset]) - 128) << 8
        case .signed16: Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Int16.self))
        case .signed24: Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: Int16.self))
        // The top byte of a 24-bit sample in 32 bits may be anything.
        case .signed24in32: Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 1, as: Int16.self))
        case .signed32: Int16(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 2, as: Int16.self))
        case .float32:
            Self.fromUnit(
                Double(
                    Float(
                        bitPattern: UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))))
            )
        case .float64:
            Self.fromUnit(
                Double(bitPattern: UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))))
        }
    }

    private func append(_ sample: Int16, to bytes: inout [UInt8]) {
        let bits = UInt16(bitPattern: sample)
        let low = UInt8(truncatingIfNeeded: bits)
        let high = UInt8(truncatingIfNeeded: bits >> 8)
        switch self {
        case .unsigned8: bytes.append(high ^ 0x80)
        case .signed16: bytes += [low, high]
        case .signed24: bytes += [0, low, high]
        case .signed24in32: bytes += [0, low, high, sample < 0 ? 0xff : 0]
        case .signed32: bytes += [0, 0, low, high]
        case .float32:
            let pattern = (Float(sample) / 32_768).bitPattern.littleEndian
            withUnsafeBytes(of: pattern) { bytes += $0 }
        case .float64:
            let pattern = (Double(sample) / 32_768).bitPattern.littleEndian
            withUnsafeBytes(of: pattern) { bytes += $0 }
        }
    }

    /// -1...1 to the full range; what is not a number is silence.
    private static func fromUnit(_ value: Double) -> Int16 {
        guard !value.isNaN else { return 0 }
        return Int16((value * 32_768).rounded().clamped(to: -32_768...32_767))
    }
}
