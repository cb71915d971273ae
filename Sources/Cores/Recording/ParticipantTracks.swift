import Media
import Primitives
import RTP
import Streams
import WebM

/// One participant's part of a recording: what waits for a place in time, and the tracks it goes to.
struct ParticipantTracks: Sendable {
    /// Something whose place in time is known.
    struct Placed: Sendable {
        var time: Instant
        var sample: RecordingSample
    }

    let name: String
    private(set) var isComplete = true
    private var timeline = SenderTimeline()
    private var ownSound: SenderTimeline?
    private var unplaced: [RecordingSample] = []
    private var waitingSince: Instant?
    /// In order of time; of one medium in the order of arrival where that is the same.
    private var queue: [Placed] = []
    private var sound: SoundTrack?
    private var picture: PictureTrack?

    /// The first packets come late, as both ends are busy with joining; where the first second belongs is told by its
    /// quickest ones.
    private static let settling = Duration.seconds(1)
    /// Browsers report after a second or so; what came before waits for that, so as to be in step from the beginning.
    private static let patience = Duration.milliseconds(1_500)
    private static let longestQueue = 1_024

    init(name: String) { self.name = name }

    mutating func receiveReport(isAudio: Bool, ntp: NTPTime, timestamp: UInt32) {
        timeline.receiveReport(isAudio ? .audio : .video, ntp: ntp, timestamp: timestamp)
    }

    /// Frames are missing: pictures go on with a key frame.
    mutating func noteLoss() { picture?.needsKeyFrame = true }

    mutating func receive(_ sample: RecordingSample, now: Instant) {
        switch sample.time {
        case .own(let time): insert(Placed(time: time, sample: sample))
        case .counted(let timestamp, let captured):
            if ownSound == nil { ownSound = .counting(from: timestamp) }
            let time = ownSound?.place(.audio, timestamp: timestamp, arrival: captured) ?? captured
            insert(Placed(time: time, sample: sample))
        case .remote:
            if waitingSince == nil { waitingSince = now }
            unplaced.append(sample)
        }
    }

    /// Gives a place to what waits for one, if it can be told by now or must.
    mutating func place(now: Instant, isLast: Bool) {
        guard !unplaced.isEmpty else { return }
        let media = Set(unplaced.map(\.kind))
        let isReported = media.allSatisfy { timeline.isReported($0) }
        let waited = waitingSince.map { now - $0 } ?? Self.patience
        guard isLast || waited >= (isReported ? Self.settling : Self.patience) else { return }
        for sample in unplaced {
            guard case .remote(let timestamp, let arrival) = sample.time else { continue }
            timeline.observe(sample.kind, timestamp: timestamp, arrival: arrival)
        }
        for sample in unplaced {
            guard case .remote(let timestamp, let arrival) = sample.time else { continue }
            let time = timeline.place(sample.kind, timestamp: timestamp, arrival: arrival)
            insert(Placed(time: time, sample: sample))
        }
        unplaced.removeAll(keepingCapacity: true)
    }

    private mutating func insert(_ placed: Placed) {
        guard queue.count < Self.longestQueue else {
            noteLoss()
            return
        }
        var index = queue.count
        while index > 0, queue[index - 1].time > placed.time, !(queue[index - 1].isPicture && placed.isPicture) {
            index -= 1
        }
        if index > 0, queue[index - 1].time == placed.time, !queue[index - 1].isPicture, !placed.isPicture { return }
        queue.insert(placed, at: index)
    }

    /// Gives everything recorded before `end`, sound filled up to there; tracks are opened when something comes for them.
    mutating func take(until end: Instant, start: Instant, writer: inout WebMWriter, into blocks: inout [WebMBlock]) {
        var count = 0
        for placed in queue {
            guard placed.time <= end else { break }
            count += 1
            let time = placed.time - start
            // The first key frame may be of a picture that was taken just before; all others need it.
            if time >= .zero || placed.isPicture { take(placed.sample, max(.zero, time), &writer, &blocks) }
        }
        queue.removeFirst(count)
        sound?.fill(upTo: end - start, into: &blocks)
    }

    private mutating func take(
        _ sample: RecordingSample, _ time: Duration, _ writer: inout WebMWriter, _ blocks: inout [WebMBlock]
    ) {
        switch sample.medium {
        case .audio:
            if sound == nil {
                sound = writer.addTrack(.init(.opus(channels: 1), name: name, isDefault: writer.hasNone(of: .audio)))
                    .map { SoundTrack(number: $0, begin: time) }
            }
            isComplete = isComplete && sound != nil
            sound?.append(sample.bytes, timestamp: sample.timestamp, at: time, into: &blocks)
        case .video(let isKey):
            if isKey, let size = PixelSize(ofKeyFrame: sample.bytes) {
                if let picture {
                    writer.enlarge(picture.number, to: size)
                } else {
                    picture = writer.addTrack(.init(.vp8(size), name: name, isDefault: writer.hasNone(of: .video)))
                        .map { PictureTrack(number: $0) }
                }
                isComplete = isComplete && picture != nil
            }
            picture?.append(sample.bytes, isKey: isKey, at: time, into: &blocks)
        }
    }
}

/// An Opus track without holes: each packet begins where the one before ends, to the sample, and pauses are filled with
/// packets of silence. Every player, even one that only counts samples, then keeps it in step with the pictures, and all
/// tracks end together.
private struct SoundTrack: Sendable {
    let number: Int
    /// Samples written so far, since the beginning of the recording.
    private var end: Int64
    /// The RTP time that goes on without a gap.
    private var nextTimestamp: UInt32?

    /// Reports, and threads that tell when they read a block, are wrong by less than this: sound without a gap stays so.
    private static let tolerance: Int64 = 1_920
    /// Nothing for 20, 10, 5 and 2.5 ms: packets of CELT alone (RFC 6716 §3.1, configurations 31 to 28) whose frame says
    /// silence.
    private static let silences: [(samples: Int64, packet: [UInt8])] = [
        (960, [0xf8, 0xff, 0xfe]), (480, [0xf0, 0xff, 0xfe]), (240, [0xe8, 0xff, 0xfe]), (120, [0xe0, 0xff, 0xfe]),
    ]

    /// A track that begins with the recording is silent up to its first packet; one that comes later just begins later.
    init(number: Int, begin: Duration) {
        self.number = number
        end = begin < .seconds(2) ? 0 : Self.samples(begin)
    }

    mutating func append(
        _ packet: [UInt8], timestamp: UInt32?, at time: Duration, into blocks: inout [WebMBlock]
    ) {
        guard let samples = OpusFraming.samples(packet) else { return }
        let late = Self.samples(time) - end
        let goesOn = timestamp != nil && timestamp == nextTimestamp
        // What would begin long before the end of what is there comes too late, or its sender's clock runs ahead.
        guard late >= -Self.tolerance else { return }
        if !goesOn || late > Self.tolerance { fill(upTo: end + late, with: Self.silences[...], into: &blocks) }
        write(packet, Int64(samples), into: &blocks)
        nextTimestamp = timestamp.map { $0 &+ UInt32(samples) }
    }

    /// Silence up to 20 ms before that time.
    mutating func fill(upTo time: Duration, into blocks: inout [WebMBlock]) {
        fill(upTo: Self.samples(time), with: Self.silences.prefix(1), into: &blocks)
    }

    private mutating func fill(
        upTo target: Int64, with silences: ArraySlice<(samples: Int64, packet: [UInt8])>, into blocks: inout [WebMBlock]
    ) {
        for silence in silences {
            while end + silence.samples <= target {
                write(silence.packet, silence.samples, into: &blocks)
                nextTimestamp = nil
            }
        }
    }

    private mutating func write(_ packet: [UInt8], _ samples: Int64, into blocks: inout [WebMBlock]) {
        let time = Duration.nanoseconds(end * 1_000_000 / 48)
        blocks.append(WebMBlock(track: number, time: time, isKey: true, bytes: packet))
        end += samples
    }

    private static func samples(_ time: Duration) -> Int64 { time.nanoseconds / 1_000 * 48 / 1_000 }
}

private struct PictureTrack: Sendable {
    let number: Int
    var needsKeyFrame = false
    private var last: Duration?

    init(number: Int) { self.number = number }

    mutating func append(_ frame: [UInt8], isKey: Bool, at time: Duration, into blocks: inout [WebMBlock]) {
        if isKey { needsKeyFrame = false }
        guard !needsKeyFrame else { return }
        // Times rise strictly within a track, whatever a new report has moved.
        let time = last.map { max(time, $0 + .milliseconds(1)) } ?? time
        last = time
        blocks.append(WebMBlock(track: number, time: time, isKey: isKey, bytes: frame))
    }
}

extension RecordingSample {
    fileprivate var timestamp: UInt32? {
        switch time {
        case .own: nil
        case .counted(let timestamp, _), .remote(let timestamp, _): timestamp
        }
    }

    fileprivate var kind: SenderTimeline.Medium {
        if case .audio = medium { .audio } else { .video }
    }
}

extension ParticipantTracks.Placed {
    fileprivate var isPicture: Bool { sample.kind == .video }
}

extension WebMWriter {
    /// Whether this will be the first of its kind, the one that simple players show.
    fileprivate func hasNone(of kind: SenderTimeline.Medium) -> Bool {
        !tracks.contains { track in
            if case .vp8 = track.codec { kind == .video } else { kind == .audio }
        }
    }
}

extension PixelSize {
    /// Nil where the bytes are no key frame.
    fileprivate init?(ofKeyFrame bytes: [UInt8]) {
        guard let header = try? VP8FrameHeader(parsing: bytes[...]), let width = header.width,
            let height = header.height, width > 0, height > 0
        else { return nil }
        self.init(width, height)
    }
}
