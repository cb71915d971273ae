import Codecs
import Devices
import Media
import MediaProcessing
import Primitives
import Recording
import Runtime
import Streams
import WebM

/// A call as a stream that begins now and goes to whoever reads a pipe: one picture with everybody in it and one sound
/// of all voices.
///
/// A stream's tracks are fixed by its first bytes, and who restreams to a platform can give it one picture and one
/// sound only. So this one kind of recording is mixed and encoded anew; files keep what was received.
struct LiveProgram: RecordingProgram {
    private let output: RecordingOutput
    private let picture: @Sendable (String) -> VideoFrame?
    private let isHurried: () -> Bool
    private var writer: WebMWriter
    private let videoTrack: Int
    private let audioTrack: Int
    private let start = Clock.now()
    private let videoEncoder: VP8Encoder
    private let audioEncoder: OpusEncoder
    private var voices: [String: LiveVoice] = [:]
    private var order: [String] = []
    private var canvas: PictureGrid
    private var mixer = Mixer()
    private var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
    private var blocksWritten: Int64 = 0
    private var framesWritten: Int64 = 0

    private static let framesPerSecond: Int64 = 25
    private static let keyFrameInterval: Int64 = 50
    /// 20 ms of sound.
    private static let silence: [UInt8] = [0xf8, 0xff, 0xfe]

    init(
        _ output: RecordingOutput, size: PixelSize, title: String, picture: @escaping @Sendable (String) -> VideoFrame?,
        isHurried: @escaping () -> Bool
    ) throws(DeviceError) {
        var configuration = WebMWriter.Configuration()
        configuration.isLive = true
        configuration.title = title
        var writer = WebMWriter(configuration)
        guard let video = writer.addTrack(.init(.vp8(size), name: title)),
            let audio = writer.addTrack(.init(.opus(channels: 1), name: title)), let encoder = try? OpusEncoder()
        else { throw .unusable("cannot record: no Opus encoder") }
        writer.writeHeader()
        self.output = output
        self.picture = picture
        self.isHurried = isHurried
        self.writer = writer
        videoTrack = video
        audioTrack = audio
        audioEncoder = encoder
        canvas = PictureGrid(size: size)
        let rate = max(500_000, size.area * Int(Self.framesPerSecond) / 6)
        videoEncoder = VP8Encoder(
            .init(bitrate: Bitrate(bitsPerSecond: rate), framesPerSecond: Double(Self.framesPerSecond), speed: -8))
    }

    var length: Int { writer.length }

    mutating func join(_ participant: String, name: String, isSelf: Bool) {
        guard voices[participant] == nil else { return }
        voices[participant] = LiveVoice()
        order.append(participant)
    }

    mutating func leave(_ participant: String) {
        voices[participant] = nil
        order.removeAll { $0 == participant }
    }

    /// Pictures come decoded and in step with the sound that is played.
    mutating func receiveReport(of participant: String, isAudio: Bool, ntp: NTPTime, timestamp: UInt32) {}

    mutating func receive(_ sample: RecordingSample, now: Instant) {
        if case .audio = sample.medium { voices[sample.participant]?.insert(sample, now: now) }
    }

    /// Sound that is missing is concealed like any lost packet.
    mutating func noteLoss() {}

    mutating func advance(now: Instant) throws(DeviceError) {
        while start + .milliseconds((blocksWritten + 1) * Int64(AudioFormat.blockMilliseconds)) <= now {
            writeSound()
        }
        while start + .milliseconds(framesWritten * 1_000 / Self.framesPerSecond) <= now { writePicture(now: now) }
        try output.carryOut(writer.takeOutput(), isHurried)
    }

    mutating func finish(now: Instant) throws(DeviceError) {
        writer.finish(until: now - start)
        try output.carryOut(writer.takeOutput(), isHurried)
    }

    private mutating func writeSound() {
        let time = Duration.milliseconds(blocksWritten * Int64(AudioFormat.blockMilliseconds))
        for participant in order {
            if let sound = voices[participant]?.read(now: start + time) { mixer.add(sound) }
        }
        mixer.finish(into: &block)
        // Nothing (DTX) would be a hole, which not every reader bridges.
        let packet = (try? audioEncoder.encode(block)) ?? Self.silence
        writer.append(WebMBlock(track: audioTrack, time: time, isKey: true, bytes: packet))
        blocksWritten += 1
    }

    private mutating func writePicture(now: Instant) {
        let time = Duration.milliseconds(framesWritten * 1_000 / Self.framesPerSecond)
        let forceKey = framesWritten % Self.keyFrameInterval == 0
        framesWritten += 1
        // Far behind (a reader that stalled): times go on, pictures that nobody saw are not made up for.
        guard now - (start + time) < .milliseconds(500) || forceKey else { return }
        let frame = canvas.compose(order.compactMap(picture), at: start + time)
        let ticks = UInt32(truncatingIfNeeded: time.nanoseconds / 100_000 * 9)
        guard let encoded = try? videoEncoder.encode(frame, forceKey: forceKey, timestamp: ticks) else { return }
        writer.append(
            WebMBlock(track: videoTrack, time: time, isKey: encoded.isKeyFrame, bytes: encoded.bytes))
    }
}

/// One participant's sound in a live recording.
private struct LiveVoice {
    private var receiver: AudioReceiver<OpusAudioDecoder>?
    private var unwrapper = TimestampUnwrapper()
    private var block: [Int16] = []

    init() { receiver = (try? OpusAudioDecoder()).map { AudioReceiver(decoder: $0) } }  // fails only without memory

    /// Packets were put in order by nobody yet: their time, in blocks of 20 ms, is their number.
    mutating func insert(_ sample: RecordingSample, now: Instant) {
        let place: (timestamp: UInt32, arrival: Instant)
        switch sample.time {
        case .own: return
        case .counted(let timestamp, _): place = (timestamp, now)
        case .remote(let timestamp, let arrival): place = (timestamp, arrival)
        }
        let timestamp = unwrapper.unwrap(place.timestamp)
        let sequence = timestamp / Int64(AudioFormat.blockSamples)
        receiver?.insert(sequence: sequence, timestamp: timestamp, payload: sample.bytes, arrival: place.arrival)
    }

    mutating func read(now: Instant) -> [Int16] {
        receiver?.read(into: &block, now: now)
        return block
    }
}
