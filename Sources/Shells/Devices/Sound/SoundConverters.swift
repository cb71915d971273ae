import Media
import MediaProcessing
import Primitives

/// Turns the samples of a file or device into 48 kHz mono, in blocks.
struct InputConverter {
    private let layout: SoundLayout
    private var resampler: Resampler?
    private var ready: [Int16] = []
    private var taken = 0

    init(_ layout: SoundLayout) {
        self.layout = layout
        resampler =
            layout.rate == AudioFormat.sampleRate ? nil : Resampler(from: layout.rate, to: AudioFormat.sampleRate)
    }

    /// Samples that wait to be taken.
    var count: Int { ready.count - taken }

    /// Frames of the input that make at least `samples` of the output, about.
    func framesNeeded(for samples: Int) -> Int {
        (samples * layout.rate + AudioFormat.sampleRate - 1) / AudioFormat.sampleRate
    }

    /// Whole frames.
    mutating func push(_ bytes: [UInt8]) {
        let mono = ChannelConverter.toMono(layout.samples.decode(bytes), channels: layout.channels)
        append(mono)
    }

    /// After the last push: what the resampler still holds.
    mutating func finish() {
        guard let filter = resampler else { return }
        append([Int16](repeating: 0, count: Int(filter.latency.seconds * Double(layout.rate))))
        resampler = nil
    }

    private mutating func append(_ mono: [Int16]) {
        if resampler == nil {
            ready += mono
        } else {
            resampler?.process(mono, into: &ready)
        }
    }

    /// Fills the front of `block`; returns how many were there.
    mutating func pop(into block: inout [Int16]) -> Int {
        let taking = min(count, block.count)
        block.replaceSubrange(0..<taking, with: ready[taken..<taken + taking])
        taken += taking
        if taken > 8 * AudioFormat.blockSamples || taken == ready.count {
            ready.removeFirst(taken)
            taken = 0
        }
        return taking
    }
}

/// Turns blocks of 48 kHz mono into the samples of a file or device.
struct OutputConverter {
    private let layout: SoundLayout
    private var resampler: Resampler?

    init(_ layout: SoundLayout) {
        self.layout = layout
        resampler =
            layout.rate == AudioFormat.sampleRate ? nil : Resampler(from: AudioFormat.sampleRate, to: layout.rate)
    }

    mutating func convert(_ block: [Int16]) -> [UInt8] {
        let mono = resampler?.process(block) ?? block
        return layout.samples.encode(ChannelConverter.fromMono(mono, channels: layout.channels))
    }
}
