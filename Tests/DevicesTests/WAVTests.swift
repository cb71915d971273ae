import Media
import MediaProcessing
import Primitives
import Testing

@testable import Devices

@Suite struct WAVTests {
    /// A WAV file of any layout, as other programs write it.
    static func file(
        _ layout: SoundLayout, _ samples: [Int16], isExtensible: Bool = false, count: UInt32? = nil, extra: [UInt8] = []
    ) -> [UInt8] {
        let data = layout.samples.encode(samples)
        let isFloat = layout.samples == .float32 || layout.samples == .float64
        let bits = UInt16(layout.samples.byteCount * 8)
        var format: [UInt8] = []
        format.appendLittle16(isExtensible ? 0xfffe : isFloat ? 3 : 1)
        format.appendLittle16(UInt16(layout.channels))
        format.appendLittle32(UInt32(layout.rate))
        format.appendLittle32(UInt32(layout.rate * layout.frameBytes))
        format.appendLittle16(UInt16(layout.frameBytes))
        format.appendLittle16(bits)
        if isExtensible {
            format.appendLittle16(22)
            format.appendLittle16(bits)
            format.appendLittle32(0)
            format += [isFloat ? 3 : 1, 0, 0, 0, 0, 0, 0x10, 0, 0x80, 0, 0, 0xaa, 0, 0x38, 0x9b, 0x71]
        }
        var bytes = [UInt8]("RIFF".utf8)
        bytes.appendLittle32(UInt32(36 + data.count))
        bytes += "WAVE".utf8 + extra + "fmt ".utf8
        bytes.appendLittle32(UInt32(format.count))
        bytes += format + "data".utf8
        bytes.appendLittle32(count ?? UInt32(data.count))
        return bytes + data
    }

    static let ramp = (0..<2_000).map { Int16(truncatingIfNeeded: ($0 * 31) % 20_000 - 10_000) / 256 * 256 }

    static let layouts: [SampleLayout] = [.unsigned8, .signed16, .signed24, .signed32, .float32, .float64]

    @Test(arguments: layouts, [false, true])
    func readsEveryLayout(_ samples: SampleLayout, isExtensible: Bool) throws {
        let scratch = Scratch()
        let layout = SoundLayout(samples: samples, rate: 48_000, channels: 1)
        let path = scratch.file("a.wav", Self.file(layout, Self.ramp, isExtensible: isExtensible))
        #expect(try AudioDevices.open(source: path).source.readAll() == Self.ramp)
    }

    @Test(arguments: [0, 0xffff_ffff, 0x7fff_f024] as [UInt32])
    func readsToTheEndWhereTheWriterDidNotKnowTheLength(_ count: UInt32) throws {
        let scratch = Scratch()
        let layout = SoundLayout(samples: .signed16, rate: 48_000, channels: 1)
        var bytes = Self.file(layout, Self.ramp, count: count)
        if count == 0 { bytes.replaceSubrange(4..<8, with: [0, 0, 0, 0]) }
        #expect(try AudioDevices.open(source: scratch.file("a.wav", bytes)).source.readAll() == Self.ramp)
    }

    @Test func skipsChunksThatAreNotSound() throws {
        let scratch = Scratch()
        let layout = SoundLayout(samples: .signed16, rate: 48_000, channels: 1)
        let list = [UInt8]("LIST".utf8) + [5, 0, 0, 0] + [1, 2, 3, 4, 5, 0]
        let bytes = Self.file(layout, Self.ramp, extra: list) + [UInt8]("id3 ".utf8) + [4, 0, 0, 0, 9, 9, 9, 9]
        #expect(try AudioDevices.open(source: scratch.file("a.wav", bytes)).source.readAll() == Self.ramp)
    }

    @Test(arguments: [(8_000, 1), (16_000, 2), (22_050, 1), (44_100, 2), (96_000, 6)])
    func anyRateAndChannelsKeepTheTone(rate: Int, channels: Int) throws {
        let scratch = Scratch()
        let mono = (0..<rate).map { index in
            Int16(saturating: 8_000 * ElementaryFunctions.sine(turns: Double(index) * 1_000 / Double(rate)))
        }
        let layout = SoundLayout(samples: .signed16, rate: rate, channels: channels)
        let path = scratch.file("a.wav", Self.file(layout, ChannelConverter.fromMono(mono, channels: channels)))
        let heard = try AudioDevices.open(source: path).source.readAll()
        #expect(abs(heard.count - 48_000) < 960)
        let tone = try #require(ToneDetector.dominantTone(in: Array(heard[4_800..<43_200])))
        #expect(abs(tone.frequency - 1_000) < 1)
        #expect(abs(tone.levelDb - Decibels.fromAmplitude(8_000 / 32_768 / 2.0.squareRoot())) < 0.5)
    }

    @Test(arguments: [1, 2])
    func whatIsWrittenReadsTheSame(channels: Int) throws {
        let scratch = Scratch()
        let path = scratch.file("out.wav")
        let format = try #require(PCMFormat(rate: 48_000, channels: channels))
        let sink = try AudioDevices.open(sink: path, pcm: format).sink
        var tone = ToneGenerator(frequency: 500)
        var sent: [Int16] = []
        for _ in 0..<60 {
            var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
            tone.fill(&block)
            try sink.write(block)
            sent += block
        }
        // Before the end, as after a crash: the header of the last second says less than there is.
        #expect(try AudioDevices.open(source: path).source.readAll().count == 48_000)
        try sink.finish()
        #expect(try AudioDevices.open(source: path).source.readAll() == sent)
        #expect(Scratch.read(path).count == WAVHeader.byteCount + sent.count * 2 * channels)
    }

    @Test(arguments: [
        ("not RIFF", [UInt8](repeating: 7, count: 100), "cannot play a.wav"),
        ("empty", [], "cannot play a.wav"),
        (
            "cut header", Array(file(SoundLayout(samples: .signed16, rate: 48_000, channels: 1), []).prefix(30)),
            "ends before"
        ),
        ("no channels", damaged(22, 0), "0 channels"),
        ("no rate", damaged(24, 0, 0, 0, 0), "0 samples a second"),
        ("ADPCM", damaged(20, 2), "ADPCM"),
        ("A-law", damaged(20, 6), "A-law"),
        ("format too long", damaged(16, 255, 255, 255, 255), "a format of"),
        ("data first", damaged(12, 100, 97, 116, 97), "before their format"),
    ])
    func damagedFilesTellWhatIsWrong(_ name: String, _ bytes: [UInt8], _ part: String) {
        let scratch = Scratch()
        let path = scratch.file("a.wav", bytes)
        let message = failure { _ = try AudioDevices.open(source: path) }
        #expect(message.contains(part) && message.contains("a.wav"), "\(name): \(message)")
    }

    static func damaged(_ offset: Int, _ values: UInt8...) -> [UInt8] {
        var bytes = file(SoundLayout(samples: .signed16, rate: 48_000, channels: 1), ramp)
        bytes.replaceSubrange(offset..<offset + values.count, with: values)
        return bytes
    }

    @Test func noMutatedHeaderTraps() {
        let layout = SoundLayout(samples: .signed24, rate: 44_100, channels: 2)
        let good = Self.file(layout, Array(Self.ramp.prefix(200)), isExtensible: true)
        var random = SeededGenerator(seed: 5)
        for _ in 0..<20_000 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                bytes[Int.random(in: 0..<80, using: &random)] = [
                    0, 1, 0x7f, 0x80, 0xff, .random(in: 0...255, using: &random),
                ]
                .randomElement(using: &random)!
            }
            _ = try? WAVHeader.parse(bytes[..<Int.random(in: 0...bytes.count, using: &random)])
        }
    }
}
