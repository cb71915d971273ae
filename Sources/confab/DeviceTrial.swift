import Codecs
import Devices
import Engine
import Glibc
import Media
import MediaProcessing
import Primitives
import Runtime
import TerminalGraphics
import TerminalIO

/// `confab devices --test`: the camera's picture and the microphone's level on the screen, a tone from the speaker.
/// Without a terminal, a line a second says what came.
struct DeviceTrial {
    private let media: LocalMedia
    private let speaker: String

    init(camera: String, microphone: String, speaker: String) throws {
        var configuration = CallConfiguration()
        configuration.camera = camera
        configuration.microphone = microphone
        configuration.speaker = speaker
        media = try LocalMedia(configuration)
        self.speaker = speaker
    }

    func run(for duration: Duration) throws {
        for note in media.notes { say(note) }
        media.start(microphone: { _ in }, camera: { _ in }, playout: { _ in }, decoder: { _ in })
        defer { media.stop() }
        let tone = try playTone()
        defer { tone?.join() }
        let end = Clock.now() + duration
        if isatty(STDIN_FILENO) == 1, isatty(STDOUT_FILENO) == 1, let terminal = try? Terminal.open() {
            show(on: terminal, until: end)
            terminal.restore()
        } else {
            tell(until: end)
        }
    }

    private func say(_ text: String) { writeAll(Array((text + "\n").utf8), to: STDOUT_FILENO) }

    /// Two seconds of 440 Hz, into a sink of its own.
    private func playTone() throws -> JoinableThread? {
        guard speaker != "none" else { return nil }
        let sink = Handover(try AudioDevices.open(sink: speaker).sink)
        return JoinableThread(name: "tone") {
            var generator = ToneGenerator(frequency: 440)
            var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
            for _ in 0..<(2_000 / AudioFormat.blockMilliseconds) {
                generator.fill(&block)
                guard (try? sink.value.write(block)) != nil else { return }
            }
            try? sink.value.finish()
        }
    }

    // MARK: With a screen

    private func show(on terminal: Terminal, until end: Instant) {
        while Clock.now() < end {
            for event in terminal.poll(until: Clock.now() + .milliseconds(50)) {
                switch event {
                case .input(.key(let key)) where Self.quits(key): return
                case .closed: return
                default: break
                }
            }
            var grid = CellGrid(terminal.size)
            let area = CellRect(row: 0, column: 0, columns: terminal.size.columns, rows: terminal.size.rows - 2)
            if let picture = media.camera.newestPicture {
                grid.place(picture, in: area, cellAspect: terminal.profile.cellAspect, isMirrored: true)
            }
            grid.write(status, row: terminal.size.rows - 1, column: 0)
            terminal.submit(grid)
        }
    }

    private static func quits(_ key: KeyEvent) -> Bool {
        key.code == .character("q") || (key.code == .character("c") && key.modifiers == .control) || key.code == .escape
    }

    private var status: String {
        let filled = Int((media.microphone.level * 30).rounded())
        let meter = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
        return "microphone [\(meter)]  speaker: 440 Hz  q quits"
    }

    // MARK: Without

    private func tell(until end: Instant) {
        var pictures = 0
        var newest: Instant?
        var loudest: Float = 0
        var reportAt = Clock.now() + .seconds(1)
        while Clock.now() < end {
            Clock.sleep(until: Clock.now() + .milliseconds(10))
            loudest = max(loudest, media.microphone.level)
            if let picture = media.camera.newestPicture, picture.captureTime != newest {
                newest = picture.captureTime
                pictures += 1
            }
            guard Clock.now() >= reportAt else { continue }
            let size = media.camera.newestPicture.map { "\($0.size)" } ?? "no picture"
            let level = media.hasMicrophone ? "\(Int((loudest * 60).rounded()) - 60) dBFS" : "none"
            say("camera \(size) \(pictures) fps, microphone \(level)")
            (pictures, loudest) = (0, 0)
            reportAt = reportAt + .seconds(1)
        }
    }
}
