import CALSA
import Media

/// Agrees with a PCM on format, channels, rate and buffer: what we like where the device has it, else what it has.
final class ALSAParameters {
    private(set) var layout = SoundLayout(samples: .signed16, rate: AudioFormat.sampleRate, channels: 1)
    private(set) var periodFrames = 0
    private(set) var bufferFrames = 0
    private let pcm: OpaquePointer
    private let parameters: OpaquePointer
    /// For messages: `microphone hw:1`.
    private let what: String

    /// In the order we like them.
    private static let formats: [(snd_pcm_format_t, SampleLayout)] = [
        (SND_PCM_FORMAT_S16_LE, .signed16), (SND_PCM_FORMAT_S32_LE, .signed32), (SND_PCM_FORMAT_FLOAT_LE, .float32),
        (SND_PCM_FORMAT_S24_LE, .signed24in32), (SND_PCM_FORMAT_S24_3LE, .signed24), (SND_PCM_FORMAT_U8, .unsigned8),
    ]
    /// 10 ms, in microseconds: half a block, so that a block never waits long for its second half.
    private static let period: UInt32 = 10_000

    init(_ pcm: OpaquePointer, what: String) throws(DeviceError) {
        var allocated: OpaquePointer?
        guard snd_pcm_hw_params_malloc(&allocated) >= 0, let allocated else {
            throw .unusable("no memory to set up \(what)")
        }
        self.pcm = pcm
        self.what = what
        parameters = allocated
        try check(snd_pcm_hw_params_any(pcm, parameters))
    }

    deinit { snd_pcm_hw_params_free(parameters) }

    /// `buffer` is in microseconds.
    func choose(buffer: UInt32) throws(DeviceError) {
        try check(snd_pcm_hw_params_set_access(pcm, parameters, SND_PCM_ACCESS_RW_INTERLEAVED))
        layout.samples = try chooseFormat()
        layout.channels = try chooseChannels()
        var rate = UInt32(AudioFormat.sampleRate)
        try check(snd_pcm_hw_params_set_rate_near(pcm, parameters, &rate, nil))
        layout.rate = Int(rate)
        guard SoundLayout.rates ~= layout.rate else {
            throw .unusable("\(what) works at \(rate) samples a second; 4000 to 384000 are possible")
        }
        var period = Self.period
        var time = buffer
        try check(snd_pcm_hw_params_set_period_time_near(pcm, parameters, &period, nil))
        try check(snd_pcm_hw_params_set_buffer_time_near(pcm, parameters, &time, nil))
        try check(snd_pcm_hw_params(pcm, parameters))
        var frames: snd_pcm_uframes_t = 0
        try check(snd_pcm_hw_params_get_period_size(parameters, &frames, nil))
        periodFrames = Int(frames)
        try check(snd_pcm_hw_params_get_buffer_size(parameters, &frames))
        bufferFrames = Int(frames)
    }

    /// What the device could do, before anything is chosen.
    func capabilities() throws(DeviceError) -> SoundCapabilities {
        var fewest: UInt32 = 0
        var most: UInt32 = 0
        var slowest: UInt32 = 0
        var fastest: UInt32 = 0
        try check(snd_pcm_hw_params_get_channels_min(parameters, &fewest))
        try check(snd_pcm_hw_params_get_channels_max(parameters, &most))
        try check(snd_pcm_hw_params_get_rate_min(parameters, &slowest, nil))
        try check(snd_pcm_hw_params_get_rate_max(parameters, &fastest, nil))
        let formats = Self.formats.map(\.0).filter { snd_pcm_hw_params_test_format(pcm, parameters, $0) >= 0 }
        return SoundCapabilities(
            formats: formats.map { String(cString: snd_pcm_format_name($0)) },
            channels: Int(fewest)...Int(max(fewest, most)), rates: Int(slowest)...Int(max(slowest, fastest)))
    }

    private func chooseFormat() throws(DeviceError) -> SampleLayout {
        for (format, layout) in Self.formats where snd_pcm_hw_params_set_format(pcm, parameters, format) >= 0 {
            return layout
        }
        throw .unusable("\(what) has none of our sample formats; try its name with plug before it (plughw:…)")
    }

    /// One channel, else two, else what there is.
    private func chooseChannels() throws(DeviceError) -> Int {
        for count: UInt32 in [1, 2] where snd_pcm_hw_params_set_channels(pcm, parameters, count) >= 0 {
            return Int(count)
        }
        var count: UInt32 = 2
        try check(snd_pcm_hw_params_set_channels_near(pcm, parameters, &count))
        return Int(count)
    }

    private func check(_ code: Int32) throws(DeviceError) {
        guard code < 0 else { return }
        throw .unusable("\(what) cannot be set up: \(ALSAError.text(code))")
    }
}
