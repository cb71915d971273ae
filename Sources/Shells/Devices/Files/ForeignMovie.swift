import Media
import Primitives

/// A film of any kind that the `ffmpeg` program reads, entered anywhere.
package enum ForeignMovie {
    /// How long it lasts, told by `ffprobe`; nil where that is not known or not installed.
    package static func duration(_ path: String) -> Duration? {
        let arguments = [
            "ffprobe", "-v", "error", "-protocol_whitelist", "file,pipe", "-show_entries", "format=duration", "-of",
            "csv=p=0", "file:\(path)",
        ]
        guard let child = try? ChildProcess(arguments) else { return nil }
        let output = ByteInput(child.standardOutput, name: "ffprobe", owner: child)
        guard (try? output.gather(64, timeout: .seconds(5))) != .later else { return nil }
        let text = String(decoding: output.peek(64), as: UTF8.self)
        guard let seconds = Double(text.prefix { $0.isNumber || $0 == "." }), seconds > 0, seconds < 1e6 else {
            return nil
        }
        return Duration(seconds: seconds)
    }

    /// Pictures from `begin` on; those of a source that does not keep time.
    package static func pictures(_ path: String, from begin: Duration) throws(DeviceError) -> any VideoSource {
        try FFmpeg.pictures(path, from: begin)
    }

    package static func sound(_ path: String, from begin: Duration) throws(DeviceError) -> any AudioSource {
        try FFmpeg.sound(path, from: begin)
    }
}
