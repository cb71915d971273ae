import Media
import Primitives

/// One compressed picture or packet of sound of a track.
package struct WebMBlock: Sendable {
    package var track: Int
    /// Since the beginning of the recording, not negative.
    package var time: Duration
    package var isKey: Bool
    package var bytes: [UInt8]

    package init(track: Int, time: Duration, isKey: Bool, bytes: [UInt8]) {
        self.track = track
        self.time = time
        self.isKey = isKey
        self.bytes = bytes
    }
}

/// What is to be done with the file.
package enum WebMOutput: Hashable, Sendable {
    case append([UInt8])
    /// Replaces bytes that were appended before.
    case patch([UInt8], at: Int)
}

/// Writes WebM (RFC 9559) that can be read at any moment, even when the writer is killed.
///
/// Clusters are kept back until they are complete, half a second each, and appended in one piece. In a file the track
/// list has room behind it and is written anew whenever a track is added: a participant who comes late gets a track of
/// their own name in the same file, which no player could be told otherwise. The duration is brought up to date with
/// each cluster; `finish` adds the index (cues) and the segment's size. A live stream can go back to nothing: its tracks
/// are fixed by the first block, its clusters are short, and it has no duration and no index.
package struct WebMWriter: Sendable {
    package struct Configuration: Sendable {
        package var isLive = false
        package var title = ""
        package var application = "confab"
        /// When the recording began, nanoseconds since 1970.
        package var date: Int64 = 0

        package init() {}
    }

    package private(set) var tracks: [WebMTrackEntry] = []
    /// Bytes given out so far by `append`.
    package private(set) var length = 0
    private let configuration: Configuration
    private var output: [WebMOutput] = []
    private var places = Places()
    private var cluster: Cluster?
    private var cues = CueList()
    private var end = Duration.zero
    private var hasHeader = false

    /// For the list of tracks: forty people with pictures and long names.
    private static let trackRoom = 16_384
    private static let seekHeadRoom = 128
    /// A kill loses what a cluster has not written yet.
    private static let clusterDuration = Duration.milliseconds(500)
    private static let liveClusterDuration = Duration.milliseconds(100)
    private static let clusterBytes = 4 << 20
    /// Milliseconds: what the signed 16-bit time of a block counts.
    private static let tick: Int64 = 1_000_000

    /// Byte positions in the file of what is patched later.
    private struct Places {
        var segmentSize = 0
        /// Where the segment's body begins; positions inside the file's own elements count from here.
        var segmentBody = 0
        var seekHead = 0
        var info = 0
        var duration = 0
        var tracks = 0
    }

    private struct Cluster {
        let start: Int64
        var body: [UInt8]
        var cued: [(time: Int64, track: Int)] = []
    }

    package init(_ configuration: Configuration = .init()) { self.configuration = configuration }

    // MARK: Tracks

    /// The new track's number; nil where the list is full or, in a live stream, closed.
    package mutating func addTrack(_ entry: WebMTrackEntry) -> Int? {
        guard !(configuration.isLive && hasHeader), tracks.count < 126 else { return nil }
        tracks.append(entry)
        guard trackList.count <= Self.trackRoom - 9 else {
            tracks.removeLast()
            return nil
        }
        if hasHeader { output.append(.patch(paddedTrackList, at: places.tracks)) }
        return tracks.count
    }

    /// Larger pictures follow than any before; players make room for the size that the list of tracks tells.
    package mutating func enlarge(_ number: Int, to size: PixelSize) {
        guard tracks.indices.contains(number - 1), case .vp8(let known) = tracks[number - 1].codec,
            size.area > known.area, !(configuration.isLive && hasHeader)
        else { return }
        tracks[number - 1].codec = .vp8(size)
        if hasHeader { output.append(.patch(paddedTrackList, at: places.tracks)) }
    }

    private var trackList: [UInt8] {
        var body: [UInt8] = []
        for (index, track) in tracks.enumerated() { body += track.element(number: index + 1) }
        var list: [UInt8] = []
        list.appendElement(ElementID.tracks, body)
        return list
    }

    private var paddedTrackList: [UInt8] {
        var list = trackList
        list.appendVoid(Self.trackRoom - list.count)
        return list
    }

    // MARK: Blocks

    package mutating func append(_ block: WebMBlock) {
        precondition(block.time >= .zero && 1...tracks.count ~= block.track, "a block needs a track and a time")
        writeHeader()
        let time = block.time.nanoseconds / Self.tick
        if let cluster, !accepts(block, at: time, in: cluster) { flush() }
        var open = cluster ?? Cluster(start: time, body: [], cued: [])
        cluster = nil
        if open.body.isEmpty { open.body.appendElement(ElementID.timestamp, unsigned: UInt64(time)) }
        open.body.appendElementID(ElementID.simpleBlock)
        open.body.appendLength(4 + block.bytes.count)
        open.body.append(0x80 | UInt8(block.track))
        open.body.appendU16(UInt16(bitPattern: Int16(time - open.start)))
        open.body.append(block.isKey ? 0x80 : 0)
        open.body.append(contentsOf: block.bytes)
        if block.isKey, tracks[block.track - 1].isVideo { open.cued.append((time, block.track)) }
        cluster = open
        end = max(end, block.time)
    }

    private func accepts(_ block: WebMBlock, at time: Int64, in cluster: Cluster) -> Bool {
        let longest = configuration.isLive ? Self.liveClusterDuration : Self.clusterDuration
        return time - cluster.start < longest.nanoseconds / Self.tick && time - cluster.start >= Int64(Int16.min)
            && cluster.body.count + block.bytes.count < Self.clusterBytes
    }

    /// Hands out the cluster that is being filled. `until` is how far the recording has come.
    package mutating func flush(until: Duration? = nil) {
        if let until { end = max(end, until) }
        guard let done = cluster else { return }
        cluster = nil
        cues.add(done.cued, start: done.start, position: length - places.segmentBody)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(done.body.count + 12)
        bytes.appendElementID(ElementID.cluster)
        bytes.appendLongLength(done.body.count)
        bytes += done.body
        give(bytes)
        if !configuration.isLive { output.append(.patch(durationElement, at: places.duration)) }
    }

    /// Completes a file; `until` is its real end, which a silent last second does not show.
    package mutating func finish(until: Duration) {
        writeHeader()
        flush()
        guard !configuration.isLive else { return }
        end = max(end, until)
        let cuePosition = length - places.segmentBody
        let index = cues.element
        if let index { give(index) }
        output.append(.patch(durationElement, at: places.duration))
        output.append(.patch(seekHead(cues: index == nil ? nil : cuePosition), at: places.seekHead))
        var size: [UInt8] = []
        size.appendLongLength(length - places.segmentBody)
        output.append(.patch(size, at: places.segmentSize))
    }

    /// What is to be done with the file since the last call, in this order.
    package mutating func takeOutput() -> [WebMOutput] {
        defer { output.removeAll() }
        return output
    }

    // MARK: Header

    /// Writes what stands before the first cluster; once.
    package mutating func writeHeader() {
        guard !hasHeader else { return }
        hasHeader = true
        var bytes = Self.ebmlHeader
        bytes.appendElementID(ElementID.segment)
        places.segmentSize = bytes.count
        bytes.appendUnknownLength()
        places.segmentBody = bytes.count
        if configuration.isLive {
            bytes.appendElement(ElementID.info, infoBody)
            bytes += trackList
        } else {
            places.seekHead = bytes.count
            bytes.appendVoid(Self.seekHeadRoom)
            places.info = bytes.count
            var body = infoBody
            let before = body.count
            body += durationElement
            bytes.appendElement(ElementID.info, body)
            places.duration = bytes.count - body.count + before
            places.tracks = bytes.count
            bytes += paddedTrackList
        }
        give(bytes)
    }

    private mutating func give(_ bytes: [UInt8]) {
        length += bytes.count
        output.append(.append(bytes))
    }

    private static var ebmlHeader: [UInt8] {
        var body: [UInt8] = []
        body.appendElement(ElementID.ebmlVersion, unsigned: 1)
        body.appendElement(ElementID.ebmlReadVersion, unsigned: 1)
        body.appendElement(ElementID.ebmlMaximumIDLength, unsigned: 4)
        body.appendElement(ElementID.ebmlMaximumSizeLength, unsigned: 8)
        body.appendElement(ElementID.documentType, text: "webm")
        // Version 4 has CodecDelay and SeekPreRoll; a reader of version 2 does without.
        body.appendElement(ElementID.documentTypeVersion, unsigned: 4)
        body.appendElement(ElementID.documentTypeReadVersion, unsigned: 2)
        var header: [UInt8] = []
        header.appendElement(ElementID.ebml, body)
        return header
    }

    private var infoBody: [UInt8] {
        var body: [UInt8] = []
        body.appendElement(ElementID.timestampScale, unsigned: UInt64(Self.tick))
        if configuration.date != 0 {
            // Matroska counts nanoseconds from 2001-01-01 (RFC 8794 §7.6).
            body.appendElement(ElementID.dateUTC, signed: configuration.date &- 978_307_200_000_000_000)
        }
        if !configuration.title.isEmpty { body.appendElement(ElementID.title, text: configuration.title) }
        body.appendElement(ElementID.muxingApplication, text: configuration.application)
        body.appendElement(ElementID.writingApplication, text: configuration.application)
        return body
    }

    private var durationElement: [UInt8] {
        var element: [UInt8] = []
        element.appendElement(ElementID.duration, float: end.seconds * 1_000)
        return element
    }

    private func seekHead(cues: Int?) -> [UInt8] {
        var places = [(ElementID.info, self.places.info), (ElementID.tracks, self.places.tracks)].map {
            ($0.0, $0.1 - self.places.segmentBody)
        }
        if let cues { places.append((ElementID.cues, cues)) }
        var body: [UInt8] = []
        for (id, position) in places {
            var seek: [UInt8] = []
            var name: [UInt8] = []
            name.appendElementID(id)
            seek.appendElement(ElementID.seekID, name)
            seek.appendElement(ElementID.seekPosition, unsigned: position)
            body.appendElement(ElementID.seek, seek)
        }
        var element: [UInt8] = []
        element.appendElement(ElementID.seekHead, body)
        element.appendVoid(Self.seekHeadRoom - element.count)
        return element
    }
}
