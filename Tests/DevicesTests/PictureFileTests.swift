import Glibc
import Media
import Primitives
import Testing

@testable import Devices

@Suite struct PictureFileTests {
    private let scratch = Scratch()

    private static func y4m(_ header: String, frames: [[UInt8]], frameLine: String = "FRAME") -> [UInt8] {
        var bytes = [UInt8]("YUV4MPEG2 \(header)\n".utf8)
        for frame in frames { bytes += [UInt8]("\(frameLine)\n".utf8) + frame }
        return bytes
    }

    /// Planes of one value each.
    private static func planes(_ counts: [Int]) -> [UInt8] {
        counts.enumerated().flatMap { [UInt8](repeating: UInt8($0.offset * 50 + 20), count: $0.element) }
    }

    @Test(arguments: [
        ("C420jpeg", [35, 12, 12]), ("C420mpeg2", [35, 12, 12]), ("", [35, 12, 12]), ("C422", [35, 20, 20]),
        ("C444", [35, 35, 35]),
        ("C411", [35, 10, 10]),
    ])
    func everySamplingBecomesI420(_ sampling: String, _ counts: [Int]) throws {
        // Odd sides: every rounding shows.
        let path = scratch.file("a.y4m", Self.y4m("W7 H5 F30000:1001 \(sampling)", frames: [Self.planes(counts)]))
        let source = try VideoDevices.open(path, size: PixelSize(640, 360), framesPerSecond: 30).source
        let frame = try #require(try source.nextFrame(now: .seconds(3)))
        #expect(frame.size == PixelSize(7, 5) && frame.captureTime == .seconds(3))
        #expect(frame.bytes == Self.planes([35, 12, 12]))
        #expect(abs(source.framesPerSecond - 29.97) < 0.01)
        #expect(try source.nextFrame(now: .zero) == nil && source.ended)
    }

    @Test func greyPicturesGetNeutralColour() throws {
        let path = scratch.file("a.y4m", Self.y4m("W4 H4 Cmono", frames: [Self.planes([16])]))
        let source = try VideoDevices.open(path, size: PixelSize(640, 360), framesPerSecond: 30).source
        #expect(try source.nextFrame(now: .zero)?.bytes == Self.planes([16]) + [UInt8](repeating: 128, count: 8))
    }

    @Test func framesMayComeSlowlyThroughAFIFO() throws {
        let path = scratch.fifo("in.y4m")
        let bytes = Self.y4m(
            "W4 H4", frames: [Self.planes([16, 4, 4]), Self.planes([16, 4, 4])], frameLine: "FRAME Ip")
        let pipe = open(path, O_RDWR | O_CLOEXEC)
        _ = bytes.withUnsafeBytes { write(pipe, $0.baseAddress, 40) }
        let source = try VideoDevices.open(path, size: PixelSize(640, 360), framesPerSecond: 30).source
        #expect(try source.nextFrame(now: .zero) == nil && !source.ended)
        _ = bytes.withUnsafeBytes { write(pipe, $0.baseAddress! + 40, bytes.count - 40) }
        close(pipe)
        #expect(try source.nextFrame(now: .zero)?.bytes == Self.planes([16, 4, 4]))
        #expect(try source.nextFrame(now: .zero) != nil)
        #expect(try source.nextFrame(now: .zero) == nil && source.ended)
    }

    @Test(arguments: [
        ("W4 H4 C420p10", "C420p10"), ("W0 H4", "no usable size"), ("H4", "no usable size"),
        ("W99999 H4", "no usable size"),
        ("W-4 H4", "no usable size"),
    ])
    func unusableY4MIsTold(_ header: String, _ part: String) {
        let path = scratch.file("a.y4m", Self.y4m(header, frames: []))
        let message = failure { _ = try VideoDevices.open(path, size: PixelSize(4, 4), framesPerSecond: 30) }
        #expect(message.contains(part) && message.contains("a.y4m"), "\(message)")
    }

    @Test func aFrameInTheWrongPlaceIsTold() throws {
        let path = scratch.file(
            "a.y4m", Self.y4m("W4 H4", frames: [Self.planes([17, 4, 4]), Self.planes([16, 4, 4])]))
        let source = try VideoDevices.open(path, size: PixelSize(4, 4), framesPerSecond: 30).source
        _ = try source.nextFrame(now: .zero)
        #expect(failure { _ = try source.nextFrame(now: .zero) }.contains("damaged"))
    }

    @Test func mutatedY4MNeverTraps() {
        let good = Self.y4m(
            "W8 H6 F25:1 Ip A1:1 C444", frames: [Self.planes([48, 48, 48]), Self.planes([48, 48, 48])])
        var random = SeededGenerator(seed: 9)
        for _ in 0..<1_000 {
            let path = scratch.file("a.y4m", Mutation.of(good, first: 60, &random))
            guard let source = try? Y4MSource(ByteInput(path: path)) else { continue }
            for _ in 0..<4 { _ = try? source.nextFrame(now: .zero) }
        }
    }

    // MARK: IVF

    private static func ivf(
        _ frames: [(time: UInt32, bytes: [UInt8])], code: String = "VP80", rate: UInt32 = 30, scale: UInt32 = 1
    ) -> [UInt8] {
        var bytes = [UInt8]("DKIF".utf8)
        bytes.appendLittle16(0)
        bytes.appendLittle16(32)
        bytes += code.utf8
        bytes.appendLittle16(160)
        bytes.appendLittle16(90)
        bytes.appendLittle32(rate)
        bytes.appendLittle32(scale)
        bytes.appendLittle32(UInt32(frames.count))
        bytes.appendLittle32(0)
        for frame in frames {
            bytes.appendLittle32(UInt32(frame.bytes.count))
            bytes.appendLittle32(frame.time)
            bytes.appendLittle32(0)
            bytes += frame.bytes
        }
        return bytes
    }

    @Test func ivfGivesItsFramesWithTheirTimes() throws {
        let bytes = Self.ivf([(0, [0x10, 2, 3]), (1, [0x11, 9]), (3, [0x11])])
        let path = scratch.file("a.ivf", bytes + [1, 0, 0])
        let file = try VideoDevices.open(path, size: PixelSize(640, 360), framesPerSecond: 30).file
        #expect(file.size == PixelSize(160, 90))
        var frames: [EncodedFrame] = []
        while let frame = try file.nextFrame() { frames.append(frame) }
        #expect(frames.map(\.bytes) == [[0x10, 2, 3], [0x11, 9], [0x11]])
        #expect(frames.map(\.isKeyFrame) == [true, false, false])
        #expect(frames.map { ($0.time - .zero).milliseconds } == [0, 33, 100])
        #expect(frames.last?.timestamp == 9_000)
    }

    @Test(arguments: [("AV01", "AV01"), ("VP90", "VP90")])
    func otherCodecsAreTold(_ code: String, _ part: String) {
        let path = scratch.file("a.ivf", Self.ivf([], code: code))
        let message = failure { _ = try VideoDevices.open(path, size: PixelSize(4, 4), framesPerSecond: 30) }
        #expect(message.contains(part), "\(message)")
    }

    @Test func mutatedIVFNeverTraps() {
        let good = Self.ivf([(0, [0x10, 2, 3]), (1, [0x11, 9]), (3, [0x11])], rate: 90_000, scale: 3_000)
        var random = SeededGenerator(seed: 10)
        for _ in 0..<1_000 {
            let path = scratch.file("a.ivf", Mutation.of(good, first: 80, &random))
            guard let file = try? IVFFile(ByteInput(path: path)) else { continue }
            for _ in 0..<5 { _ = try? file.nextFrame() }
        }
    }

    // MARK: playing by the file's own times

    @Test func decodedVideoKeepsTheTimesOfItsFile() throws {
        let bytes = Self.ivf(
            [(0, [0x10]), (1, [0x11]), (2, [0x11]), (25 * 3_600, [0x11]), (25 * 3_600 + 1, [0x11])], rate: 25)
        let file = try VideoDevices.open(scratch.file("a.ivf", bytes), size: PixelSize(4, 4), framesPerSecond: 30).file
        var now = Instant.seconds(100)
        var shown: [Int64] = []
        let video = DecodedVideo(
            file, sleep: { now = $0 }, decode: { _ in VideoFrame(black: PixelSize(4, 4), captureTime: .zero) })
        while !video.ended {
            if let frame = try video.nextFrame(now: now) {
                shown.append((frame.captureTime - .seconds(100)).milliseconds)
            }
        }
        // An hour's gap is a damaged file: the next frame comes at once.
        #expect(shown == [0, 40, 80, 80, 120])
    }

    @Test func otherFilesGoThroughFFmpegOrTellThatItIsMissing() throws {
        let message = failure {
            _ = try VideoDevices.open(
                scratch.file("a.mp4", [UInt8](repeating: 3, count: 500)), size: PixelSize(4, 4), framesPerSecond: 30)
        }
        #expect(message.hasPrefix("cannot show a.mp4: ") && !message.contains("\n"), "\(message)")
    }

    @Test(.enabled(if: Programs.has("ffmpeg"), "ffmpeg is not installed"))
    func ffmpegReadsWhatWeDoNot() throws {
        let path = scratch.file("a.mkv")
        let made = try ChildProcess([
            "ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=0.5", "-f", "lavfi", "-i",
            "sine=f=1000:d=0.5",
            "-c:v", "ffv1", "-c:a", "flac", path,
        ])
        #expect(made.wait() == 0)
        let source = try VideoDevices.open(path, size: PixelSize(640, 360), framesPerSecond: 30).source
        var count = 0
        while !source.ended {
            if let frame = try source.nextFrame(now: .zero) {
                count += 1
                #expect(frame.size == PixelSize(64, 48))
            }
        }
        #expect(count == 5 && source.framesPerSecond == 10)
        let sound = try AudioDevices.open(source: path).source.readAll(limit: 100)
        #expect(sound.filter { $0 != 0 }.count > 20_000)
    }

    @Test func theTestPictureHasTheAskedSize() throws {
        let opened = try VideoDevices.open("test", size: PixelSize(320, 180), framesPerSecond: 15)
        #expect(opened.source.framesPerSecond == 15)
        let frame = try #require(try opened.source.nextFrame(now: .seconds(1)))
        #expect(frame.size == PixelSize(320, 180) && Set(frame.bytes).count > 20)
    }
}

enum Mutation {
    /// Changes some of the first bytes and sometimes cuts the end.
    static func of(_ bytes: [UInt8], first: Int, _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let values: [UInt8] = [0, 1, 0x20, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &random)]
            bytes[Int.random(in: 0..<min(first, bytes.count), using: &random)] = values.randomElement(using: &random)!
        }
        if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count / 2, using: &random)) }
        return bytes
    }
}

enum Programs {
    /// Whether a program is on the `PATH`.
    static func has(_ name: String) -> Bool {
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        return path.split(separator: ":").contains { access("\($0)/\(name)", X_OK) == 0 }
    }
}
