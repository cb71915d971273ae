/// Little-endian numbers at known places; the caller has checked the length.
struct LittleEndianBytes {
    private let bytes: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    var count: Int { bytes.count }

    func u16(_ offset: Int) -> Int { Int(byte(offset)) | Int(byte(offset + 1)) << 8 }
    func u32(_ offset: Int) -> Int { u16(offset) | u16(offset + 2) << 16 }

    /// Four characters that name a part.
    func tag(_ offset: Int) -> String {
        String(decoding: bytes[bytes.startIndex + offset..<bytes.startIndex + offset + 4], as: UTF8.self)
    }

    private func byte(_ offset: Int) -> UInt8 { bytes[bytes.startIndex + offset] }
}

extension [UInt8] {
    mutating func appendLittle16(_ value: UInt16) {
        append(UInt8(truncatingIfNeeded: value))
        append(UInt8(truncatingIfNeeded: value >> 8))
    }

    mutating func appendLittle32(_ value: UInt32) {
        appendLittle16(UInt16(truncatingIfNeeded: value))
        appendLittle16(UInt16(truncatingIfNeeded: value >> 16))
    }
}
