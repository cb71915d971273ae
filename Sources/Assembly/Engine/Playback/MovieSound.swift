import Codecs
import Devices
import Media
import Primitives

/// The sound of a film, entered anywhere and read block by block.
protocol MovieSound: AnyObject {
    func seek(to position: Duration) throws(DeviceError)
    /// The next 20 ms; nil after the end.
    func next() throws(DeviceError) -> [Int16]?
}

/// All Opus tracks of a WebM file, mixed.
final class WebMSound: MovieSound {
    private let reader: WebMReader
    private let index: WebMIndex
    private var decoders: [UInt64: OpusDecoder] = [:]
    private let delays: [UInt64: Duration]
    /// Sums from `position` on, in samples since the beginning of the film.
    private var sums: [Float] = []
    private var position: Int64 = 0
    private var readUpTo: Int64 = 0
    private var isAtEnd = false

    /// Blocks of different tracks may stand so far out of order, in samples.
    private static let lookahead: Int64 = 48_000

    /// Nil where there is no Opus track.
    init?(_ path: String, _ index: WebMIndex) throws(DeviceError) {
        reader = try WebMReader(path: path)
        self.index = index
        let tracks = reader.tracks.filter { $0.kind == .audio && $0.codec == "A_OPUS" }
        guard !tracks.isEmpty else { return nil }
        delays = Dictionary(tracks.map { ($0.number, $0.codecDelay) }, uniquingKeysWith: { $1 })
    }

    func seek(to time: Duration) {
        guard let place = index.position(for: time, pictures: []) else { return }
        reader.seek(to: place)
        decoders.removeAll()
        sums.removeAll()
        position = Self.samples(time)
        readUpTo = position
        isAtEnd = false
    }

    func next() -> [Int16]? {
        let block = Int64(AudioFormat.blockSamples)
        while !isAtEnd, readUpTo < position + block + Self.lookahead { readPacket() }
        if isAtEnd, sums.isEmpty { return nil }
        let count = min(sums.count, AudioFormat.blockSamples)
        var samples = [Int16](repeating: 0, count: AudioFormat.blockSamples)
        for i in 0..<count { samples[i] = Int16(sums[i].clamped(to: -32_768...32_767)) }
        sums.removeFirst(count)
        position += block
        return samples
    }

    private func readPacket() {
        guard let frame = reader.next() else {
            isAtEnd = true
            return
        }
        guard let delay = delays[frame.track] else { return }
        let begin = Self.samples(frame.time - delay)
        readUpTo = max(readUpTo, begin)
        if decoders[frame.track] == nil { decoders[frame.track] = try? OpusDecoder() }
        guard let samples = try? decoders[frame.track]?.decode(frame.bytes) else { return }
        add(samples, at: begin)
    }

    private func add(_ samples: [Int16], at begin: Int64) {
        let skipped = Int(min(Int64(samples.count), max(0, position - begin)))
        let offset = Int(max(0, begin - position))
        // A damaged time must not take hours of memory.
        guard offset < 60 * AudioFormat.sampleRate else { return }
        let end = offset + samples.count - skipped
        if end > sums.count { sums += repeatElement(0, count: end - sums.count) }
        for (i, sample) in samples[skipped...].enumerated() { sums[offset + i] += Float(sample) }
    }

    private static func samples(_ time: Duration) -> Int64 { time.nanoseconds / 1_000 * 48 / 1_000 }
}

/// Sound of any other file, by way of the `ffmpeg` program.
final class ForeignSound: MovieSound {
    private let path: String
    private var source: (any AudioSource)?

    /// Throws where the file has no sound.
    init(_ path: String) throws(DeviceError) {
        self.path = path
        source = try ForeignMovie.sound(path, from: .zero)
    }

    func seek(to position: Duration) throws(DeviceError) { source = try? ForeignMovie.sound(path, from: position) }

    func next() throws(DeviceError) -> [Int16]? {
        var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
        guard let source else { return nil }
        let count = try source.read(into: &block)
        return count > 0 ? block : nil
    }
}
