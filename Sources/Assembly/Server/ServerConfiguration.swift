import Primitives
import Signalling

/// What `confab serve` and `confab host` may be told.
package struct ServerConfiguration: Sendable {
    /// A name, and the secret with which it signs tokens.
    package struct Key: Hashable, Sendable {
        package var name: String
        package var secret: String

        package init(name: String, secret: String) {
            self.name = name
            self.secret = secret
        }
    }

    package enum TLS: Hashable, Sendable {
        case none
        /// A self-signed certificate, made once and kept.
        case automatic
        /// PEM files.
        case files(certificate: String, key: String)
    }

    /// `--listen`. Port 0 asks for any free one.
    package var host = "127.0.0.1"
    package var port = 7880
    /// `--lan`: all interfaces, TLS, and a key made for this run where none is given.
    package var lan = false
    /// `--rtc-port`: UDP and TCP of media. Nil is 7882, or any free one where `port` is 0.
    package var rtcPort: Int?
    package var tls = TLS.none
    package var keys: [Key] = []
    /// `--open`: anyone who reaches the server may join.
    package var isOpen = false
    /// `--node-ip`: the address that others reach, where it is not one of this machine's interfaces.
    package var nodeAddress: String?
    package var iceServers: [ICEServer] = []
    /// `--allow-origin`: origins of web sites that may use this server, like `https://app.example`.
    package var allowedOrigins: [String] = []
    /// `--max-participants`: in one room; nil sets no limit but that of meshes.
    package var maximumParticipants: Int?
    package var metrics = false
    /// `--lobby`: people wait until somebody who may lets them in.
    package var hasLobby = false
    /// Where certificates and secrets are kept.
    package var folders = ServerFolders.standard
    /// For tests and embedding: how long participants may be away or silent.
    package var absence = Duration.seconds(10)
    package var silence = Duration.seconds(35)

    package init() {}

    /// `--dev`: loopback, key `devkey` with secret `secret`.
    package static var development: ServerConfiguration {
        var configuration = ServerConfiguration()
        configuration.keys = [Key(name: "devkey", secret: "secret")]
        return configuration
    }
}

/// Why a server does not start, in words a user can act upon.
package enum ServerError: Error, Equatable, Sendable {
    /// The options contradict each other or safety (exit status 64).
    case usage(String)
    /// A file cannot be read (exit status 66).
    case cannotRead(String)
    /// A certificate or secret cannot be kept (exit status 73).
    case cannotWrite(String)
    /// The address cannot be listened on (exit status 69).
    case cannotListen(String)

    package var message: String {
        switch self {
        case .usage(let text), .cannotRead(let text), .cannotWrite(let text), .cannotListen(let text): text
        }
    }
}

extension ServerConfiguration {
    /// Sets host and port from `HOST:PORT`, `HOST`, `:PORT` or `[v6]:PORT`.
    package mutating func listen(at text: String) throws(ServerError) {
        let wrong = ServerError.usage("--listen \(text.controlCharactersVisible): HOST:PORT is expected")
        var rest = Substring(text)
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else { throw wrong }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            rest = rest[rest.index(after: end)...]
        } else {
            let end = rest.firstIndex(of: ":") ?? rest.endIndex
            host = end == rest.startIndex ? "0.0.0.0" : String(rest[..<end])
            rest = rest[end...]
        }
        guard !host.isEmpty else { throw wrong }
        guard !rest.isEmpty else { return }
        guard rest.first == ":", let number = UInt16(rest.dropFirst()) else { throw wrong }
        port = Int(number)
    }

    /// Keys of a file: `NAME: SECRET` lines, as LiveKit's servers read them; `#` begins a comment.
    package static func keys(in text: String, file: String) throws(ServerError) -> [Key] {
        var keys: [Key] = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = trimmed(line)
            if line.isEmpty || line.hasPrefix("#") { continue }
            guard let colon = line.firstIndex(of: ":") else {
                throw .usage("\(file):\(index + 1): NAME: SECRET is expected")
            }
            let name = trimmed(line[..<colon])
            let secret = trimmed(line[line.index(after: colon)...])
            guard !name.isEmpty, !secret.isEmpty else {
                throw .usage("\(file):\(index + 1): NAME: SECRET is expected")
            }
            keys.append(Key(name: String(name), secret: String(secret)))
        }
        return keys
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return text
    }

    var effectiveRTCPort: UInt16 { UInt16(clamping: rtcPort ?? (port == 0 ? 0 : 7_882)) }

    var isLoopback: Bool { ServerAddress(isSecure: false, host: host, port: port).isLoopback }
    var listensEverywhere: Bool { host == "0.0.0.0" || host == "::" }

    /// With what `--lan` implies; throws where the server would be open to strangers without anybody having said so.
    func completed(makeSecret: () -> String) throws(ServerError) -> ServerConfiguration {
        var complete = self
        if lan {
            complete.host = "::"
            if tls == .none { complete.tls = .automatic }
            if keys.isEmpty && !isOpen { complete.keys = [Key(name: "lan", secret: makeSecret())] }
        }
        guard complete.isLoopback || !complete.keys.isEmpty || isOpen else {
            throw .usage(
                "listening on \(host) lets others reach this server: give it keys (--key NAME --secret SECRET, or "
                    + "--keys FILE) so that only invited people join, or say --open to let in anyone")
        }
        for key in complete.keys where key.name.isEmpty || key.secret.isEmpty {
            throw .usage("a key needs a name and a secret")
        }
        guard maximumParticipants ?? 1 >= 1 else { throw .usage("--max-participants must be at least 1") }
        return complete
    }
}
