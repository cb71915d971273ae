import Media
import Primitives
import Testing

@testable import Devices

@Suite struct WebMTests {
    private let scratch = Scratch()

    /// An element: its identifier's bytes, the length of its body in eight bytes, the body.
    private static func element(_ identifier: UInt32, _ body: [UInt8], isOpenEnded: Bool = false) -> [UInt8] {
        var bytes: [UInt8] = []
        for shift in [24, 16, 8, 0] as [UInt32] where identifier >> shift != 0 {
            bytes.append(UInt8(truncatingIfNeeded: identifier >> shift))
        }
        bytes.append(1)
        let count = isOpenEnded ? 0x00ff_ffff_ffff_ffff : UInt64(body.count)
        for shift in stride(from: 48, through: 0, by: -8) {
            bytes.append(UInt8(truncatingIfNeeded: count >> UInt64(shift)))
        }
        return bytes + body
    }

    private static func number(_ identifier: UInt32, _ value: UInt32) -> [UInt8] {
        var body: [UInt8] = []
        body.appendU32(value)
        return element(identifier, body)
    }

    private static func block(_ track: UInt8, _ time: UInt16, _ bytes: [UInt8]) -> [UInt8] {
        element(0xa3, [0x80 | track, UInt8(time >> 8), UInt8(time & 255), 0x80] + bytes)
    }

    private static func track(_ number: UInt32, kind: UInt32, codec: String, _ more: [UInt8]) -> [UInt8] {
        element(
            0xae,
            Self.number(0xd7, number) + Self.number(0x73c5, number) + Self.number(0x83, kind)
                + element(0x86, Array(codec.utf8)) + more)
    }

    static func file(video: String = "V_VP8", sound: String = "A_OPUS", isLive: Bool = false) -> [UInt8] {
        let header = element(0x1a45_dfa3, element(0x4282, Array("webm".utf8)))
        let info = element(0x1549_a966, number(0x2ad7b1, 1_000_000))
        let tracks = element(
            0x1654_ae6b,
            track(1, kind: 1, codec: video, element(0xe0, number(0xb0, 160) + number(0xba, 90)))
                + track(2, kind: 2, codec: sound, number(0x56aa, 6_500_000) + element(0xe1, number(0x9f, 1))))
        let first = element(
            0x1f43_b675, number(0xe7, 0) + block(1, 0, [0x10, 1, 2]) + block(2, 0, [7, 7]) + block(2, 20, [8]))
        let second = element(
            0x1f43_b675, number(0xe7, 1_000) + block(1, 40, [0x11, 5]) + block(2, 45, [9]), isOpenEnded: isLive)
        return header + element(0x1853_8067, info + tracks + first + second, isOpenEnded: isLive)
    }

    @Test(arguments: [false, true])
    func bothTracksComeWithTheirTimes(isLive: Bool) throws {
        let path = scratch.file("a.webm", Self.file(isLive: isLive))
        let reader = try WebMReader(path: path)
        #expect(reader.tracks.map(\.codec) == ["V_VP8", "A_OPUS"])
        #expect(reader.tracks[0].size == PixelSize(160, 90))
        var frames: [(UInt64, Int64, [UInt8])] = []
        while let frame = reader.next() { frames.append((frame.track, frame.time.milliseconds, frame.bytes)) }
        #expect(frames.map(\.0) == [1, 2, 2, 1, 2])
        #expect(frames.map(\.1) == [0, 0, 20, 1_040, 1_045])
        #expect(frames.map(\.2) == [[0x10, 1, 2], [7, 7], [8], [0x11, 5], [9]])
    }

    @Test func oneTrackForACameraAndOneForAMicrophone() throws {
        let path = scratch.file("a.webm", Self.file())
        let video = try VideoDevices.open(path, size: PixelSize(4, 4), framesPerSecond: 30).file
        let first = try #require(try video.nextFrame())
        let second = try #require(try video.nextFrame())
        #expect(first.isKeyFrame && !second.isKeyFrame && second.timestamp == 93_600)
        #expect(try video.nextFrame() == nil)
        guard case .encoded(let sound) = try AudioDevices.open(source: path).input else {
            Issue.record("a WebM file's sound is compressed")
            return
        }
        #expect(sound.preSkip == 312)
        // Each packet is 20 ms; the gap before the third one is silence.
        let source = DecodedAudio(sound) { [Int16](repeating: Int16($0.bytes[0]), count: 960) }
        let heard = try source.readAll()
        #expect(heard.filter { $0 == 7 }.count == 960 - 312)
        #expect(heard.firstIndex(of: 8) == 960 - 312 && heard.firstIndex(of: 9) == 1_045 * 48 - 312)
    }

    @Test func aCutFilePlaysAsFarAsItGoes() throws {
        let good = Self.file()
        let reader = try WebMReader(path: scratch.file("a.webm", Array(good.dropLast(3))))
        var count = 0
        while reader.next() != nil { count += 1 }
        #expect(count == 4)
    }

    @Test(
        arguments: [[], [0x1a, 0x45, 0xdf, 0xa3], [0x1a, 0x45, 0xdf, 0xa3, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7]]
            as [[UInt8]])
    func whatIsNoWebMIsTold(_ bytes: [UInt8]) {
        let path = scratch.file("a.webm", bytes)
        #expect(failure { _ = try WebMReader(path: path) }.contains("no WebM file"))
    }

    @Test func mutatedFilesNeverTrapNorTakeAllMemory() {
        let good = Self.file()
        var random = SeededGenerator(seed: 11)
        for _ in 0..<3_000 {
            let path = scratch.file("a.webm", Mutation.of(good, first: good.count, &random))
            guard let reader = try? WebMReader(path: path) else { continue }
            for _ in 0..<100 where reader.next() == nil { break }
        }
    }
}
