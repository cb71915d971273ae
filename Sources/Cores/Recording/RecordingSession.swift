import Primitives
import WebM

/// A recording of a call, from what comes in to what is written: one sound and one picture track for each participant,
/// all on one timeline that begins when the recording does.
package struct RecordingSession: Sendable {
    package let start: Instant
    private var writer: WebMWriter
    private var participants: [String: ParticipantTracks] = [:]
    /// In the order of arrival, which is that of the tracks.
    private var order: [String] = []

    /// Everything waits so long before it is written, for what was recorded earlier and arrives later.
    private static let hold = Duration.milliseconds(400)

    package init(start: Instant, _ configuration: WebMWriter.Configuration) {
        self.start = start
        writer = WebMWriter(configuration)
        writer.writeHeader()
    }

    /// Bytes written so far.
    package var length: Int { writer.length }

    /// False once somebody found no room in the list of tracks.
    package var isComplete: Bool { participants.values.allSatisfy(\.isComplete) }

    /// Somebody is there; who came back goes on in the same tracks.
    package mutating func join(_ participant: String, name: String) {
        guard participants[participant] == nil else { return }
        participants[participant] = ParticipantTracks(name: name)
        order.append(participant)
    }

    package mutating func receiveReport(of participant: String, isAudio: Bool, ntp: NTPTime, timestamp: UInt32) {
        participants[participant]?.receiveReport(isAudio: isAudio, ntp: ntp, timestamp: timestamp)
    }

    /// Samples of somebody who has not joined are ignored.
    package mutating func receive(_ sample: RecordingSample, now: Instant) {
        participants[sample.participant]?.receive(sample, now: now)
    }

    /// Samples were lost on the way here; every picture goes on with a key frame.
    package mutating func noteLoss() {
        for participant in order { participants[participant]?.noteLoss() }
    }

    /// Writes what has waited long enough.
    package mutating func advance(now: Instant) { write(until: now - Self.hold, now: now, isLast: false) }

    /// Writes the rest and completes the file. Nothing may come afterwards.
    package mutating func finish(now: Instant) {
        write(until: now, now: now, isLast: true)
        writer.finish(until: now - start)
    }

    private mutating func write(until end: Instant, now: Instant, isLast: Bool) {
        var blocks: [WebMBlock] = []
        for participant in order {
            participants[participant]?.place(now: now, isLast: isLast)
            participants[participant]?.take(until: end, start: start, writer: &writer, into: &blocks)
        }
        for block in blocks.sorted(by: { $0.time < $1.time }) { writer.append(block) }
    }

    package mutating func takeOutput() -> [WebMOutput] { writer.takeOutput() }
}
