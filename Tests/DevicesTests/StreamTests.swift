import Glibc
import Media
import MediaProcessing
import Primitives
import Testing

@testable import Devices

@Suite struct StreamTests {
    private let scratch = Scratch()

    private func writer(_ path: String) -> Int32 { open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC) }

    private func send(_ samples: some Collection<Int16>, to descriptor: Int32) {
        let bytes = SampleLayout.signed16.encode(Array(samples))
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }

    private func block(of source: any AudioSource) throws -> (count: Int, samples: [Int16]) {
        var block = [Int16](repeating: 77, count: AudioFormat.blockSamples)
        return (try source.read(into: &block), block)
    }

    @Test func aFIFOIsSilentUntilSomebodyWrites() throws {
        let path = scratch.fifo("in")
        let source = try AudioDevices.open(source: path).source
        #expect(try block(of: source) == (960, [Int16](repeating: 0, count: 960)))
        let pipe = writer(path)
        let sound = (0..<1_500).map { Int16($0 + 1) }
        // An odd number of bytes, in two pieces: nothing is lost between them.
        let bytes = SampleLayout.signed16.encode(sound)
        _ = bytes.withUnsafeBytes { write(pipe, $0.baseAddress, 1_001) }
        #expect(try block(of: source).samples.allSatisfy { $0 == 0 })
        _ = bytes.withUnsafeBytes { write(pipe, $0.baseAddress! + 1_001, bytes.count - 1_001) }
        #expect(try block(of: source) == (960, Array(sound[..<960])))
        close(pipe)
        let last = try block(of: source)
        #expect(last.count == 540 && Array(last.samples[..<540]) == Array(sound[960...]))
        #expect(try block(of: source).count == 0)
    }

    @Test func aFIFOMayHaveAWAVHeader() throws {
        let path = scratch.fifo("in")
        let source = try AudioDevices.open(source: path).source
        let pipe = writer(path)
        let layout = SoundLayout(samples: .unsigned8, rate: 48_000, channels: 2)
        let mono = (0..<960).map { Int16($0 % 200 - 100) * 256 }
        let bytes = WAVTests.file(layout, ChannelConverter.fromMono(mono, channels: 2), count: 0xffff_ffff)
        _ = bytes.withUnsafeBytes { write(pipe, $0.baseAddress, $0.count) }
        close(pipe)
        #expect(try source.readAll() == mono)
    }

    @Test(arguments: [(44_100, 1), (16_000, 2), (8_000, 1)])
    func rawFilesHaveTheFormatThatIsSaid(rate: Int, channels: Int) throws {
        let format = try #require(PCMFormat(rate: rate, channels: channels))
        let path = scratch.file("tone.raw")
        let sink = try AudioDevices.open(sink: path, pcm: format).sink
        var tone = ToneGenerator(frequency: 1_000)
        var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
        for _ in 0..<50 {
            tone.fill(&block)
            try sink.write(block)
        }
        try sink.finish()
        #expect(abs(Scratch.read(path).count - rate * channels * 2) < rate * channels / 25)
        let heard = try AudioDevices.open(source: path, pcm: format).source.readAll()
        let found = try #require(ToneDetector.dominantTone(in: Array(heard[4_800..<43_200])))
        #expect(abs(found.frequency - 1_000) < 1 && abs(found.levelDb + 20) < 0.5)
    }

    @Test func aReaderThatLeavesIsAnErrorAndNotTheEndOfTheProcess() throws {
        let path = scratch.fifo("out")
        let sink = try AudioDevices.open(sink: path).sink
        let block = [Int16](repeating: 5, count: AudioFormat.blockSamples)
        try sink.write(block)
        let reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        try sink.write(block)
        var bytes = [UInt8](repeating: 0, count: 4_000)
        // What was said before anybody listened is lost.
        #expect(read(reader, &bytes, bytes.count) == 1_920)
        close(reader)
        #expect(throws: DeviceError.cannotWrite("cannot write to out: nobody reads it any more")) {
            try sink.write(block)
        }
    }

    @Test func aReaderThatStopsLosesWholeBlocks() throws {
        let path = scratch.fifo("out")
        let reader = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
        defer { close(reader) }
        let output = try ByteOutput(path: path)
        let sink = RawSink(output, format: .standard)
        for number in 0..<40 { try sink.write([Int16](repeating: Int16(number), count: AudioFormat.blockSamples)) }
        #expect(output.dropped > 0)
        var heard: [Int16] = []
        var bytes = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(reader, &bytes, bytes.count)
            guard count > 0 else { break }
            heard += SampleLayout.signed16.decode(Array(bytes[..<count]))
        }
        try sink.finish()
        let count = read(reader, &bytes, bytes.count)
        heard += SampleLayout.signed16.decode(Array(bytes[..<max(0, count)]))
        #expect(heard.count % AudioFormat.blockSamples == 0 && heard.count < 40 * AudioFormat.blockSamples)
        let blocks = stride(from: 0, to: heard.count, by: AudioFormat.blockSamples).map {
            heard[$0..<$0 + AudioFormat.blockSamples]
        }
        #expect(blocks.allSatisfy { block in block.allSatisfy { $0 == block.first } })
    }

    @Test func aFullDiskIsTold() {
        #expect(
            failure { try AudioDevices.open(sink: "/dev/full").sink.write([Int16](repeating: 0, count: 960)) }
                .contains("No space left"))
    }

    @Test(arguments: [
        ("/nonexistent/a.wav", "No such file"), ("/tmp", "directory"), ("missing.wav", "No such file"),
    ])
    func whatCannotBeOpenedIsTold(_ word: String, _ part: String) {
        let message = failure { _ = try AudioDevices.open(source: word) }
        #expect(message.contains(part) && !message.contains("\n"), "\(message)")
    }

    @Test func whatCannotBeMadeIsTold() {
        #expect(throws: DeviceError.cannotWrite("cannot write /nonexistent/a.wav: No such file or directory")) {
            try AudioDevices.open(sink: "/nonexistent/a.wav")
        }
    }

    @Test(arguments: [
        ("default", false), ("hw:1,0", false), ("plughw:CARD=PCH,DEV=0", false), ("file:'/tmp/x',raw", false),
        ("a.wav", true), ("./default", true), ("/tmp", true), ("x.raw", true), ("/dev/zero", true), ("pulse", false),
    ])
    func wordsAreFilesOrDevices(_ word: String, _ isFile: Bool) {
        #expect(DeviceWord.isFile(word) == isFile)
    }

    @Test func syntheticSoundIsThere() throws {
        let tone = try AudioDevices.open(source: "tone").source
        let heard = try tone.readAll(limit: 50)
        #expect(abs((ToneDetector.dominantTone(in: heard)?.frequency ?? 0) - 440) < 1)
        #expect(
            try AudioDevices.open(source: "silence").source.readAll(limit: 5) == [Int16](repeating: 0, count: 4_800))
        #expect(try AudioDevices.open(source: "speech").source.readAll(limit: 100).contains { abs(Int($0)) > 1_000 })
        guard case .none = try AudioDevices.open(source: "none").input else {
            Issue.record("`none` is no microphone")
            return
        }
    }
}
