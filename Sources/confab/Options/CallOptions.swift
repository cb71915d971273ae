import ArgumentParser
import Engine
import Glibc
import ICE
import Media
import Primitives
import TerminalGraphics

/// What `join`, `host` and `demo` have in common.
struct CallOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Your name, as others see it.", valueName: "name"))
    var name = CallOptions.loginName

    @Option(
        help: ArgumentHelp(
            "auto, none, test, a device such as /dev/video0, or a file (Y4M, IVF, WebM).", valueName: "source"),
        completion: .shellCommand("confab devices --names camera 2>/dev/null; ls -d -- * 2>/dev/null"))
    var camera = "auto"

    @Option(
        help: ArgumentHelp(
            "auto, none, tone, beep, speech, silence, an ALSA PCM, a file (WAV, raw PCM), or - for standard input.",
            valueName: "source"),
        completion: .shellCommand("confab devices --names mic 2>/dev/null; ls -d -- * 2>/dev/null"))
    var mic = "auto"

    @Option(
        help: ArgumentHelp(
            "auto, none, an ALSA PCM, a file (WAV, raw PCM), or - for standard output.", valueName: "sink"),
        completion: .shellCommand("confab devices --names speaker 2>/dev/null; ls -d -- * 2>/dev/null"))
    var speaker = "auto"

    @Option(help: ArgumentHelp("Sample rate of PCM on standard input and output.", valueName: "hz"))
    var pcmRate = 48_000

    @Option(help: ArgumentHelp("Channels of PCM on standard input and output.", valueName: "n"))
    var pcmChannels = 1

    @Flag(help: "No camera, and no picture from others.")
    var audioOnly = false

    @Flag(help: "Join with the microphone muted.")
    var muted = false

    @Flag(help: "No screen: events instead. The default where standard input or output is no terminal.")
    var headless = false

    @Flag(help: "Line by line, without drawing: sentences instead of a screen, for screen readers.")
    var plain = false

    @Option(
        help: ArgumentHelp(
            "The picture size a headless client asks of every other; 0x0 asks for none.", valueName: "WxH"))
    var view = PixelSize(160, 90)

    @Option(
        help: ArgumentHelp("JSON events: json, json:FD, json:FILE or none [json when headless].", valueName: "where"))
    var events: EventsValue?

    @Option(
        help: ArgumentHelp(
            "Record everybody into this WebM file; - or a FIFO gets one mixed picture and sound, live.",
            valueName: "file"))
    var record: String?

    @Option(help: ArgumentHelp("Record each other participant into a file of their own here.", valueName: "folder"))
    var recordEach: String?

    @Option(help: ArgumentHelp("The picture size to record, shown or not.", valueName: "WxH"))
    var recordSize = PixelSize(640, 360)

    @Option(help: ArgumentHelp("Leave after this time: 90s, 5m, 1h.", valueName: "time"))
    var duration: DurationValue?

    @Option(
        name: .long, defaultAsFlag: DurationValue.zero,
        help: ArgumentHelp("Leave when everybody else has left (for this many seconds).", valueName: "seconds"))
    var exitWhenAlone: DurationValue?

    @Option(
        help: ArgumentHelp("Files start playing when so many others are there.", valueName: "n"))
    var waitFor: Int?

    @Option(help: "When the microphone is open: always, while a key is held, or while you speak.")
    var talk = TalkMode.open

    @Option(
        help: ArgumentHelp(
            "Run a shell command for each event of that name; any means all of them. It gets the event as JSON on standard input. Repeatable.",
            valueName: "event=command"))
    var exec: [ExecOption] = []

    @Option(help: ArgumentHelp("Where to make the control socket.", valueName: "path"), completion: .file())
    var ctl: String?

    @Option(help: ArgumentHelp("Say this in the chat on joining.", valueName: "text"))
    var chat: String?

    @Option(
        help: ArgumentHelp(
            "How the media of a new room go: mesh (each to each), server, or auto (a server from the fifth on).",
            valueName: "mode"))
    var mode = CallMode.auto

    @Option(help: ArgumentHelp("The largest picture to send.", valueName: "WxH"))
    var size = PixelSize(640, 360)

    @Option(help: ArgumentHelp("The most pictures a second to send.", valueName: "n"))
    var fps = 30

    @Option(
        help: ArgumentHelp(
            "The most bits a second of video to send to each other participant: 800k, 1M.", valueName: "rate"))
    var bitrate = RateValue(.kilobits(1_000))

    @OptionGroup var drawing: DrawingOptions

    @Option(
        help: ArgumentHelp(
            "A stun:, turn: or turns: URL, with user:password@ where needed. Repeatable.", valueName: "url"))
    var iceServer: [String] = []

    @Option(help: "Which addresses to use: all of them, or those of a TURN relay only.")
    var icePolicy = ICEPolicy.all

    @Option(help: ArgumentHelp("Trust the certificates in this PEM file too.", valueName: "file"), completion: .file())
    var cacert: String?

    @OptionGroup var voice: VoiceOptions
    @OptionGroup var settings: SettingsOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard 8_000...192_000 ~= pcmRate else { throw ValidationError("--pcm-rate must be 8000 to 192000.") }
        guard 1...8 ~= pcmChannels else { throw ValidationError("--pcm-channels must be 1 to 8.") }
        guard 1...60 ~= fps else { throw ValidationError("--fps must be 1 to 60.") }
        guard !size.isNone, size.width >= 32, size.height >= 32, size.area <= 1920 * 1080 else {
            throw ValidationError("--size must be 32x32 to 1920x1080; --camera none sends no picture.")
        }
        try ICEServerOption.validate(iceServer)
        try ExecOption.validate(exec)
        if let waitFor, !(1...1_000 ~= waitFor) { throw ValidationError("--wait-for must be 1 to 1000.") }
        guard !name.isEmpty, name.utf8.count <= 128 else { throw ValidationError("--name must be 1 to 128 bytes.") }
        if plain && headless { throw ValidationError("--plain and --headless: give one of them.") }
        guard recordSize.width >= 32, recordSize.height >= 32, recordSize.area <= 1920 * 1080,
            recordSize.width % 2 == 0, recordSize.height % 2 == 0
        else { throw ValidationError("--record-size must be 32x32 to 1920x1080, in even numbers.") }
        let outputUsers = [
            plain ? "--plain" : nil, speaker == "-" ? "--speaker -" : nil, record == "-" ? "--record -" : nil,
            eventsGoToStandardOutput ? "--events json" : nil,
        ].compactMap { $0 }
        guard outputUsers.count < 2 else {
            throw ValidationError(
                "\(outputUsers.joined(separator: " and ")) both want standard output: use --events json:FILE or --events none."
            )
        }
    }

    /// Whether there is no terminal to draw on, or none is wanted.
    var runsHeadless: Bool {
        !plain && (headless || isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0)
    }

    private var eventsGoToStandardOutput: Bool { effectiveEvents == .standardOutput }

    var effectiveEvents: EventsValue {
        if let events { return events }
        return runsHeadless && speaker != "-" && record != "-" ? .standardOutput : .none
    }

    static var loginName: String {
        if let name = getenv("USER").map({ String(cString: $0) }), !name.isEmpty { return name }
        guard let entry = getpwuid(getuid()), let name = entry.pointee.pw_name else { return "guest" }
        return String(cString: name)
    }
}
