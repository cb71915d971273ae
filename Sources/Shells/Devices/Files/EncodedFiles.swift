import Media
import Primitives
import Runtime

/// A file of compressed pictures. Whoever has a decoder turns it into a `VideoSource` by `DecodedVideo`.
package protocol EncodedVideoFile: AnyObject {
    var name: String { get }
    var size: PixelSize { get }
    /// The next VP8 picture; its `time` counts from the beginning of the file, its `timestamp` is the same at 90 kHz.
    /// Nil at the end.
    func nextFrame() throws(DeviceError) -> EncodedFrame?
}

/// One Opus packet of a file.
package struct EncodedAudioPacket: Sendable {
    package var bytes: [UInt8]
    /// Since the beginning of the file.
    package var time: Duration
}

/// A file of compressed sound. Whoever has a decoder turns it into an `AudioSource` by `DecodedAudio`.
package protocol EncodedAudioFile: AnyObject {
    var name: String { get }
    /// 1 or 2; an Opus decoder may be made for one anyway.
    var channels: Int { get }
    /// Samples at 48 kHz to drop from the beginning of what is decoded (RFC 7845 §4.2).
    var preSkip: Int { get }
    /// The next Opus packet; nil at the end.
    func nextPacket() throws(DeviceError) -> EncodedAudioPacket?
}

/// Plays a file of compressed pictures at its own times.
package final class DecodedVideo: VideoSource {
    package let name: String
    package let keepsTime = true
    package let framesPerSecond = 30.0
    package private(set) var ended = false
    private let file: any EncodedVideoFile
    private let decode: (EncodedFrame) -> VideoFrame?
    private let sleep: (Instant) -> Void
    private var waiting: EncodedFrame?
    private var last: (due: Instant, time: Instant)?

    private static let longestWait = Duration.milliseconds(500)
    /// A damaged time must not stop the picture for hours.
    private static let longestGap = Duration.seconds(10)

    /// `decode` gives nil where a frame shows nothing or is damaged; `sleep` blocks until a moment.
    package init(
        _ file: any EncodedVideoFile, sleep: @escaping (Instant) -> Void = { Clock.sleep(until: $0) },
        decode: @escaping (EncodedFrame) -> VideoFrame?
    ) {
        name = file.name
        self.file = file
        self.sleep = sleep
        self.decode = decode
    }

    package func nextFrame(now: Instant) throws(DeviceError) -> VideoFrame? {
        if waiting == nil { waiting = try file.nextFrame() }
        guard let frame = waiting else {
            ended = true
            return nil
        }
        let due = due(frame, now: now)
        if due > now + Self.longestWait {
            sleep(now + Self.longestWait)
            return nil
        }
        if due > now { sleep(due) }
        waiting = nil
        last = (due, frame.time)
        guard var picture = decode(frame) else { return nil }
        picture.captureTime = max(due, now)
        return picture
    }

    private func due(_ frame: EncodedFrame, now: Instant) -> Instant {
        guard let last else { return now }
        let step = frame.time - last.time
        return .zero <= step && step <= Self.longestGap ? last.due + step : now
    }
}

/// Plays a file of compressed sound, with silence where the file has gaps.
package final class DecodedAudio: AudioSource {
    package let name: String
    package let keepsTime = false
    private let file: any EncodedAudioFile
    private let decode: (EncodedAudioPacket) -> [Int16]
    private var ready: [Int16] = []
    /// Samples made so far, those to be dropped included.
    private var position = 0
    private var toDrop: Int

    /// A damaged time must not make hours of silence.
    private static let longestGap = 10 * AudioFormat.sampleRate
    /// Times in files are rounded; less than this is no gap.
    private static let tolerance = AudioFormat.blockSamples

    /// `decode` gives 48 kHz mono samples, none for a damaged packet.
    package init(_ file: any EncodedAudioFile, decode: @escaping (EncodedAudioPacket) -> [Int16]) {
        name = file.name
        self.file = file
        self.decode = decode
        toDrop = file.preSkip
    }

    package func read(into block: inout [Int16]) throws(DeviceError) -> Int {
        while ready.count < block.count, let packet = try file.nextPacket() { append(packet) }
        let count = min(ready.count, block.count)
        block.replaceSubrange(0..<count, with: ready[..<count])
        ready.removeFirst(count)
        return count
    }

    private func append(_ packet: EncodedAudioPacket) {
        let due = Int(clamping: packet.time.nanoseconds / 1_000 * 48 / 1_000)
        let gap = due - position
        if gap > Self.tolerance, gap <= Self.longestGap {
            ready += repeatElement(0, count: gap)
            position += gap
        }
        let samples = decode(packet)
        position += samples.count
        let dropped = min(toDrop, samples.count)
        toDrop -= dropped
        ready += samples[dropped...]
    }
}
