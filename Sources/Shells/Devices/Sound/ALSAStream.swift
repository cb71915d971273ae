import CALSA
import Media
import Primitives
import Runtime

/// One direction of an ALSA PCM, opened and configured; closed when it goes.
struct ALSAStream: ~Copyable {
    enum Direction {
        case capture, playback

        var value: snd_pcm_stream_t { self == .capture ? SND_PCM_STREAM_CAPTURE : SND_PCM_STREAM_PLAYBACK }
        var noun: String { self == .capture ? "microphone" : "speaker" }
    }

    let pcm: OpaquePointer
    let name: String
    let direction: Direction
    let layout: SoundLayout
    /// Frames between two wake-ups.
    let periodFrames: Int
    let bufferFrames: Int
    /// Whether sound goes to a driver in the kernel, by whatever plugins, and not to a sound server.
    let isCard: Bool

    /// Never waits for a device that someone else holds. `buffer` is in microseconds; a sound card may have another than a
    /// sound server, which takes the buffer's size for the delay that is wanted.
    init(_ name: String, _ direction: Direction, buffer: UInt32, ofCard: UInt32? = nil) throws(DeviceError) {
        calsa_silence()
        var opened: OpaquePointer?
        let code = snd_pcm_open(&opened, name, direction.value, Int32(SND_PCM_NONBLOCK))
        guard code >= 0, let opened else { throw ALSAError.opening(name, direction, code: code) }
        let isCard = Self.isCard(opened)
        do throws(DeviceError) {
            let parameters = try ALSAParameters(opened, what: "\(direction.noun) \(name.shown)")
            try parameters.choose(buffer: isCard ? ofCard ?? buffer : buffer)
            layout = parameters.layout
            periodFrames = parameters.periodFrames
            bufferFrames = parameters.bufferFrames
        } catch {
            snd_pcm_close(opened)
            throw error
        }
        self.isCard = isCard
        pcm = opened
        self.name = name
        self.direction = direction
    }

    deinit {
        snd_pcm_close(pcm)
    }

    private static func isCard(_ pcm: OpaquePointer) -> Bool {
        var info: OpaquePointer?
        guard snd_pcm_info_malloc(&info) >= 0, let info else { return false }
        defer { snd_pcm_info_free(info) }
        return snd_pcm_info(pcm, info) >= 0 && snd_pcm_info_get_card(info) >= 0
    }

    /// Frames that wait in the device: recorded and not read, or written and not heard. Nil where it cannot tell.
    var delayFrames: Int? {
        var frames: snd_pcm_sframes_t = 0
        return snd_pcm_delay(pcm, &frames) >= 0 ? max(0, frames) : nil
    }

    var delay: Duration {
        .nanoseconds(Int64(delayFrames ?? 0) * 1_000_000_000 / Int64(layout.rate))
    }

    /// Whether this is one of the plugins without a clock.
    var keepsNoTime: Bool {
        let type = snd_pcm_type(pcm)
        return type == SND_PCM_TYPE_NULL || type == SND_PCM_TYPE_FILE
    }

    /// Wakes up a waiting thread when this many frames can be read or written.
    func setWakeUp(frames: Int) {
        var parameters: OpaquePointer?
        guard snd_pcm_sw_params_malloc(&parameters) >= 0, let parameters else { return }
        defer { snd_pcm_sw_params_free(parameters) }
        guard snd_pcm_sw_params_current(pcm, parameters) >= 0 else { return }
        snd_pcm_sw_params_set_avail_min(pcm, parameters, snd_pcm_uframes_t(frames))
        // Both directions are started by hand.
        snd_pcm_sw_params_set_start_threshold(pcm, parameters, snd_pcm_uframes_t(bufferFrames) * 2)
        snd_pcm_sw_params(pcm, parameters)
    }

    /// Brings the stream back to `PREPARED` after an xrun or a suspended machine; throws where the device is lost.
    func recover(from code: Int32) throws(DeviceError) {
        switch -code {
        case EPIPE: break
        case ESTRPIPE:
            // The driver asks to be called again until the hardware is awake.
            for _ in 0..<50 where snd_pcm_resume(pcm) == -EAGAIN { Clock.sleep(until: Clock.now() + .milliseconds(20)) }
        default: throw ALSAError.using(name, direction, code: code)
        }
        try prepare()
    }

    /// Throws away what waits, the newest first, until so many frames are left; all of it where the device cannot do that.
    /// True where it stopped for that, and is `PREPARED`.
    func discard(downTo frames: Int) throws(DeviceError) -> Bool {
        let excess = bufferFrames - max(0, snd_pcm_avail_update(pcm)) - frames
        guard excess > 0 else { return false }
        let possible = min(excess, max(0, snd_pcm_rewindable(pcm)))
        if possible == excess, snd_pcm_rewind(pcm, snd_pcm_uframes_t(excess)) == excess { return false }
        snd_pcm_drop(pcm)
        try prepare()
        return true
    }

    private func prepare() throws(DeviceError) {
        let result = snd_pcm_prepare(pcm)
        guard result >= 0 else { throw ALSAError.using(name, direction, code: result) }
    }
}
