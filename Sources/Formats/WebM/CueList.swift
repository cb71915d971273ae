/// The index of a recording: where its key frames are (RFC 9559 §5.1.5).
struct CueList: Sendable {
    private struct Cue: Sendable {
        /// Milliseconds.
        var time: Int64
        var track: Int
        /// Of the cluster, from the beginning of the segment's body.
        var position: Int
    }

    private var cues: [Cue] = []
    private var lastSoundCue: Int64?

    /// Sound without pictures can be entered anywhere; an entry so often suffices, in milliseconds.
    private static let soundInterval: Int64 = 5_000

    /// Takes a cluster's key frames; one without any is entered now and then, for recordings without pictures.
    mutating func add(_ keyFrames: [(time: Int64, track: Int)], start: Int64, position: Int) {
        for frame in keyFrames { cues.append(Cue(time: frame.time, track: frame.track, position: position)) }
        if let last = lastSoundCue, start - last < Self.soundInterval { return }
        lastSoundCue = start
        if keyFrames.isEmpty { cues.append(Cue(time: start, track: 1, position: position)) }
    }

    /// Nil where there is nothing to point at.
    var element: [UInt8]? {
        guard !cues.isEmpty else { return nil }
        var body: [UInt8] = []
        for cue in cues.sorted(by: { $0.time < $1.time }) {
            var place: [UInt8] = []
            place.appendElement(ElementID.cueTrack, unsigned: cue.track)
            place.appendElement(ElementID.cueClusterPosition, unsigned: cue.position)
            var point: [UInt8] = []
            point.appendElement(ElementID.cueTime, unsigned: UInt64(max(0, cue.time)))
            point.appendElement(ElementID.cueTrackPositions, place)
            body.appendElement(ElementID.cuePoint, point)
        }
        var element: [UInt8] = []
        element.appendElement(ElementID.cues, body)
        return element
    }
}
