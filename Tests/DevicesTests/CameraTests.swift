import Glibc
import Media
import Primitives
import Runtime
import Testing

@testable import Devices

/// The fake camera works only in a process that it is preloaded into, so this runs `CameraTests` in one.
@Suite(.disabled(if: FakeCamera.isPreloaded, "this is that process"))
struct PreloadingTests {
    @Test(
        .enabled(
            if: Programs.has("clang") || Programs.has("cc"), "there is no C compiler to build the fake camera with"),
        .timeLimit(.minutes(2)))
    func theCameraTestsPassWithAPreloadedCamera() throws {
        let scratch = Scratch()
        let library = scratch.file("fakecam.so")
        let compiler = Programs.has("cc") ? "cc" : "clang"
        let built = try ChildProcess([compiler, "-shared", "-fPIC", "-O1", "-o", library, Self.source, "-ldl"])
        try #require(built.wait() == 0, "\(built.errorText())")
        let tests = try ChildProcess(
            Self.ownArguments() + ["--filter", "DevicesTests.CameraTests"],
            environment: ["LD_PRELOAD": library, FakeCamera.mark: "1", "FAKECAM_SIZE": "320x240", "FAKECAM_FPS": "30"])
        let status = tests.wait()
        let report = tests.errorText()
        #expect(status == 0 && report.contains("with 6 tests"), "\(report)")
    }

    private static var source: String {
        let folder = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        return "/\(folder)/Devices/fakecam.c"
    }

    /// How this process was started, without its own choice of tests.
    private static func ownArguments() -> [String] {
        let words = Scratch.read("/proc/self/cmdline").split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        var kept: [String] = ["/proc/self/exe".resolvedLink]
        var skipsNext = false
        for word in words.dropFirst() {
            let isChoice = ["--filter", "--skip", "--xunit-output", "--event-stream-output-path"].contains(word)
            if !skipsNext && !isChoice { kept.append(word) }
            skipsNext = isChoice
        }
        return kept
    }
}

enum FakeCamera {
    static let mark = "CONFAB_FAKE_CAMERA"
    static let path = "/dev/video9"
    static var isPreloaded: Bool { getenv(mark) != nil }
}

extension String {
    fileprivate var resolvedLink: String {
        guard let path = realpath(self, nil) else { return self }
        defer { free(path) }
        return String(cString: path)
    }
}

@Suite(.serialized, .enabled(if: FakeCamera.isPreloaded, "PreloadingTests runs these"))
struct CameraTests {
    private func open(size: PixelSize = PixelSize(640, 360)) throws -> any VideoSource {
        try VideoDevices.open(FakeCamera.path, size: size, framesPerSecond: 30).source
    }

    private func set(_ name: String, _ value: String?) {
        if let value { setenv(name, value, 1) } else { unsetenv(name) }
    }

    @Test func picturesComeAtTheCamerasPaceAndSize() throws {
        let camera = try open()
        #expect(camera.framesPerSecond == 30 && camera.keepsTime)
        _ = try camera.nextFrame(now: Clock.now())
        let began = Clock.now()
        var frames: [VideoFrame] = []
        while frames.count < 30 {
            if let frame = try camera.nextFrame(now: Clock.now()) { frames.append(frame) }
        }
        let seconds = (Clock.now() - began).seconds
        #expect(0.8...1.4 ~= seconds, "30 frames in \(seconds) s")
        #expect(frames.allSatisfy { $0.size == PixelSize(320, 240) })
        #expect(zip(frames, frames.dropFirst()).allSatisfy { $0.captureTime < $1.captureTime })
        #expect(frames.allSatisfy { $0.captureTime > began - .milliseconds(200) && $0.captureTime <= Clock.now() })
        // The edge is bright to its left, and moves to the right.
        #expect(frames[29].bytes[0] == 200 && frames[29].bytes[319] < 110)
        let widths = frames.map { frame in frame.bytes[..<320].count { $0 > 180 } }
        #expect(zip(widths, widths.dropFirst()).allSatisfy { $1 - $0 == 2 })
    }

    @Test func anUnpluggedCameraIsGoneAndComesBack() throws {
        set("FAKECAM_FAIL_AFTER", "5")
        defer { set("FAKECAM_FAIL_AFTER", nil) }
        let camera = try open()
        var count = 0
        #expect(throws: DeviceError.gone("camera /dev/video9 went away")) {
            for _ in 0..<100 where try camera.nextFrame(now: Clock.now()) != nil { count += 1 }
        }
        #expect(count == 5)
    }

    @Test func openingAgainWorksAfterItWasClosed() throws {
        for _ in 0..<3 {
            let camera = try open()
            #expect(try camera.nextFrame(now: Clock.now()) != nil)
        }
    }

    @Test func aSecondUserIsToldThatItIsBusy() throws {
        let camera = try open()
        guard case .busy = error({ _ = try open() }) else {
            Issue.record("EBUSY is told as busy")
            return
        }
        _ = camera
    }

    @Test func brokenPicturesAreLeftOut() throws {
        set("FAKECAM_BROKEN", "3")
        defer { set("FAKECAM_BROKEN", nil) }
        let camera = try Camera(FakeCamera.path, size: PixelSize(320, 240), framesPerSecond: 30)
        var count = 0
        for _ in 0..<30 where try camera.nextFrame(now: Clock.now()) != nil { count += 1 }
        #expect(count == 20 && camera.lossCount == 10)
    }

    @Test func itsFormatsAreListed() throws {
        let handle = try CameraHandle(FakeCamera.path)
        let mode = CameraMode(size: PixelSize(320, 240), rates: [30])
        #expect(handle.formats() == [CameraFormat(code: "YUYV", description: "YUYV 4:2:2", modes: [mode])])
    }

    private func error(_ body: () throws -> Void) -> DeviceError? {
        do {
            try body()
            return nil
        } catch {
            return error as? DeviceError
        }
    }
}

@Suite struct CameraChoiceTests {
    @Test func whereThereIsNoCameraItSaysSo() throws {
        guard Cameras.list().isEmpty else { return }
        let nothing = try VideoDevices.open("auto", size: PixelSize(320, 180), framesPerSecond: 30)
        #expect(nothing.note?.hasPrefix("no camera: ") == true)
        let twin = try VideoDevices.open("auto", size: PixelSize(320, 180), framesPerSecond: 30, fallback: .synthetic)
        #expect(twin.name == "test" && twin.note?.hasPrefix("the test picture instead of a camera: ") == true)
    }

    @Test(arguments: [("/dev/video77", "no such device"), ("/dev/video", "no such device")])
    func aMissingCameraIsTold(_ path: String, _ part: String) {
        let message = failure { _ = try VideoDevices.open(path, size: PixelSize(4, 4), framesPerSecond: 30) }
        #expect(message.contains(part) && message.contains("confab devices"), "\(message)")
    }

    @Test(arguments: [
        (PixelSize(640, 360), PixelSize(640, 360)), (PixelSize(600, 340), PixelSize(640, 360)),
        (PixelSize(160, 90), PixelSize(320, 180)), (PixelSize(1_920, 1_080), PixelSize(1_280, 720)),
        (PixelSize(640, 480), PixelSize(640, 480)),
    ])
    func theNearestSizeIsChosen(_ wish: PixelSize, _ chosen: PixelSize) {
        let sizes = [PixelSize(320, 180), PixelSize(640, 360), PixelSize(640, 480), PixelSize(1_280, 720)]
        let modes = sizes.map { CameraMode(size: $0, rates: [30, 15]) }
        #expect(modes.nearest(to: wish, framesPerSecond: 30)?.size == chosen)
    }

    @Test func aSizeThatIsTooSlowIsPassedBy() {
        let modes = [
            CameraMode(size: PixelSize(640, 480), rates: [5]), CameraMode(size: PixelSize(640, 360), rates: [30]),
        ]
        #expect(modes.nearest(to: PixelSize(640, 480), framesPerSecond: 30)?.size == PixelSize(640, 360))
    }

    @Test func paddedLinesAreLeftOut() {
        let size = PixelSize(3, 3)
        var padded: [UInt8] = []
        for line in 0..<3 { padded += [UInt8(line), UInt8(line), UInt8(line), 99] }
        for line in 0..<4 { padded += [UInt8(10 + line), UInt8(10 + line)] }
        let copied = padded.withUnsafeBytes { I420Copy.bytes(of: $0[...], size: size, lineBytes: 4) }
        #expect(copied == [0, 0, 0, 1, 1, 1, 2, 2, 2, 10, 10, 11, 11, 12, 12, 13, 13])
        #expect(padded.withUnsafeBytes { I420Copy.bytes(of: $0.dropLast(), size: size, lineBytes: 4) } == nil)
    }
}
