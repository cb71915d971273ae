import Media
import Primitives

/// The first line of a YUV4MPEG2 file (mjpegtools, yuv4mpeg(5)).
struct Y4MHeader: Equatable {
    var size: PixelSize
    var framesPerSecond: Double
    var sampling: ChromaSampling

    /// More than any program writes; a damaged file has no line's end at all.
    static let maximumLength = 1_024
    private static let maximumArea = 8_192 * 8_192

    /// The line without its end; nil with the reason where it makes no sense.
    init(_ line: String) throws(DeviceError) {
        let words = line.split(separator: " ")
        guard words.first == "YUV4MPEG2" else { throw .unusable("it is not a Y4M file") }
        var width: Int?
        var height: Int?
        framesPerSecond = 25
        sampling = .yuv420
        for word in words.dropFirst() {
            let value = word.dropFirst()
            switch word.first {
            case "W": width = Int(value)
            case "H": height = Int(value)
            case "F": framesPerSecond = Self.rate(value) ?? 25
            case "C": sampling = try Self.sampling(value)
            default: break
            }
        }
        guard let width, let height, 1...16_384 ~= width, 1...16_384 ~= height, width * height <= Self.maximumArea
        else {
            throw .unusable("its Y4M header has no usable size")
        }
        size = PixelSize(width, height)
    }

    /// `30000:1001`; nil where it is unknown (`0:0`) or no camera's.
    private static func rate(_ text: Substring) -> Double? {
        let parts = text.split(separator: ":").map { Double($0) }
        guard parts.count == 2, let count = parts[0], let seconds = parts[1], seconds > 0 else { return nil }
        let rate = count / seconds
        return 0.1...1_000 ~= rate ? rate : nil
    }

    private static func sampling(_ name: Substring) throws(DeviceError) -> ChromaSampling {
        switch name {
        case "420", "420jpeg", "420mpeg2", "420paldv": return .yuv420
        case "422": return .yuv422
        case "444": return .yuv444
        case "411": return .yuv411
        case "mono": return .mono
        default: throw .unusable("its pixel format is C\(String(name).shown); convert it to C420jpeg")
        }
    }
}

/// Pictures of a YUV4MPEG2 file or FIFO.
final class Y4MSource: VideoSource {
    let name: String
    let keepsTime = false
    let framesPerSecond: Double
    private(set) var ended = false
    private let header: Y4MHeader
    private let input: ByteInput

    private static let patience = Duration.milliseconds(500)
    /// `FRAME` and its parameters.
    private static let maximumFrameLine = 256

    /// Waits up to five seconds for a FIFO's header.
    init(_ input: ByteInput) throws(DeviceError) {
        name = input.name
        self.input = input
        do throws(DeviceError) {
            guard let line = try Self.line(input, limit: Y4MHeader.maximumLength, timeout: .seconds(5)) else {
                throw .unusable("it has no Y4M header")
            }
            header = try Y4MHeader(line)
        } catch {
            throw .unusable("cannot show \(input.name): \(error.message)")
        }
        framesPerSecond = header.framesPerSecond
    }

    func nextFrame(now: Instant) throws(DeviceError) -> VideoFrame? {
        guard !ended else { return nil }
        guard let line = try Self.line(input, limit: Self.maximumFrameLine, timeout: Self.patience, takes: false) else {
            return try noLine()
        }
        guard line.hasPrefix("FRAME") else {
            throw .unusable("\(name) is damaged: a frame does not begin where it should")
        }
        let lineCount = line.utf8.count + 1
        let count = header.sampling.byteCount(header.size)
        switch try input.gather(lineCount + count, timeout: Self.patience) {
        case .later: return nil
        case .ended:
            ended = true
            return nil
        case .enough:
            input.drop(lineCount)
            let bytes = header.sampling.toI420(input.take(count), size: header.size)
            return VideoFrame(size: header.size, bytes: bytes, captureTime: now)
        }
    }

    /// Nothing yet, the end, or what cannot be a frame.
    private func noLine() throws(DeviceError) -> VideoFrame? {
        guard input.available < Self.maximumFrameLine else {
            throw .unusable("\(name) is damaged: a frame does not begin where it should")
        }
        ended = try input.gather(input.available + 1, timeout: .zero) == .ended
        return nil
    }

    /// The text up to a line feed among the next `limit` bytes; nil where none is there (yet).
    private static func line(
        _ input: ByteInput, limit: Int, timeout: Duration, takes: Bool = true
    ) throws(DeviceError) -> String? {
        var wanted = 1
        while wanted <= limit {
            let supply = try input.gather(wanted, timeout: timeout)
            let bytes = input.peek(limit)
            if let end = bytes.firstIndex(of: UInt8(ascii: "\n")) {
                let line = bytes[bytes.startIndex..<end]
                let text = String(decoding: line, as: UTF8.self)
                if takes { input.drop(line.count + 1) }
                return text
            }
            guard supply == .enough else { return nil }
            wanted = input.available + 1
        }
        return nil
    }
}
