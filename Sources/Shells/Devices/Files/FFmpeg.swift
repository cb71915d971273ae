import Media
import Primitives

/// Media files of other kinds, through the `ffmpeg` program where it is installed.
enum FFmpeg {
    private static let patience = Duration.seconds(10)

    static func pictures(_ path: String, from begin: Duration = .zero) throws(DeviceError) -> Y4MSource {
        let name = path.lastPathComponent.shown
        let output = try run(
            path, begin, ["-an", "-f", "yuv4mpegpipe", "-pix_fmt", "yuv420p"], problem: "cannot show \(name)")
        return try Y4MSource(output)
    }

    static func sound(_ path: String, from begin: Duration = .zero) throws(DeviceError) -> PCMSource {
        let name = path.lastPathComponent.shown
        let format = PCMFormat.standard
        let output = try run(
            path, begin, ["-vn", "-f", "s16le", "-ac", "\(format.channels)", "-ar", "\(format.rate)"],
            problem: "cannot play \(name)")
        return try PCMSource(output, format: format, detectsWAV: false)
    }

    /// What ffmpeg makes of a file, once its first byte is there.
    private static func run(
        _ path: String, _ begin: Duration, _ options: [String], problem: String
    ) throws(DeviceError) -> ByteInput {
        let child: ChildProcess
        do throws(DeviceError) {
            // Only files: a playlist must not make us fetch anything.
            child = try ChildProcess(
                ["ffmpeg", "-nostdin", "-v", "error", "-protocol_whitelist", "file,pipe"]
                    + (begin > .zero ? ["-ss", "\(begin.milliseconds)ms"] : []) + ["-i", "file:\(path)"]
                    + options + ["-"])
        } catch {
            throw .unusable("\(problem): files of this kind need the program ffmpeg (apt install ffmpeg)")
        }
        let output = ByteInput(child.standardOutput, name: path.lastPathComponent.shown, owner: child)
        guard try output.gather(1, timeout: patience) == .enough else {
            let reason = child.errorText().split(separator: "\n").last.map { String($0).shown }
            throw .unusable("\(problem): \(reason ?? "ffmpeg finds nothing in it")")
        }
        return output
    }
}
