import CALSA
import Glibc
import Media
import Primitives
import Runtime

/// A microphone through ALSA.
final class ALSASource: AudioSource, CountsLosses {
    let name: String
    let keepsTime = true
    /// How often sound was lost because nobody read in time.
    private(set) var lossCount = 0
    private let stream: ALSAStream
    private var converter: InputConverter
    private var bytes: [UInt8]
    private var watch = StallWatch()
    private var pace: DevicePace

    private var isRunning = false

    /// What a busy machine may be late by without loss; it costs no delay, as whatever waits is read at once.
    private static let buffer: UInt32 = 500_000

    init(_ name: String) throws(DeviceError) {
        self.name = name
        stream = try ALSAStream(name, .capture, buffer: Self.buffer)
        converter = InputConverter(stream.layout)
        bytes = [UInt8](repeating: 0, count: stream.bufferFrames * stream.layout.frameBytes)
        pace = DevicePace(keepsNoTime: stream.keepsNoTime)
        stream.setWakeUp(frames: stream.periodFrames)
    }

    var delay: Duration { stream.delay }

    /// Silence where the device gives nothing for a while, so that the thread can see that it shall end.
    func read(into block: inout [Int16]) throws(DeviceError) -> Int {
        // Not when it is opened: joining takes longer than any buffer lasts.
        if !isRunning { try start() }
        while converter.count < block.count {
            let wanted = converter.framesNeeded(for: block.count - converter.count)
            let frames = try readFrames(atMost: min(wanted, stream.bufferFrames))
            if frames > 0 {
                watch.reset()
                converter.push(Array(bytes[..<(frames * stream.layout.frameBytes)]))
            } else if watch.isStalled {
                throw .gone("microphone \(name.shown) gives no sound any more")
            } else {
                for i in block.indices { block[i] = 0 }
                return block.count
            }
        }
        pace.wait(samples: block.count)
        return converter.pop(into: &block)
    }

    /// 0 where nothing came in 100 ms.
    private func readFrames(atMost limit: Int) throws(DeviceError) -> Int {
        let deadline = Clock.now() + StallWatch.patience
        while Clock.now() < deadline {
            let got = bytes.withUnsafeMutableBytes {
                snd_pcm_readi(stream.pcm, $0.baseAddress, snd_pcm_uframes_t(limit))
            }
            if got > 0 { return got }
            var code = Int32(clamping: got)
            if code == 0 || code == -EAGAIN {
                code = snd_pcm_wait(stream.pcm, Int32(StallWatch.patience.milliseconds))
                if code == 0 { return 0 }
            }
            if code < 0 {
                if code == -EPIPE { lossCount += 1 }
                isRunning = false
                try stream.recover(from: code)
                try start()
            }
        }
        return 0
    }

    private func start() throws(DeviceError) {
        let code = snd_pcm_start(stream.pcm)
        guard code >= 0 else { throw ALSAError.using(name, .capture, code: code) }
        isRunning = true
    }
}
