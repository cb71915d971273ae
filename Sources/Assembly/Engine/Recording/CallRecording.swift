import Call
import Media
import Primitives
import Recording
import Runtime
import Streams

/// The recordings of a call: hands everything compressed that passes to each of them, and knows what they need.
@CallLoop
package final class CallRecording {
    /// What the call has to do for its recordings.
    enum Request {
        case event(CallEvent)
        /// Everybody's pictures, one's own included, go on with a key frame.
        case keyFrames
        /// Recording began or ended: other sizes are asked for.
        case sizesChanged
        /// The program's own output is gone.
        case outputLost(String)
    }

    private struct Running {
        let recorder: Recorder
        /// Asked for on the command line: its failure is one of the program.
        let isRequired: Bool
    }

    private struct Known {
        var name: String
        var isSelf: Bool
        /// The newest report of each medium, for recordings that begin later.
        var reports: [Bool: (ntp: NTPTime, timestamp: UInt32)] = [:]
    }

    /// The own picture is encoded once more under this name, at the recording's size.
    nonisolated static let ownPicture = "\u{0}recording"
    /// So often a recording gets a place from which it can be played (DESIGN §5).
    private static let keyFrameInterval = Duration.seconds(10)

    let size: PixelSize
    private let room: String
    private let picture: @Sendable (String) -> VideoFrame?
    private let request: @CallLoop (Request) -> Void
    private var running: [Running] = []
    private var known: [String: Known] = [:]
    private var timer: LoopTimer!  // needs a handler that reaches this object
    /// Whether an output named on the command line was not completed.
    private(set) var hasFailed = false

    init(
        size: PixelSize, room: String, picture: @escaping @Sendable (String) -> VideoFrame?,
        request: @escaping @CallLoop (Request) -> Void
    ) {
        self.size = size
        self.room = room
        self.picture = picture
        self.request = request
        timer = LoopTimer { [weak self] now in
            self?.request(.keyFrames)
            self?.timer.schedule(at: now + Self.keyFrameInterval)
        }
    }

    var isActive: Bool { !running.isEmpty }
    /// Whether pictures have to be decoded even where nobody looks at them.
    var needsPictures: Bool { running.contains { $0.recorder.isLive } }
    /// The files and folders being written.
    package var names: [String] { running.map { $0.recorder.target.name } }

    // MARK: Beginning and ending

    func start(_ recorder: Recorder, isRequired: Bool) {
        running.append(Running(recorder: recorder, isRequired: isRequired))
        recorder.start(title: room, size: size, picture: picture) { [weak self] event in
            CallLoop.post { self?.handle(event, of: recorder) }
        }
        for (id, participant) in known { introduce(id, participant, to: recorder) }
        request(.event(.recording(file: recorder.target.name, state: .started, seconds: nil, bytes: nil)))
        request(.sizesChanged)
        request(.keyFrames)
        timer.schedule(at: Clock.now() + Self.keyFrameInterval)
    }

    private func introduce(_ id: String, _ participant: Known, to recorder: Recorder) {
        recorder.join(id, name: participant.name, isSelf: participant.isSelf)
        for (isAudio, report) in participant.reports {
            recorder.receiveReport(of: id, isAudio: isAudio, ntp: report.ntp, timestamp: report.timestamp)
        }
    }

    /// Ends every recording that can be ended by command; false where there is none.
    func stop() -> Bool {
        let ending = running
        guard !ending.isEmpty else { return false }
        running.removeAll()
        timer.schedule(at: nil)
        request(.sizesChanged)
        // Writing the rest may take a while.
        _ = JoinableThread(name: "farewell") { [weak self] in
            for each in ending { each.recorder.stop() }
            CallLoop.post { for each in ending { self?.tellEnd(of: each) } }
        }
        return true
    }

    /// What is to be stopped, on a thread that may wait, before `finish`.
    var recorders: [Recorder] { running.map(\.recorder) }

    /// All recorders were stopped.
    func finish() {
        timer.schedule(at: nil)
        let ended = running
        running.removeAll()
        for each in ended { tellEnd(of: each) }
    }

    private func tellEnd(of each: Running) {
        guard each.recorder.error == nil else {
            hasFailed = hasFailed || each.isRequired
            return
        }
        request(
            .event(
                .recording(
                    file: each.recorder.target.name, state: .stopped, seconds: each.recorder.duration,
                    bytes: each.recorder.length)))
    }

    private func handle(_ event: Recorder.Event, of recorder: Recorder) {
        switch event {
        case .needsKeyFrames: request(.keyFrames)
        case .failed(let error):
            guard let index = running.firstIndex(where: { $0.recorder === recorder }) else { return }
            let failed = running.remove(at: index)
            hasFailed = hasFailed || failed.isRequired
            request(
                .event(.recording(file: recorder.target.name, state: .failed, seconds: nil, bytes: recorder.length)))
            request(.event(.error(code: "recording-failed", message: error.message, fatal: false)))
            if recorder.isLive, failed.isRequired { request(.outputLost(error.message)) }
            request(.sizesChanged)
        }
    }

    // MARK: What passes

    func join(_ id: String, name: String, isSelf: Bool = false) {
        let participant = Known(name: name, isSelf: isSelf)
        known[id] = participant
        for each in running { introduce(id, participant, to: each.recorder) }
    }

    func leave(_ id: String) {
        guard known.removeValue(forKey: id) != nil else { return }
        for each in running { each.recorder.leave(id) }
    }

    func receiveReport(of id: String, isAudio: Bool, ntp: NTPTime, timestamp: Int64) {
        let timestamp = UInt32(truncatingIfNeeded: timestamp)
        known[id]?.reports[isAudio] = (ntp, timestamp)
        for each in running {
            each.recorder.receiveReport(of: id, isAudio: isAudio, ntp: ntp, timestamp: timestamp)
        }
    }

    func receive(_ packet: ReceivedAudio, of id: String) {
        guard isActive else { return }
        let timestamp = UInt32(truncatingIfNeeded: packet.timestamp)
        pass(RecordingSample(id, .audio, .remote(timestamp: timestamp, arrival: packet.arrival), packet.payload))
    }

    func receive(_ frame: EncodedFrame, of id: String) {
        guard isActive else { return }
        pass(
            RecordingSample(
                id, .video(isKey: frame.isKeyFrame), .remote(timestamp: frame.timestamp, arrival: frame.time),
                frame.bytes))
    }

    func receiveOwn(_ packet: Microphone.Packet, as id: String) {
        guard isActive else { return }
        pass(
            RecordingSample(
                id, .audio, .counted(timestamp: packet.timestamp, captured: packet.captureTime), packet.payload))
    }

    func receiveOwn(_ frame: EncodedFrame, as id: String) {
        guard isActive else { return }
        pass(RecordingSample(id, .video(isKey: frame.isKeyFrame), .own(frame.time), frame.bytes))
    }

    private func pass(_ sample: RecordingSample) {
        for each in running { each.recorder.receive(sample) }
    }
}
