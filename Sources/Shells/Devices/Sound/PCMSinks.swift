import Media
import Primitives

/// Raw 16-bit samples into a file, FIFO or standard output.
final class RawSink: AudioSink, CountsLosses {
    let name: String
    let keepsTime = false
    let delay = Duration.zero
    private let output: ByteOutput
    private var converter: OutputConverter

    init(_ output: ByteOutput, format: PCMFormat) {
        name = output.name
        self.output = output
        converter = OutputConverter(format.layout)
    }

    var lossCount: Int { output.dropped }

    func write(_ block: [Int16]) throws(DeviceError) { try output.write(converter.convert(block)) }

    func finish() throws(DeviceError) { try output.finish() }
}

/// A WAV file that can be read while it grows, and after a crash: its header says "to the end" at first, and is
/// corrected every second and at the end. Into a FIFO it is written as a stream of unknown length.
final class WAVSink: AudioSink {
    let name: String
    let keepsTime = false
    let delay = Duration.zero
    private let output: ByteOutput
    private let format: PCMFormat
    private var converter: OutputConverter
    private var dataCount = 0
    private var blocksUntilHeader = WAVSink.blocksBetweenHeaders
    private var isFinished = false

    private static let blocksBetweenHeaders = 1_000 / AudioFormat.blockMilliseconds

    init(_ output: ByteOutput, format: PCMFormat) throws(DeviceError) {
        name = output.name
        self.output = output
        self.format = format
        converter = OutputConverter(format.layout)
        try output.write(WAVHeader.encode(rate: format.rate, channels: format.channels, dataCount: nil))
    }

    deinit { try? finish() }

    func write(_ block: [Int16]) throws(DeviceError) {
        let bytes = converter.convert(block)
        try output.write(bytes)
        dataCount += bytes.count
        blocksUntilHeader -= 1
        if blocksUntilHeader == 0 { try updateHeader() }
    }

    func finish() throws(DeviceError) {
        guard !isFinished else { return }
        isFinished = true
        try updateHeader()
        try output.finish()
    }

    private func updateHeader() throws(DeviceError) {
        blocksUntilHeader = Self.blocksBetweenHeaders
        let header = WAVHeader.encode(rate: format.rate, channels: format.channels, dataCount: dataCount)
        try output.patch(header, at: 0)
    }
}
