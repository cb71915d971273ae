import Media
import Primitives

/// Opens a video file or FIFO by what it holds, not by its name.
enum PictureFiles {
    static func open(_ path: String) throws(DeviceError) -> OpenedPictureInput {
        let input = try ByteInput(path: path)
        _ = try input.gather(FileMagic.length, timeout: .seconds(5))
        switch FileMagic(input.peek(FileMagic.length)) {
        case .y4m:
            let source = try Y4MSource(input)
            return OpenedPictureInput(input: .pictures(source), name: source.name)
        case .ivf: return encoded(try IVFFile(input))
        case .webm:
            if let file = try WebMVideo.open(input) { return encoded(file) }
        case .wav, .unknown: break
        }
        guard input.isRegular else { throw .unusable("cannot show \(input.name): a FIFO must give Y4M, IVF or WebM") }
        let source = try FFmpeg.pictures(path)
        return OpenedPictureInput(input: .pictures(source), name: source.name)
    }

    private static func encoded(_ file: any EncodedVideoFile) -> OpenedPictureInput {
        OpenedPictureInput(input: .encoded(file), name: file.name)
    }
}

/// What the first bytes of a file tell about the rest.
enum FileMagic {
    case wav, y4m, ivf, webm, unknown

    static let length = 12

    init(_ bytes: ArraySlice<UInt8>) {
        func begins(_ text: String) -> Bool { bytes.starts(with: text.utf8) }
        if begins("RIFF") || begins("RF64") || begins("BW64") {
            self = .wav
        } else if begins("YUV4MPEG2") {
            self = .y4m
        } else if begins("DKIF") {
            self = .ivf
        } else if bytes.starts(with: [0x1a, 0x45, 0xdf, 0xa3]) {
            self = .webm
        } else {
            self = .unknown
        }
    }
}
