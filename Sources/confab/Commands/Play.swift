import ArgumentParser
import Call
import Devices
import Engine
import Glibc
import Media
import Primitives
import Runtime
import Signalling

struct Play: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play a recording, or any film, in the terminal.",
        discussion: """
            Recordings of confab show all participants side by side, with all voices. Files of other kinds need the
            program ffmpeg.

            KEYS
              space pause · left right 5 s · up down 1 min · home beginning · 0-9 tenths · [ ] speed · = normal speed
              + - volume · m silence · ? help · q quit; a click on the bar goes there

            EXAMPLES
              confab play tea.webm
              confab play tea.webm --start 90s --speed 1.5
              confab play tea.webm --headless --speaker tea.wav
            """)

    @Argument(help: ArgumentHelp("A WebM recording, or anything that ffmpeg reads.", valueName: "file"))
    var file: String

    @Option(help: ArgumentHelp("auto, none, an ALSA PCM, or a file (WAV, raw PCM).", valueName: "sink"))
    var speaker = "auto"

    @Option(help: ArgumentHelp("Begin here: 90s, 5m.", valueName: "time"))
    var start = DurationValue.zero

    @Option(help: ArgumentHelp("Speed, 0.25 to 4.", valueName: "factor"))
    var speed = 1.0

    @Flag(help: "No screen: play to the end, with events on standard output.")
    var headless = false

    @Option(
        help: ArgumentHelp("JSON events: json, json:FD, json:FILE or none [json when headless].", valueName: "where"))
    var events: EventsValue?

    @OptionGroup var screen: DrawingOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard 0.25...4 ~= speed else { throw ValidationError("--speed must be 0.25 to 4.") }
        guard speaker != "-" else { throw ValidationError("--speaker - is for calls; name a file or device.") }
    }

    func run() throws {
        try endingOnFailure {
            log.bootstrap()
            let isHeadless = headless || isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0
            let writer = try EventWriter(events ?? (isHeadless ? .standardOutput : .none))
            let player = try MoviePlayer(file)
            let sink = try AudioDevices.open(sink: speaker, pcm: .standard).sink
            player.setSpeed(speed)
            let session = PlaySession(file: file, player: player, events: writer)
            let status =
                try isHeadless
                ? session.runHeadless(sink, start: start.duration)
                : session.run(on: StreamScreen(title: file, screen), sink, start: start.duration)
            throw ExitCode(status)
        }
    }
}
