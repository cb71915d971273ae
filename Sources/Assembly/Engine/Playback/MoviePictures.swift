import Codecs
import Devices
import Media
import Primitives

/// A decoded picture of a film.
struct MoviePicture {
    /// Which of the film's picture tracks, from zero.
    var track: Int
    var time: Duration
    var picture: VideoFrame
    /// Stands before the place that was sought, and was decoded for what follows.
    var isBefore: Bool
}

/// The pictures of a film, entered anywhere and read in their order.
protocol MoviePictures: AnyObject {
    var names: [String] { get }
    func seek(to position: Duration) throws(DeviceError)
    /// Nil after the end.
    func next() throws(DeviceError) -> MoviePicture?
}

/// All VP8 tracks of a WebM file.
final class WebMPictures: MoviePictures {
    let names: [String]
    private let reader: WebMReader
    private let index: WebMIndex
    private let numbers: [UInt64]
    private var decoders: [UInt64: VP8Decoder] = [:]
    private var target = Duration.zero

    /// Nil where there is no VP8 track.
    init?(_ path: String, _ index: WebMIndex) throws(DeviceError) {
        reader = try WebMReader(path: path)
        self.index = index
        let tracks = reader.tracks.filter { $0.kind == .video && $0.codec == "V_VP8" }
        names = tracks.map(\.name)
        numbers = tracks.map(\.number)
        guard !tracks.isEmpty else { return nil }
    }

    func seek(to position: Duration) {
        guard let place = index.position(for: position, pictures: numbers) else { return }
        reader.seek(to: place)
        decoders.removeAll()
        target = position
    }

    func next() -> MoviePicture? {
        while let frame = reader.next() {
            guard let track = numbers.firstIndex(of: frame.track) else { continue }
            let decoder = decoders[frame.track] ?? VP8Decoder(maximumSize: PixelSize(4_096, 4_096))
            decoders[frame.track] = decoder
            // Until a key frame comes, and where the file is damaged, there is nothing to show.
            guard let decoded = try? decoder.decode(frame.bytes, captureTime: .zero + frame.time) else { continue }
            return MoviePicture(track: track, time: frame.time, picture: decoded, isBefore: frame.time < target)
        }
        return nil
    }
}

/// Pictures of any other file, by way of the `ffmpeg` program.
final class ForeignPictures: MoviePictures {
    let names: [String]
    private let path: String
    private var source: (any VideoSource)?
    private var begin = Duration.zero
    private var count = 0

    /// Throws where the file has no pictures.
    init(_ path: String) throws(DeviceError) {
        self.path = path
        source = try ForeignMovie.pictures(path, from: .zero)
        names = [""]
    }

    func seek(to position: Duration) throws(DeviceError) {
        source = try? ForeignMovie.pictures(path, from: position)
        begin = position
        count = 0
    }

    func next() throws(DeviceError) -> MoviePicture? {
        guard let source else { return nil }
        while !source.ended {
            guard let picture = try source.nextFrame(now: .zero) else { continue }
            let time = begin + Duration(seconds: Double(count) / max(1, source.framesPerSecond))
            count += 1
            return MoviePicture(track: 0, time: time, picture: picture, isBefore: false)
        }
        return nil
    }
}
