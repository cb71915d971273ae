import ArgumentParser
import Call
import Glibc
import LoadGenerator
import Primitives
import Runtime
import SignalTransport
import Signalling

struct Bench: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Load a server with publishers and subscribers, and tell what came through.",
        discussion: """
            Publishers and subscribers join by WHIP and WHEP; pictures and sound are made up, nothing is encoded or
            decoded, so one core drives hundreds of them. Latencies are between this program's own sockets. Run it on
            another machine than the server where processor time matters.

            EXAMPLES
              confab bench http://127.0.0.1:7880
              confab bench https://call.example --rooms 10 --publishers 1 --subscribers 50 --duration 60s --token T
            """)

    @Argument(help: ArgumentHelp("The server.", valueName: "url"))
    var server: String

    @Option(help: ArgumentHelp("Rooms to fill.", valueName: "n"))
    var rooms = 1

    @Option(help: ArgumentHelp("Publishers in each room.", valueName: "n"))
    var publishers = 1

    @Option(help: ArgumentHelp("Subscribers in each room.", valueName: "n"))
    var subscribers = 10

    @Option(help: ArgumentHelp("How long to measure once everybody has joined.", valueName: "time"))
    var duration = DurationValue(argument: "30s")!  // a literal that parses

    @Option(help: ArgumentHelp("How many join in a second.", valueName: "n"))
    var joinRate = 10.0

    @Option(help: ArgumentHelp("Bits a second of each picture.", valueName: "rate"))
    var bitrate = RateValue(argument: "600k")!  // a literal that parses

    @Option(help: ArgumentHelp("Frames a second of each picture.", valueName: "n"))
    var fps = 30

    @Option(help: ArgumentHelp("The beginning of the rooms' names.", valueName: "name"))
    var room = "bench"

    @Option(help: ArgumentHelp("An access token for the room, where the server asks for one.", valueName: "token"))
    var token: String?

    @Option(help: ArgumentHelp("A file of certificate authorities to trust.", valueName: "file"))
    var cacert: String?

    @Flag(help: "Print one JSON object instead of text.")
    var json = false

    @OptionGroup var log: LogOptions

    func validate() throws {
        guard 1...1_000 ~= rooms, 0...1_000 ~= publishers, 0...10_000 ~= subscribers, 1...240 ~= fps else {
            throw ValidationError("Numbers of rooms, people or frames are out of range.")
        }
        guard (try? SignalURL(parsing: server)) != nil else {
            throw ValidationError("\(server) is no URL of a server.")
        }
    }

    func run() throws {
        try endingOnFailure {
            log.bootstrap()
            let client = SignalClient(
                loop: SignalLoop(), configuration: .init(trust: cacert.map { .authorities(file: $0) } ?? .system))
            var configuration = LoadRun.Configuration(server: try SignalURL(parsing: server))
            configuration.rooms = rooms
            configuration.publishers = publishers
            configuration.subscribers = subscribers
            configuration.duration = duration.duration
            configuration.joinRate = joinRate
            configuration.bitrate = bitrate.bitrate
            configuration.framesPerSecond = fps
            configuration.roomPrefix = room
            configuration.token = token
            let report = try load(configuration, client)
            writeAll(json ? report.json.utf8 + [0x0a] : Array(report.text.utf8), to: STDOUT_FILENO)
            let isComplete = report.connected == report.publishers + report.subscribers
            Glibc.exit(isComplete ? 0 : ExitStatus.unavailable)
        }
    }

    /// Runs it; a signal ends it early, with what was seen until then.
    private func load(_ configuration: LoadRun.Configuration, _ client: SignalClient) throws -> LoadReport {
        let answer = Mailbox<LoadReport>(capacity: 1, overflow: .dropNewest)
        let started = MediaLoop.run { () -> Result<LoadRun, any Error> in
            Result { try LoadRun(configuration, client: client) { answer.put($0) } }
        }
        let run = try started.get()
        ProcessSignals.watch { _ in MediaLoop.post { run.finish() } }
        MediaLoop.post { run.start() }
        guard let report = answer.take() else { throw Failure(ExitStatus.internalError, "the load did not end") }
        // Sessions are being ended; the server would find out by itself, but later.
        Clock.sleep(until: Clock.now() + .milliseconds(200))
        return report
    }
}
