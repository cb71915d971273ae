import Glibc
import Media
import MediaProcessing
import Primitives
import Runtime

/// The moving test picture, where a camera would be: `--camera test`.
final class TestPictureSource: VideoSource {
    let name = "test"
    let keepsTime = false
    let ended = false
    let framesPerSecond: Double
    private var picture: TestPicture

    init(size: PixelSize, framesPerSecond: Int) {
        self.framesPerSecond = Double(framesPerSecond)
        let atZero = Duration.nanoseconds(Clock.wallNanoseconds() - Clock.now().nanoseconds)
        picture = TestPicture(
            size: size, clock: PictureClock(unixTimeAtZero: atZero, zone: .seconds(Int64(Self.zone()))))
    }

    func nextFrame(now: Instant) -> VideoFrame? { picture.nextFrame(now: now) }

    /// Seconds that local time is ahead of UTC.
    private static func zone() -> Int {
        var seconds = time(nil)
        var local = tm()
        localtime_r(&seconds, &local)
        return local.tm_gmtoff
    }
}
