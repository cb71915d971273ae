/// Interleaved samples of a file, pipe or device.
struct SoundLayout: Sendable, Equatable {
    var samples: SampleLayout
    /// Frames a second.
    var rate: Int
    var channels: Int

    static let rates = 4_000...384_000
    static let channelCounts = 1...32

    var frameBytes: Int { samples.byteCount * channels }
}

/// What `--pcm-rate` and `--pcm-channels` say about standard streams and raw files: signed 16 bit, little-endian,
/// interleaved.
package struct PCMFormat: Sendable, Equatable {
    package var rate: Int
    package var channels: Int

    package static let standard = PCMFormat(rate: 48_000, channels: 1)!

    /// Nil where no resampler could make sense of it: rates from 4000 to 384000, up to 32 channels.
    package init?(rate: Int, channels: Int) {
        guard SoundLayout.rates ~= rate, SoundLayout.channelCounts ~= channels else { return nil }
        self.rate = rate
        self.channels = channels
    }

    var layout: SoundLayout { SoundLayout(samples: .signed16, rate: rate, channels: channels) }
}
