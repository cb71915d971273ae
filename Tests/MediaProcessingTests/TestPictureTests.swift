import Media
import MediaProcessing
import Primitives
import Testing

private let clock = PictureClock(unixTimeAtZero: .milliseconds(1_769_860_800_000))

@Test(arguments: [PixelSize(32, 32), PixelSize(80, 44), PixelSize(160, 90), PixelSize(320, 180), PixelSize(178, 102)])
func readsBackWhatItBurnedIn(size: PixelSize) {
    let picture = TestPicture(size: size, clock: clock)
    for counter in [UInt16(0), 1, 0x5555, 0xffff, 12_345] {
        let now = Instant.milliseconds(Int64(counter) * 33)
        let code = FrameCounterReader.read(picture.frame(counter, now: now))
        #expect(code?.counter == counter)
        #expect(code?.milliseconds == UInt16(truncatingIfNeeded: clock.unixMilliseconds(at: now)))
    }
}

@Test(arguments: [PixelSize(320, 180), PixelSize(160, 120), PixelSize(160, 90), PixelSize(80, 60), PixelSize(80, 45)])
func codeSurvivesScalingAndNoise(size: PixelSize) {
    let picture = TestPicture(size: PixelSize(640, 360), clock: clock)
    var random = SeededGenerator(seed: 4)
    for counter in [UInt16(7), 0xa5a5, 40_000] {
        var frame = scaled(picture.frame(counter, now: .milliseconds(Int64(counter))), to: size)
        for i in 0..<size.area {
            let noisy = Int(frame.bytes[i]) + Int.random(in: -40...40, using: &random)
            frame.bytes[i] = UInt8(min(255, max(0, noisy)))
        }
        #expect(FrameCounterReader.read(frame)?.counter == counter)
    }
}

@Test func otherPicturesHaveNoCode() {
    var random = SeededGenerator(seed: 1)
    let size = PixelSize(160, 90)
    #expect(FrameCounterReader.read(VideoFrame(black: size, captureTime: .zero)) == nil)
    var white = VideoFrame(black: size, captureTime: .zero)
    for i in 0..<size.area { white.bytes[i] = 235 }
    #expect(FrameCounterReader.read(white) == nil)
    for _ in 0..<50 {
        // Large random black and white tiles: the worst a camera could show.
        var frame = white
        let tiles = (0..<256).map { _ in UInt8.random(in: 0...1, using: &random) * 219 + 16 }
        for i in 0..<size.area { frame.bytes[i] = tiles[(i / 160 / 6 % 16) * 16 + i % 160 / 10] }
        #expect(FrameCounterReader.read(frame) == nil)
    }
    #expect(FrameCounterReader.read(VideoFrame(black: PixelSize(2, 2), captureTime: .zero)) == nil)
}

@Test func damagedCodeIsRefused() {
    var frame = TestPicture(size: PixelSize(160, 90)).frame(1, now: .zero)
    for y in 72..<78 { for x in 0..<10 { frame.bytes[y * 160 + x] = 235 } }
    #expect(FrameCounterReader.read(frame) == nil)
}

@Test func framesAreNumberedAndMove() {
    var picture = TestPicture(size: PixelSize(64, 36))
    let first = picture.nextFrame(now: .zero)
    let second = picture.nextFrame(now: .milliseconds(33))
    #expect(FrameCounterReader.read(first)?.counter == 0)
    #expect(FrameCounterReader.read(second)?.counter == 1)
    #expect(first.bytes != second.bytes)
    #expect(second.captureTime == .milliseconds(33))
}

@Test func oddAndTinySizesAreRounded() {
    #expect(TestPicture(size: PixelSize(33, 1)).size == PixelSize(32, 32))
    #expect(TestPicture(size: PixelSize(641, 361)).frame(0, now: .milliseconds(-5)).size == PixelSize(640, 360))
}

@Test(arguments: [(Int64(100), Int64(350), Int64(250)), (65_500, 65_636, 136), (100, 50, -50)])
func ageIsTheDifferenceOfClocks(captured: Int64, now: Int64, age: Int64) {
    let code = FrameCode(counter: 0, milliseconds: UInt16(truncatingIfNeeded: captured))
    #expect(code.age(atUnixMilliseconds: now) == .milliseconds(age))
}

@Test func clockKnowsTheTimeOfDayInItsZone() {
    let noon = PictureClock(unixTimeAtZero: .milliseconds(12 * 3_600_000), zone: .milliseconds(-13 * 3_600_000))
    #expect(noon.millisecondsOfDay(at: .milliseconds(5)) == 23 * 3_600_000 + 5)
}

/// The mean of the pixels that each pixel of the smaller picture covers.
private func scaled(_ frame: VideoFrame, to size: PixelSize) -> VideoFrame {
    var out = VideoFrame(black: size, captureTime: frame.captureTime)
    for y in 0..<size.height {
        for x in 0..<size.width {
            let rows = y * frame.size.height / size.height..<max(1, (y + 1) * frame.size.height / size.height)
            let columns = x * frame.size.width / size.width..<max(1, (x + 1) * frame.size.width / size.width)
            var sum = 0
            for row in rows { for column in columns { sum += Int(frame.bytes[row * frame.size.width + column]) } }
            out.bytes[y * size.width + x] = UInt8(sum / (rows.count * columns.count))
        }
    }
    return out
}
