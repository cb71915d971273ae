import ArgumentParser
import Engine
import Glibc
import ICE
import Media
import Primitives
import Signalling
import SignalTransport

/// What `broadcast` and `watch` have in common.
struct StreamOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The bearer token of the endpoint.", valueName: "token"))
    var token: String?

    @Option(help: ArgumentHelp("A file that holds the bearer token.", valueName: "file"))
    var tokenFile: String?

    @Flag(help: "No screen: events instead. The default where standard input or output is no terminal.")
    var headless = false

    @Option(
        help: ArgumentHelp("JSON events: json, json:FD, json:FILE or none [json when headless].", valueName: "where"))
    var events: EventsValue?

    @Option(help: ArgumentHelp("End after this time: 90s, 5m, 1h.", valueName: "time"))
    var duration: DurationValue?

    @Option(
        help: ArgumentHelp(
            "A stun:, turn: or turns: URL, with user:password@ where needed. Repeatable.", valueName: "url"))
    var iceServer: [String] = []

    @Option(help: "Which addresses to use: all of them, or those of a TURN relay only.")
    var icePolicy = ICEPolicy.all

    @Option(help: ArgumentHelp("Trust the certificates in this PEM file too.", valueName: "file"))
    var cacert: String?

    @OptionGroup var screen: DrawingOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard token == nil || tokenFile == nil else {
            throw ValidationError("--token and --token-file: give one of them.")
        }
        try ICEServerOption.validate(iceServer)
    }

    var runsHeadless: Bool { headless || isatty(STDIN_FILENO) == 0 || isatty(STDOUT_FILENO) == 0 }

    /// The endpoint's address, and what to do there; `#sha256=FINGERPRINT` pins a self-signed certificate.
    func configuration(
        _ direction: LiveStreamConfiguration.Direction, _ text: String, _ call: CallConfiguration
    ) throws -> LiveStreamConfiguration {
        var call = call
        call.duration = duration?.duration
        call.iceServers = iceServer
        call.icePolicy = icePolicy
        call.certificateFile = cacert
        var configuration = LiveStreamConfiguration(direction, try Self.address(text), call: call)
        configuration.token =
            try token ?? tokenFile.map { try TextFile.read($0, option: "--token-file").trimmingBlanks }
        configuration.fingerprint = try Self.fingerprint(text)
        return configuration
    }

    static func address(_ text: String) throws -> SignalURL {
        guard text.hasPrefix("https://") || text.hasPrefix("http://") else {
            throw ValidationError("\(text.controlCharactersVisible) is no http: or https: URL.")
        }
        do {
            return try SignalURL(parsing: text)
        } catch {
            throw ValidationError(error.message)
        }
    }

    static func fingerprint(_ text: String) throws -> [UInt8]? {
        guard let mark = text.firstIndex(of: "#") else { return nil }
        let fragment = text[text.index(after: mark)...]
        guard fragment.hasPrefix("sha256="), let bytes = Hex.decode(String(fragment.dropFirst(7))), bytes.count == 32
        else {
            throw ValidationError("What follows # must be sha256= and 64 hexadecimal digits.")
        }
        return bytes
    }
}
