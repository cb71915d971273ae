import CALSA
import Glibc
import Media
import Primitives
import Runtime

/// A speaker through ALSA.
///
/// It keeps 40 to 60 ms of sound waiting, whatever the size of the device's buffer: enough for a thread that comes late,
/// little enough to talk. Silence may wait for longer: as long as nobody is heard a sound card's whole buffer is full of
/// it, and a machine that is busy with joining a call does not let the card run dry.
final class ALSASink: AudioSink, CountsLosses {
    let name: String
    let keepsTime = true
    /// How often the device ran dry.
    private(set) var lossCount = 0
    private let stream: ALSAStream
    private var converter: OutputConverter
    private var watch = StallWatch()
    private var pace: DevicePace
    /// Frames of one of our blocks, as the device counts.
    private let block: Int
    /// How many frames shall wait while somebody is heard.
    private let soundTarget: Int
    /// How many while nobody is.
    private let silenceTarget: Int
    /// How many shall wait now.
    private var target: Int
    private var silentBlocks = 0
    private var isPrimed = false

    private static let buffer: UInt32 = 60_000
    private static let cardBuffer: UInt32 = 400_000
    private static let targetMilliseconds = 60
    /// Longer than pauses within a sentence last.
    private static let blocksOfSilence = 2_000 / AudioFormat.blockMilliseconds

    init(_ name: String) throws(DeviceError) {
        self.name = name
        stream = try ALSAStream(name, .playback, buffer: Self.buffer, ofCard: Self.cardBuffer)
        converter = OutputConverter(stream.layout)
        block = stream.layout.rate * AudioFormat.blockMilliseconds / 1_000
        soundTarget = min(
            stream.bufferFrames, max(stream.layout.rate * Self.targetMilliseconds / 1_000, 2 * stream.periodFrames))
        silenceTarget = stream.isCard ? stream.bufferFrames : soundTarget
        target = silenceTarget
        pace = DevicePace(keepsNoTime: stream.keepsNoTime)
        setWakeUp()
    }

    /// Frames of the buffer that stay empty, so that no more than the target waits.
    private var reserve: Int { stream.bufferFrames - target }

    private func setWakeUp() {
        stream.setWakeUp(frames: min(reserve + min(block, target), stream.bufferFrames))
    }

    var delay: Duration { stream.delay }

    /// Drops the block where the device takes nothing for a while, so that the thread can see that it shall end.
    func write(_ block: [Int16]) throws(DeviceError) {
        try chooseTarget(for: block)
        let bytes = converter.convert(block)
        var offset = 0
        while offset < bytes.count {
            if !isPrimed { try fillWithSilence() }
            let room = try room()
            // It ran dry meanwhile; silence comes before the block, not after its beginning.
            guard isPrimed || room == 0 else { continue }
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
        // At most 60 ms of sound wait; a device in non-blocking mode does not drain by itself.
        Clock.sleep(until: Clock.now() + min(stream.delay, .milliseconds(100)))
        snd_pcm_drop(stream.pcm)
    }

    private func chooseTarget(for block: [Int16]) throws(DeviceError) {
        silentBlocks = block.allSatisfy { $0 == 0 } ? silentBlocks + 1 : 0
        if silentBlocks == 0, target > soundTarget {
            target = soundTarget
            setWakeUp()
            if try stream.discard(downTo: max(0, target - self.block)) { isPrimed = false }
        } else if silentBlocks == Self.blocksOfSilence, target < silenceTarget {
            target = silenceTarget
            setWakeUp()
            isPrimed = false
        }
    }

    /// At the start, after every gap and where more shall wait than does: with a nearly empty buffer the device would run
    /// dry at once.
    private func fillWithSilence() throws(DeviceError) {
        isPrimed = true
        let missing = snd_pcm_avail_update(stream.pcm) - reserve - block
        guard missing > 0 else { return }
        let silence = [Int16](repeating: 0, count: missing * stream.layout.channels)
        _ = try write(stream.layout.samples.encode(silence)[...], room: missing)
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
