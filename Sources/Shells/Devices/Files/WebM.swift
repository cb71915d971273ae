import CWebM
import Media
import Primitives

/// A track of a WebM file.
package struct WebMTrack: Sendable, Equatable {
    package enum Kind: Sendable { case video, audio, other }

    package var number: UInt64
    package var kind: Kind
    /// `V_VP8`, `A_OPUS`.
    package var codec: String
    /// Whose track it is; empty where the file does not say.
    package var name: String
    /// Of a video track.
    package var size: PixelSize
    /// Of an audio track.
    package var channels: Int
    /// What a decoder of this track makes before the first sample that counts.
    package var codecDelay: Duration
}

/// One frame of a track in a WebM file.
package struct WebMFrame: Sendable {
    package var track: UInt64
    /// Since the beginning of the file.
    package var time: Duration
    package var bytes: [UInt8]
}

/// A WebM file read in its own order, by libwebm's parser.
package final class WebMReader {
    package let name: String
    package private(set) var tracks: [WebMTrack] = []
    private let file: OpaquePointer
    /// Keeps the descriptor open.
    private let descriptor: Descriptor

    package convenience init(path: String) throws(DeviceError) {
        try self.init(try ByteInput(path: path))
    }

    /// Whether a file is regular and begins like WebM. Throws where it cannot be opened.
    package static func mayRead(_ path: String) throws(DeviceError) -> Bool {
        let input = try ByteInput(path: path)
        guard input.isRegular else { return false }
        _ = try input.gather(FileMagic.length, timeout: .zero)
        return FileMagic(input.peek(FileMagic.length)) == .webm
    }

    /// Goes on where `input` stands. FIFOs block while they have nothing.
    init(_ input: ByteInput) throws(DeviceError) {
        name = input.name
        descriptor = input.descriptor
        descriptor.makeBlocking()
        let head = [UInt8](input.peek(.max))
        guard let file = cwebm_open(descriptor.number, head, head.count) else {
            throw .unusable("cannot read \(input.name): no memory")
        }
        self.file = file
        for index in 0..<cwebm_track_count(file) {
            var track = cwebm_track()
            if cwebm_get_track(file, index, &track) { tracks.append(WebMTrack(track)) }
        }
        guard !tracks.isEmpty else {
            throw .unusable("cannot read \(name): it is no WebM file, or damaged at its beginning")
        }
    }

    deinit { cwebm_close(file) }

    /// Nil at the end, which may come before a cut or damaged file's real one: what was good is played.
    package func next() -> WebMFrame? {
        var frame = cwebm_frame()
        guard cwebm_next(file, &frame) == CWEBM_FRAME else { return nil }
        return WebMFrame(
            track: frame.track, time: .nanoseconds(frame.time),
            bytes: [UInt8](UnsafeBufferPointer(start: frame.bytes, count: frame.count)))
    }

    /// Goes on at one of the positions of `WebMIndex`. Regular files only.
    package func seek(to position: UInt64) { cwebm_seek(file, position) }

    fileprivate func track(_ kind: WebMTrack.Kind, codec: String) -> WebMTrack? {
        tracks.first { $0.kind == kind && $0.codec == codec }
    }

    /// The next frame of one track; those of others are skipped.
    fileprivate func next(ofTrack number: UInt64) -> WebMFrame? {
        while let frame = next() {
            if frame.track == number { return frame }
        }
        return nil
    }
}

extension WebMTrack {
    fileprivate init(_ track: cwebm_track) {
        var track = track
        let codec = withUnsafeBytes(of: &track.codec) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let name = withUnsafeBytes(of: &track.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        self.init(
            number: track.number, kind: track.is_video ? .video : track.is_audio ? .audio : .other, codec: codec.shown,
            name: name.shown,
            size: PixelSize(Int(track.width), Int(track.height)), channels: Int(track.channels),
            codecDelay: .nanoseconds(Int64(clamping: track.codec_delay)))
    }
}

/// The first VP8 track of a WebM file.
final class WebMVideo: EncodedVideoFile {
    let name: String
    let size: PixelSize
    private let reader: WebMReader
    private let track: UInt64

    private init(_ reader: WebMReader, _ track: WebMTrack) {
        self.reader = reader
        self.track = track.number
        name = reader.name
        size = track.size
    }

    /// Nil where the file has no VP8.
    static func open(_ input: ByteInput) throws(DeviceError) -> WebMVideo? {
        let reader = try WebMReader(input)
        return reader.track(.video, codec: "V_VP8").map { WebMVideo(reader, $0) }
    }

    func nextFrame() -> EncodedFrame? {
        reader.next(ofTrack: track).map { VP8File.frame($0.bytes, time: $0.time) }
    }
}

/// The first Opus track of a WebM file.
final class WebMAudio: EncodedAudioFile {
    let name: String
    let channels: Int
    let preSkip: Int
    private let reader: WebMReader
    private let track: UInt64

    private init(_ reader: WebMReader, _ track: WebMTrack) {
        self.reader = reader
        self.track = track.number
        name = reader.name
        channels = track.channels
        // A second of delay is no codec's.
        preSkip = Int(track.codecDelay.nanoseconds.clamped(to: 0...1_000_000_000) * 48 / 1_000_000)
    }

    /// Nil where the file has no Opus.
    static func open(_ input: ByteInput) throws(DeviceError) -> WebMAudio? {
        let reader = try WebMReader(input)
        return reader.track(.audio, codec: "A_OPUS").map { WebMAudio(reader, $0) }
    }

    func nextPacket() -> EncodedAudioPacket? {
        reader.next(ofTrack: track).map { EncodedAudioPacket(bytes: $0.bytes, time: $0.time) }
    }
}
