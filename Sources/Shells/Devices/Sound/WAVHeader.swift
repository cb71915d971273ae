/// Why bytes are no WAV file of ours.
enum WAVError: Error, Equatable {
    case notWAV
    /// The damaged or missing part.
    case damaged(String)
    /// The kind of coding, which we do not read.
    case unsupported(String)

    var explanation: String {
        switch self {
        case .notWAV: "it is not a WAV file"
        case .damaged(let what): "its WAV header is damaged (\(what))"
        case .unsupported(let what): "its sound is \(what); convert it to 16-bit PCM"
        }
    }
}

/// The beginning of a RIFF/WAVE file up to its samples (Microsoft "Multimedia Programming Interface", 1991; RF64 by
/// EBU Tech 3306).
struct WAVHeader: Equatable {
    var layout: SoundLayout
    /// How many bytes of samples follow; nil where the writer did not know, so they go on to the end of the file.
    var dataCount: Int?
    /// Where in the file they begin.
    var dataOffset: Int

    /// More chunks than any program writes, so that a damaged size does not read a file to its end.
    static let maximumOffset = 16 << 20

    enum Parsed: Equatable {
        case header(WAVHeader)
        /// Parse again with at least this many bytes from the beginning of the file.
        case needs(Int)
    }

    static func parse(_ bytes: ArraySlice<UInt8>) throws(WAVError) -> Parsed {
        let bytes = LittleEndianBytes(bytes)
        guard bytes.count >= 12 else { return .needs(12) }
        guard isWAV(bytes) else { throw .notWAV }
        var format: SoundLayout?
        var longDataCount: Int?
        var offset = 12
        while true {
            guard offset <= maximumOffset else { throw .damaged("no samples within the first 16 MB") }
            guard bytes.count >= offset + 8 else { return .needs(offset + 8) }
            let size = bytes.u32(offset + 4)
            let body = offset + 8
            switch bytes.tag(offset) {
            case "data":
                guard let format else { throw .damaged("samples come before their format") }
                let count = dataCount(size: size, long: longDataCount, riffSize: bytes.u32(4))
                return .header(WAVHeader(layout: format, dataCount: count, dataOffset: body))
            case "fmt ":
                guard 16...4_096 ~= size else { throw .damaged("a format of \(size) bytes") }
                guard bytes.count >= body + size else { return .needs(body + size) }
                format = try parseFormat(bytes, at: body, size: size)
            case "ds64":
                guard bytes.count >= body + 24 else { return .needs(body + 24) }
                longDataCount = bytes.u32(body + 12) == 0 ? bytes.u32(body + 8) : nil
            default: break
            }
            offset = body + size + size % 2
        }
    }

    private static func isWAV(_ bytes: LittleEndianBytes) -> Bool {
        ["RIFF", "RF64", "BW64"].contains(bytes.tag(0)) && bytes.tag(8) == "WAVE"
    }

    /// A program that writes to a pipe leaves the size 0, all ones, or just below 2 GiB.
    private static func dataCount(size: Int, long: Int?, riffSize: Int) -> Int? {
        if size == 0xffff_ffff, let long { return long }
        if size == 0 { return riffSize == 0 || riffSize == 0xffff_ffff ? nil : 0 }
        return size >= 0x7fff_f000 ? nil : size
    }

    private static func parseFormat(_ bytes: LittleEndianBytes, at offset: Int, size: Int) throws(WAVError)
        -> SoundLayout
    {
        var kind = bytes.u16(offset)
        let channels = bytes.u16(offset + 2)
        let rate = bytes.u32(offset + 4)
        let bits = bytes.u16(offset + 14)
        // WAVE_FORMAT_EXTENSIBLE: the real kind begins the sub-format's GUID.
        if kind == 0xfffe, size >= 40 { kind = bytes.u16(offset + 24) }
        guard SoundLayout.channelCounts ~= channels else { throw .damaged("\(channels) channels") }
        guard SoundLayout.rates ~= rate else { throw .damaged("\(rate) samples a second") }
        let samples: SampleLayout
        switch (kind, bits) {
        case (1, 1...8): samples = .unsigned8
        case (1, 9...16): samples = .signed16
        case (1, 17...24): samples = bytes.u16(offset + 12) == channels * 4 ? .signed32 : .signed24
        case (1, 25...32): samples = .signed32
        case (3, 32): samples = .float32
        case (3, 64): samples = .float64
        default: throw .unsupported(name(kind: kind, bits: bits))
        }
        return SoundLayout(samples: samples, rate: rate, channels: channels)
    }

    private static func name(kind: Int, bits: Int) -> String {
        switch kind {
        case 1, 3: "\(bits)-bit \(kind == 1 ? "PCM" : "floating point")"
        case 2, 0x11: "ADPCM"
        case 6: "A-law"
        case 7: "\u{b5}-law"
        case 0x55: "MP3"
        default: "of an unknown kind (\(kind))"
        }
    }
}

extension WAVHeader {
    static let byteCount = 44

    /// The header of 16-bit samples. Without a count it says that the samples go on to the end.
    static func encode(rate: Int, channels: Int, dataCount: Int?) -> [UInt8] {
        // Sizes are 32 bits; a longer recording keeps the mark of an unknown length.
        let data = dataCount.flatMap { UInt32(exactly: $0) }.flatMap { $0 <= 0xffff_ff00 ? $0 : nil }
        var bytes = [UInt8]("RIFF".utf8)
        bytes.appendLittle32(data.map { $0 + UInt32(byteCount - 8) } ?? 0xffff_ffff)
        bytes += "WAVEfmt ".utf8
        bytes.appendLittle32(16)
        bytes.appendLittle16(1)
        bytes.appendLittle16(UInt16(clamping: channels))
        bytes.appendLittle32(UInt32(clamping: rate))
        bytes.appendLittle32(UInt32(clamping: rate * channels * 2))
        bytes.appendLittle16(UInt16(clamping: channels * 2))
        bytes.appendLittle16(16)
        bytes += "data".utf8
        bytes.appendLittle32(data ?? 0xffff_ffff)
        return bytes
    }
}
