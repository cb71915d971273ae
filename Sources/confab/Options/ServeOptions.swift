import ArgumentParser
import Server
import Signalling

/// What `serve` and `host` have in common.
struct ServeOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Where to listen. Port 0 asks for any free one.", valueName: "host:port"))
    var listen: String?

    @Flag(help: "Listen on all interfaces, with --tls auto and a key made for this run.")
    var lan = false

    @Option(
        help: ArgumentHelp(
            "auto: a self-signed certificate, whose fingerprint the printed links carry.", valueName: "auto"))
    var tls: TLSMode?

    @Option(
        help: ArgumentHelp("A PEM file with the certificate and those above it.", valueName: "file"),
        completion: .file())
    var tlsCert: String?

    @Option(
        help: ArgumentHelp("The PEM file with the certificate's private key.", valueName: "file"), completion: .file())
    var tlsKey: String?

    @Option(help: ArgumentHelp("Name of the key that signs access tokens.", valueName: "name"))
    var key: String?

    @Option(help: ArgumentHelp("Secret of the key.", valueName: "secret"))
    var secret: String?

    @Option(help: ArgumentHelp("A file of keys, NAME: SECRET lines.", valueName: "file"), completion: .file())
    var keys: String?

    @Flag(help: "Anyone who reaches the server may join.")
    var open = false

    @Option(
        help: ArgumentHelp("The port of media, UDP and TCP; 0 takes any free one. Default: 7882.", valueName: "port"))
    var rtcPort: UInt16?

    @Option(
        help: ArgumentHelp("The address that others reach, where no interface of this machine has it.", valueName: "ip")
    )
    var nodeIp: String?

    @Option(
        help: ArgumentHelp(
            "A web site that may use this server, such as https://app.example. Repeatable.", valueName: "origin"))
    var allowOrigin: [String] = []

    @Flag(help: "People wait at the door until somebody who may lets them in (admit). Rooms stay meshes of four.")
    var lobby = false

    @Flag(help: "Tell numbers in Prometheus' text format at /metrics.")
    var metrics = false

    @Option(help: ArgumentHelp("The most people in a room.", valueName: "n"))
    var maxParticipants: Int?

    enum TLSMode: String, ExpressibleByArgument, CaseIterable {
        case auto
    }

    func validate() throws {
        guard (key == nil) == (secret == nil) else { throw ValidationError("--key and --secret belong together.") }
        guard (tlsCert == nil) == (tlsKey == nil) else {
            throw ValidationError("--tls-cert and --tls-key belong together.")
        }
        guard tls == nil || tlsCert == nil else {
            throw ValidationError("--tls auto makes a certificate; --tls-cert names one: give one of them.")
        }
        guard maxParticipants ?? 1 >= 1 else { throw ValidationError("--max-participants must be at least 1.") }
    }

    /// The server's own configuration; errors are told and end the program.
    func configuration(iceServers: [String]) throws -> ServerConfiguration {
        var configuration = ServerConfiguration()
        do {
            if let listen { try configuration.listen(at: listen) }
            if let keys {
                configuration.keys = try ServerConfiguration.keys(
                    in: try TextFile.read(keys, option: "--keys"), file: keys)
            }
        } catch let error as ServerError {
            throw Failure(error)
        }
        if let key, let secret { configuration.keys.append(.init(name: key, secret: secret)) }
        configuration.metrics = metrics
        configuration.lan = lan
        configuration.isOpen = open
        configuration.hasLobby = lobby
        configuration.nodeAddress = nodeIp
        configuration.allowedOrigins = allowOrigin
        configuration.maximumParticipants = maxParticipants
        configuration.rtcPort = rtcPort.map(Int.init)
        configuration.iceServers = iceServers.compactMap { ICEServer(parsing: $0) }
        if let tlsCert, let tlsKey {
            configuration.tls = .files(certificate: tlsCert, key: tlsKey)
        } else if tls == .auto {
            configuration.tls = .automatic
        }
        return configuration
    }
}
