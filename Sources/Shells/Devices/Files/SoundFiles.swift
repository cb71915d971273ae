import Media
import Primitives

/// Opens a sound file by what it holds, not by its name.
enum SoundFiles {
    private static let rawNames: Set<String> = ["raw", "pcm", "s16"]

    static func open(_ path: String, pcm: PCMFormat) throws(DeviceError) -> OpenedSoundInput {
        let input = try ByteInput(path: path)
        guard input.isRegular else {
            return opened(try PCMSource(input, format: pcm, detectsWAV: true))
        }
        _ = try input.gather(FileMagic.length, timeout: .zero)
        switch FileMagic(input.peek(FileMagic.length)) {
        case .wav: return opened(try PCMSource(input, format: pcm, detectsWAV: true))
        case .webm:
            if let file = try WebMAudio.open(input) { return OpenedSoundInput(input: .encoded(file), name: file.name) }
        case .y4m, .ivf: throw .unusable("cannot play \(input.name): it has pictures only")
        case .unknown:
            if rawNames.contains(path.pathExtension) {
                return opened(try PCMSource(input, format: pcm, detectsWAV: false))
            }
        }
        return opened(try FFmpeg.sound(path))
    }

    private static func opened(_ source: any AudioSource) -> OpenedSoundInput {
        OpenedSoundInput(input: .samples(source), name: source.name)
    }
}
