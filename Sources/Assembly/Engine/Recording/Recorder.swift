import Devices
import Media
import Primitives
import Recording
import Runtime

/// Writes a recording on a thread of its own, so that a slow disk or reader delays nobody.
package final class Recorder: Sendable {
    package enum Event: Sendable {
        /// Nothing more will be written.
        case failed(DeviceError)
        /// Samples were lost: pictures go on with a key frame.
        case needsKeyFrames
    }

    /// What a recording is made of: a file or stream, or a folder with a file for each participant.
    package enum Target: Hashable, Sendable {
        case file(String)
        case folder(String)

        package var name: String {
            switch self {
            case .file(let path), .folder(let path): path
            }
        }
    }

    private enum Job: Sendable {
        case join(String, name: String, isSelf: Bool)
        case leave(String)
        case report(String, isAudio: Bool, NTPTime, timestamp: UInt32)
        case sample(RecordingSample)
    }

    package let target: Target
    /// Whether what is written is one picture and one sound of everybody, for a reader that takes just that.
    package let isLive: Bool
    package let startedAt = Clock.now()
    // Ten seconds of four people.
    private let jobs = Mailbox<Job>(capacity: 4_096, overflow: .dropNewest)
    private let hurried = AtomicFlag()
    private let output: Protected<Handover<RecordingOutput>?>
    private let thread = Protected<JoinableThread?>(nil)
    private let written = Protected(0)
    private let failure: Protected<DeviceError?> = Protected(nil)
    private let endedAt: Protected<Instant?> = Protected(nil)

    private static let interval = Duration.milliseconds(100)

    /// Opens the file, or makes the folder, so that one that cannot be written is told at once.
    package init(_ target: Target) throws(DeviceError) {
        self.target = target
        switch target {
        case .file(let path):
            let opened = try RecordingOutput(path: path)
            isLive = !opened.isSeekable
            output = Protected(Handover(opened))
        case .folder(let path):
            try RecordingOutput.makeFolder(path)
            isLive = false
            output = Protected(nil)
        }
    }

    /// Bytes written so far.
    package var length: Int { written.value }
    /// How long it has been running, or ran.
    package var duration: Duration { (endedAt.value ?? Clock.now()) - startedAt }
    /// Why it is not whole.
    package var error: DeviceError? { failure.value }

    /// `picture` gives the newest picture of a participant, for a live recording. `handler` is called on the thread.
    package func start(
        title: String, size: PixelSize, picture: @escaping @Sendable (String) -> VideoFrame?,
        handler: @escaping @Sendable (Event) -> Void
    ) {
        thread.value = JoinableThread(name: "recorder") { [self] in
            do throws(DeviceError) {
                var program = try makeProgram(title, size, picture)
                try run(&program, handler)
            } catch {
                failure.value = error
                jobs.close()
                handler(.failed(error))
            }
        }
    }

    package func join(_ participant: String, name: String, isSelf: Bool) {
        jobs.put(.join(participant, name: name, isSelf: isSelf))
    }

    package func leave(_ participant: String) { jobs.put(.leave(participant)) }

    package func receiveReport(of participant: String, isAudio: Bool, ntp: NTPTime, timestamp: UInt32) {
        jobs.put(.report(participant, isAudio: isAudio, ntp, timestamp: timestamp))
    }

    package func receive(_ sample: RecordingSample) { jobs.put(.sample(sample)) }

    /// Writes what waits and completes the file; returns when that is done.
    package func stop() {
        hurried.set()
        jobs.close()
        thread.value?.join()
    }

    // MARK: The thread

    private func makeProgram(
        _ title: String, _ size: PixelSize, _ picture: @escaping @Sendable (String) -> VideoFrame?
    ) throws(DeviceError) -> any RecordingProgram {
        let isHurried = { [hurried] in hurried.isSet }
        guard let opened = output.value?.value else {
            return FolderProgram(target.name, date: Clock.wallNanoseconds, now: Clock.now, isHurried: isHurried)
        }
        output.value = nil
        guard opened.isSeekable else {
            return try LiveProgram(opened, size: size, title: title, picture: picture, isHurried: isHurried)
        }
        return FileProgram(
            opened, start: startedAt, title: title, date: Clock.wallNanoseconds(), isHurried: isHurried)
    }

    private func run(_ program: inout any RecordingProgram, _ handler: @Sendable (Event) -> Void) throws(DeviceError) {
        var due = Clock.now() + Self.interval
        var dropped = 0
        while true {
            let job = jobs.take(until: due)
            if let job { try carryOut(job, &program) }
            if job == nil, jobs.isClosed { break }
            let now = Clock.now()
            guard now >= due else { continue }
            due = max(due + Self.interval, now)
            if jobs.dropped > dropped {
                dropped = jobs.dropped
                program.noteLoss()
                handler(.needsKeyFrames)
            }
            try program.advance(now: now)
            written.value = program.length
        }
        let now = Clock.now()
        endedAt.value = now
        try program.finish(now: now)
        written.value = program.length
    }

    private func carryOut(_ job: Job, _ program: inout any RecordingProgram) throws(DeviceError) {
        switch job {
        case .join(let participant, let name, let isSelf):
            try program.join(participant, name: name, isSelf: isSelf)
        case .leave(let participant): program.leave(participant)
        case .report(let participant, let isAudio, let ntp, let timestamp):
            program.receiveReport(of: participant, isAudio: isAudio, ntp: ntp, timestamp: timestamp)
        case .sample(let sample): program.receive(sample, now: Clock.now())
        }
    }
}
