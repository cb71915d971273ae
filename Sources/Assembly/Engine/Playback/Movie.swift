import Devices
import Media
import Primitives

/// A recording, or any other film, opened for playing.
struct Movie {
    let pictures: (any MoviePictures)?
    let sound: (any MovieSound)?
    let duration: Duration

    /// WebM with VP8 and Opus is read by ourselves, anything else by the `ffmpeg` program.
    init(_ path: String) throws(DeviceError) {
        if let own = try Self.webM(path) {
            self = own
            return
        }
        let pictures: ForeignPictures?
        var reason: DeviceError?
        do throws(DeviceError) {
            pictures = try ForeignPictures(path)
        } catch {
            pictures = nil
            reason = error
        }
        let sound = try? ForeignSound(path)
        if let reason, sound == nil { throw reason }
        // Without `ffprobe` a film ends where its sound and pictures do.
        self.init(pictures, sound, ForeignMovie.duration(path) ?? .seconds(24 * 3_600))
    }

    private init(_ pictures: (any MoviePictures)?, _ sound: (any MovieSound)?, _ duration: Duration) {
        self.pictures = pictures
        self.sound = sound
        self.duration = duration
    }

    private static func webM(_ path: String) throws(DeviceError) -> Movie? {
        guard try WebMReader.mayRead(path) else { return nil }
        let index = try WebMIndex(path: path)
        guard index.duration > .zero else { return nil }
        let pictures = try WebMPictures(path, index)
        let sound = try WebMSound(path, index)
        return pictures == nil && sound == nil ? nil : Movie(pictures, sound, index.duration)
    }
}
