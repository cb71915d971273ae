import Devices
import Media
import Primitives
import Recording
import WebM

/// What the recorder's thread does with what it is told.
protocol RecordingProgram {
    mutating func join(_ participant: String, name: String, isSelf: Bool) throws(DeviceError)
    mutating func leave(_ participant: String)
    mutating func receiveReport(of participant: String, isAudio: Bool, ntp: NTPTime, timestamp: UInt32)
    mutating func receive(_ sample: RecordingSample, now: Instant)
    /// Samples were lost because the disk, or a reader, was too slow.
    mutating func noteLoss()
    /// Called ten times a second.
    mutating func advance(now: Instant) throws(DeviceError)
    mutating func finish(now: Instant) throws(DeviceError)
    /// Bytes written so far.
    var length: Int { get }
}

/// A whole call in one file, two tracks a participant.
struct FileProgram: RecordingProgram {
    private var session: RecordingSession
    private let output: RecordingOutput
    private let isHurried: () -> Bool

    init(_ output: RecordingOutput, start: Instant, title: String, date: Int64, isHurried: @escaping () -> Bool) {
        var configuration = WebMWriter.Configuration()
        configuration.title = title
        configuration.date = date
        session = RecordingSession(start: start, configuration)
        self.output = output
        self.isHurried = isHurried
    }

    var length: Int { session.length }

    mutating func join(_ participant: String, name: String, isSelf: Bool) { session.join(participant, name: name) }

    /// The tracks of who left go on in silence, in case they come back.
    mutating func leave(_ participant: String) {}

    mutating func receiveReport(of participant: String, isAudio: Bool, ntp: NTPTime, timestamp: UInt32) {
        session.receiveReport(of: participant, isAudio: isAudio, ntp: ntp, timestamp: timestamp)
    }

    mutating func receive(_ sample: RecordingSample, now: Instant) { session.receive(sample, now: now) }
    mutating func noteLoss() { session.noteLoss() }

    mutating func advance(now: Instant) throws(DeviceError) {
        session.advance(now: now)
        try output.carryOut(session.takeOutput(), isHurried)
    }

    mutating func finish(now: Instant) throws(DeviceError) {
        session.finish(now: now)
        try output.carryOut(session.takeOutput(), isHurried)
    }
}

extension RecordingOutput {
    func carryOut(_ steps: [WebMOutput], _ isHurried: () -> Bool) throws(DeviceError) {
        for step in steps {
            switch step {
            case .append(let bytes): try append(bytes, isHurried: isHurried)
            case .patch(let bytes, let position): try patch(bytes, at: position)
            }
        }
    }
}

/// A folder with one file for each other participant, begun when they come and completed when they leave.
struct FolderProgram: RecordingProgram {
    private let folder: String
    private let date: () -> Int64
    private let now: () -> Instant
    private let isHurried: () -> Bool
    private var files: [String: FileProgram] = [:]
    private var finished = 0

    init(
        _ folder: String, date: @escaping () -> Int64, now: @escaping () -> Instant, isHurried: @escaping () -> Bool
    ) {
        self.folder = folder
        self.date = date
        self.now = now
        self.isHurried = isHurried
    }

    var length: Int { finished + files.values.reduce(0) { $0 + $1.length } }

    mutating func join(_ participant: String, name: String, isSelf: Bool) throws(DeviceError) {
        guard !isSelf, files[participant] == nil else { return }
        let output = try RecordingOutput(path: freePath(for: name))
        var file = FileProgram(output, start: now(), title: name, date: date(), isHurried: isHurried)
        file.join(participant, name: name, isSelf: false)
        files[participant] = file
    }

    /// `ann.webm`, `ann-2.webm`: whoever comes again gets a new file, and nothing is written over.
    private func freePath(for name: String) -> String {
        let safe = String(name.map { $0 == "/" || $0.isNewline ? "_" : $0 }.drop { $0 == "." }.prefix(80))
        let stem = "\(folder)/\(safe.isEmpty ? "participant" : safe)"
        var path = "\(stem).webm"
        var number = 2
        while RecordingOutput.exists(path) {
            path = "\(stem)-\(number).webm"
            number += 1
        }
        return path
    }

    mutating func leave(_ participant: String) {
        guard var file = files.removeValue(forKey: participant) else { return }
        // What cannot be written here cannot be written for the others either, and they tell it.
        try? file.finish(now: now())
        finished += file.length
    }

    mutating func receiveReport(of participant: String, isAudio: Bool, ntp: NTPTime, timestamp: UInt32) {
        files[participant]?.receiveReport(of: participant, isAudio: isAudio, ntp: ntp, timestamp: timestamp)
    }

    mutating func receive(_ sample: RecordingSample, now: Instant) {
        files[sample.participant]?.receive(sample, now: now)
    }

    mutating func noteLoss() {
        for participant in Array(files.keys) { files[participant]?.noteLoss() }
    }

    mutating func advance(now: Instant) throws(DeviceError) {
        for participant in Array(files.keys) { try files[participant]?.advance(now: now) }
    }

    mutating func finish(now: Instant) throws(DeviceError) {
        for participant in Array(files.keys) { try files[participant]?.finish(now: now) }
    }
}
