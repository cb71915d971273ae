import ArgumentParser
import Engine
import Glibc
import Media
import Primitives
import Runtime

struct Broadcast: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Publish camera and microphone to a live-streaming endpoint (WHIP).",
        discussion: """
            Any endpoint of WHIP (RFC 9725) will do, such as /whip/ROOM of a confab server. A stream that is lost is
            made anew for a minute.

            EXAMPLES
              confab broadcast https://live.example.org/whip/tea --token SECRET
              confab broadcast http://127.0.0.1:7880/whip/tea --camera test --mic speech
              confab broadcast URL --headless --camera talk.webm --mic talk.webm --duration 10m
            """)

    @Argument(help: ArgumentHelp("http(s)://host[:port]/path[#sha256=…]", valueName: "url"))
    var url: String

    @Option(
        help: ArgumentHelp(
            "auto, none, test, a device such as /dev/video0, or a file (Y4M, IVF, WebM).", valueName: "source"))
    var camera = "auto"

    @Option(
        help: ArgumentHelp(
            "auto, none, tone, beep, speech, silence, an ALSA PCM, a file (WAV, raw PCM), or - for standard input.",
            valueName: "source"))
    var mic = "auto"

    @Option(help: ArgumentHelp("The largest picture to send.", valueName: "WxH"))
    var size = PixelSize(1280, 720)

    @Option(help: ArgumentHelp("The most pictures a second to send.", valueName: "n"))
    var fps = 30

    @Option(help: ArgumentHelp("The most bits a second of video to send: 800k, 2M.", valueName: "rate"))
    var bitrate = RateValue(.kilobits(2_000))

    @OptionGroup var stream: StreamOptions

    func validate() throws {
        guard 1...60 ~= fps else { throw ValidationError("--fps must be 1 to 60.") }
        guard size.width >= 32, size.height >= 32, size.area <= 1920 * 1080 else {
            throw ValidationError("--size must be 32x32 to 1920x1080; --camera none sends no picture.")
        }
        _ = try StreamOptions.address(url)
        _ = try StreamOptions.fingerprint(url)
    }

    func run() throws {
        try endingOnFailure {
            stream.log.bootstrap()
            var call = CallConfiguration()
            call.camera = camera
            call.microphone = mic
            call.speaker = "none"
            call.size = size
            call.framesPerSecond = fps
            call.bitrate = bitrate.bitrate
            let configuration = try stream.configuration(.publish, url, call)
            throw ExitCode(try LiveSession(configuration, stream).run())
        }
    }
}
