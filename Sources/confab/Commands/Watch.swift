import ArgumentParser
import Engine
import Glibc
import Media
import Primitives
import Runtime

struct Watch: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Play a live stream (WHEP) in the terminal.",
        discussion: """
            Any endpoint of WHEP (draft-ietf-wish-whep) will do, such as /whep/ROOM of a confab server. A stream that is
            lost is made anew for a minute; one that has not begun is waited for where the endpoint says so.

            EXAMPLES
              confab watch https://live.example.org/whep/tea
              confab watch http://127.0.0.1:7880/whep/tea --headless --speaker tea.wav --duration 1m
            """)

    @Argument(help: ArgumentHelp("http(s)://host[:port]/path[#sha256=…]", valueName: "url"))
    var url: String

    @Option(
        help: ArgumentHelp(
            "auto, none, an ALSA PCM, a file (WAV, raw PCM), or - for standard output.", valueName: "sink"))
    var speaker = "auto"

    @Flag(help: "No picture.")
    var audioOnly = false

    @OptionGroup var stream: StreamOptions

    func validate() throws {
        _ = try StreamOptions.address(url)
        _ = try StreamOptions.fingerprint(url)
        guard speaker != "-" || stream.events.map({ $0 != .standardOutput }) ?? true else {
            throw ValidationError("--speaker - and --events json both want standard output: use --events json:FILE.")
        }
    }

    func run() throws {
        try endingOnFailure {
            stream.log.bootstrap()
            var call = CallConfiguration()
            call.camera = "none"
            call.microphone = "none"
            call.speaker = speaker
            call.audioOnly = audioOnly
            let configuration = try stream.configuration(.play, url, call)
            var options = stream
            if speaker == "-", options.events == nil { options.events = EventsValue.none }
            throw ExitCode(try LiveSession(configuration, options).run())
        }
    }
}
