import CALSA
import Glibc
import Media
import Primitives
import Runtime

/// A speaker through ALSA. It keeps 40 to 60 ms of sound waiting, whatever the size of the device's buffer: enough for
/// a thread that comes late, little enough to talk.
final class ALSASink: AudioSink, CountsLosses {
    let name: String
    let keepsTime = true
    /// How often the device ran dry.
    private(set) var lossCount = 0
    private let stream: ALSAStream
    private var converter: OutputConverter
    private var watch = StallWatch()
    private var pace: DevicePace
    /// Frames of the buffer that stay empty, so that no more than the target waits.
    private let reserve: Int
    private let prefill: Int
    private var isPrimed = false

    private static let buffer: UInt32 = 60_000
    private static let targetMilliseconds = 60

    init(_ name: String) throws(DeviceError) {
        self.name = name
        stream = try ALSAStream(name, .playback, buffer: Self.buffer)
        converter = OutputConverter(stream.layout)
        let target = min(
            stream.bufferFrames, max(stream.layout.rate * Self.targetMilliseconds / 1_000, 2 * stream.periodFrames))
        let block = stream.layout.rate * AudioFormat.blockMilliseconds / 1_000
        reserve = stream.bufferFrames - target
        prefill = max(0, target - block)
        pace = DevicePace(keepsNoTime: stream.keepsNoTime)
        stream.setWakeUp(frames: min(reserve + min(block, target), stream.bufferFrames))
    }

    var delay: Duration { stream.delay }

    /// Drops the block where the device takes nothing for a while, so that the thread can see that it shall end.
    func write(_ block: [Int16]) throws(DeviceError) {
        let bytes = converter.convert(block)
        var offset = 0
        while offset < bytes.count {
            if !isPrimed { try fillWithSilence() }
            let room = try room()
            guard room > 0 else {
                if watch.isStalled { throw .gone("speaker \(name.shown) takes no sound any more") }
                return
            }
            offset += try write(bytes[offset...], room: room) * stream.layout.frameBytes
            watch.reset()
        }
        try startIfNeeded()
        pace.wait(samples: block.count)
    }

    func finish() throws(DeviceError) {
        // What waits is at most 60 ms; a device in non-blocking mode does not drain by itself.
        Clock.sleep(until: Clock.now() + min(stream.delay, .milliseconds(100)))
        snd_pcm_drop(stream.pcm)
    }

    /// Before the first block and after every gap: a start with a nearly empty buffer would run dry at once.
    private func fillWithSilence() throws(DeviceError) {
        isPrimed = true
        let silence = [Int16](repeating: 0, count: prefill * stream.layout.channels)
        _ = try write(stream.layout.samples.encode(silence)[...], room: prefill)
    }

    /// Frames that may be written now; 0 where there is no room within 100 ms.
    private func room() throws(DeviceError) -> Int {
        let deadline = Clock.now() + StallWatch.patience
        while Clock.now() < deadline {
            let available = snd_pcm_avail_update(stream.pcm)
            if available > reserve { return available - reserve }
            var code = Int32(clamping: available)
            if code >= 0 {
                try startIfNeeded()
                code = snd_pcm_wait(stream.pcm, Int32(StallWatch.patience.milliseconds))
                if code == 0 { return 0 }
                // Some plugins wake at every period; without a pause this would spin.
                if code > 0, snd_pcm_avail_update(stream.pcm) <= reserve {
                    Clock.sleep(until: Clock.now() + .milliseconds(2))
                }
            }
            if code < 0 { try recover(from: code) }
        }
        return 0
    }

    /// How many frames the device took.
    private func write(_ bytes: ArraySlice<UInt8>, room: Int) throws(DeviceError) -> Int {
        let frames = min(room, bytes.count / stream.layout.frameBytes)
        let written = bytes.withUnsafeBytes {
            snd_pcm_writei(stream.pcm, $0.baseAddress, snd_pcm_uframes_t(frames))
        }
        if written >= 0 { return written }
        let code = Int32(clamping: written)
        if code != -EAGAIN { try recover(from: code) }
        return 0
    }

    private func startIfNeeded() throws(DeviceError) {
        guard snd_pcm_state(stream.pcm) == SND_PCM_STATE_PREPARED else { return }
        let code = snd_pcm_start(stream.pcm)
        if code < 0 { try recover(from: code) }
    }

    private func recover(from code: Int32) throws(DeviceError) {
        if code == -EPIPE { lossCount += 1 }
        try stream.recover(from: code)
        isPrimed = false
    }
}
