import CWebM
import Glibc
import Media
import Primitives

/// Where in a WebM file playing can begin. A file without an index of its own, one that was never completed, has it too.
package struct WebMIndex: Sendable {
    private struct Place: Sendable {
        var track: UInt64
        var time: Duration
        var position: UInt64
    }

    package let duration: Duration
    private let clusters: [Place]
    private let keyFrames: [Place]

    /// Reads the headers of all frames of a file.
    package init(path: String) throws(DeviceError) {
        let descriptor = try Descriptor.reading(path)
        var count = 0
        var duration: Int64 = 0
        let places = cwebm_index(descriptor.number, &count, &duration)
        defer { free(places) }
        let all = UnsafeBufferPointer(start: places, count: count).map {
            Place(track: $0.track, time: .nanoseconds($0.time), position: $0.position)
        }
        self.duration = .nanoseconds(duration)
        clusters = all.filter { $0.track == 0 }
        keyFrames = all.filter { $0.track != 0 }
    }

    /// The cluster from which everything that is seen and heard at `time` can be decoded; nil in an empty file.
    package func position(for time: Duration, pictures tracks: [UInt64]) -> UInt64? {
        var starts = tracks.compactMap { track in keyFrames.last { $0.track == track && $0.time <= time }?.position }
        // Sound decoders have converged after 80 ms (RFC 7845 §4.6).
        if let cluster = clusters.last(where: { $0.time <= time - .milliseconds(80) }) {
            starts.append(cluster.position)
        }
        return starts.min() ?? clusters.first?.position
    }
}
