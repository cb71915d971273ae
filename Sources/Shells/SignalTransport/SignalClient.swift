import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Primitives
import Signalling

/// HTTP requests and WebSockets towards a server. What comes of them is told on the loop; the listener hops to wherever
/// it lives.
package struct SignalClient: Sendable {
    /// Bounds of everything a client does.
    package struct Configuration: Sendable {
        package var trust: TLSTrust
        package var connectTimeout = Duration.seconds(10)
        /// From the start of the connection until the answer is complete or the WebSocket is open.
        package var answerTimeout = Duration.seconds(15)
        package var maximumBodyBytes = 1 << 20
        package var webSocket = WebSocketConfiguration()

        package init(trust: TLSTrust = .system) {
            self.trust = trust
            webSocket.maximumMessageBytes = 1 << 20
            webSocket.deadAfter = .seconds(30)
        }
    }

    private let loop: SignalLoop
    private let configuration: Configuration

    package init(loop: SignalLoop, configuration: Configuration) {
        self.loop = loop
        self.configuration = configuration
    }

    package typealias Headers = [(name: String, value: String)]

    /// Any answer is a success here, whatever its status; `completion` is called once.
    package func request(
        _ method: String, _ url: SignalURL, headers: Headers = [], body: [UInt8] = [],
        completion: @escaping @Sendable (Result<HTTPResponse, SignalError>) -> Void
    ) {
        var head = head(method, url, headers)
        if !body.isEmpty || method == "POST" { head.headers.add(name: "Content-Length", value: String(body.count)) }
        head.headers.add(name: "Connection", value: "close")
        let failed = explaining(url.server) { completion(.failure($0)) }
        let makeExchange = { @Sendable [head, configuration] in
            HTTPExchange(
                head, body: body, place: url.server.authority, configuration: configuration,
                succeeded: { completion(.success($0)) }, failed: failed)
        }
        connect(url.server, failed: failed) { channel in
            try channel.pipeline.syncOperations.addHTTPClientHandlers()
            try channel.pipeline.syncOperations.addHandler(makeExchange())
        }
    }

    /// Opens a WebSocket. `listener` hears `open` first, or else `failed`; one of `closed` and `failed` comes last.
    package func openWebSocket(
        _ url: SignalURL, headers: Headers = [], subprotocol: String? = nil,
        listener: @escaping @Sendable (ClientWebSocket.Event) -> Void
    ) -> ClientWebSocket {
        let socket = ClientWebSocket(loop: loop, listener: listener)
        let head = head("GET", url, headers)
        let failed = explaining(url.server) { socket.fail($0) }
        connect(url.server, failed: failed) { [configuration] channel in
            let handshake = WebSocketHandshake(
                head, subprotocol: subprotocol, place: url.server.authority, configuration: configuration,
                socket: socket, failed: failed)
            try handshake.install(on: channel)
        }
        return socket
    }

    private func head(_ method: String, _ url: SignalURL, _ headers: Headers) -> HTTPRequestHead {
        var fields = HTTPHeaders([("Host", url.server.authority), ("User-Agent", "confab")])
        for (name, value) in headers { fields.add(name: name, value: value) }
        return HTTPRequestHead(version: .http1_1, method: .init(rawValue: method), uri: url.target, headers: fields)
    }
}

// MARK: - Connecting

extension SignalClient {
    typealias Failed = @Sendable (SignalError) -> Void

    /// Connects by TCP, with TLS where the address wants it; `configure` adds the handlers behind.
    private func connect(
        _ server: ServerAddress, failed: @escaping Failed, configure: @escaping @Sendable (any Channel) throws -> Void
    ) {
        let trust = configuration.trust
        bootstrap { channel in
            if server.isSecure { try Self.addTLS(to: channel, server, trust) }
            try configure(channel)
        }
        .connect(host: server.host, port: server.port)
        .whenFailure { failed(SignalError($0, reaching: server.authority)) }
    }

    private func bootstrap(_ configure: @escaping @Sendable (any Channel) throws -> Void) -> ClientBootstrap {
        ClientBootstrap(group: loop.eventLoop)
            .connectTimeout(.nanoseconds(configuration.connectTimeout.nanoseconds))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in channel.eventLoop.makeCompletedFuture { try configure(channel) } }
    }

    private static func addTLS(to channel: any Channel, _ server: ServerAddress, _ trust: TLSTrust) throws {
        let context = try trust.context()
        guard case .fingerprint(let expected) = trust else {
            let handler = try NIOSSLClientHandler(context: context, serverHostname: server.serverName)
            return try channel.pipeline.syncOperations.addHandler(handler)
        }
        let handler = try NIOSSLClientHandler(context: context, serverHostname: server.serverName) {
            certificates, verdict in
            verdict.succeed(Self.fingerprint(of: certificates) == expected ? .certificateVerified : .failed)
        }
        try channel.pipeline.syncOperations.addHandler(handler)
    }

    private static func fingerprint(of certificates: [NIOSSLCertificate]) -> [UInt8]? {
        (try? certificates.first?.toDERBytes()).map { Digest.sha256($0) }
    }
}

// MARK: - Certificates that are not trusted

extension SignalClient {
    /// Most failures of TLS are about trust. Before one is told, the server's certificate is looked at once more, in a
    /// connection of its own that never sends anything, so that the message can name it.
    private func explaining(_ server: ServerAddress, _ failed: @escaping Failed) -> Failed {
        guard server.isSecure else { return failed }
        return { error in
            guard case .tls = error else { return failed(error) }
            look(at: server) { found in
                guard let found else { return failed(error) }
                failed(configuration.trust.refusal(of: found, at: server))
            }
        }
    }

    private func look(at server: ServerAddress, _ done: @escaping @Sendable ([UInt8]?) -> Void) {
        let found = loop.eventLoop.makePromise(of: [UInt8]?.self)
        found.futureResult.whenSuccess(done)
        bootstrap { channel in
            let context = try TLSTrust.system.context()
            let handler = try NIOSSLClientHandler(context: context, serverHostname: server.serverName) {
                certificates, verdict in
                found.succeed(Self.fingerprint(of: certificates))
                verdict.succeed(NIOSSLVerificationResult.failed)
            }
            try channel.pipeline.syncOperations.addHandler(handler)
        }
        .connect(host: server.host, port: server.port)
        .whenComplete { result in
            switch result {
            // Where a certificate was seen, this second answer is ignored.
            case .success(let channel): channel.closeFuture.whenComplete { _ in found.succeed(nil) }
            case .failure: found.succeed(nil)
            }
        }
    }
}

extension TLSTrust {
    fileprivate func refusal(of fingerprint: [UInt8], at server: ServerAddress) -> SignalError {
        let found = Hex.encode(fingerprint)
        if case .fingerprint(let expected) = self {
            let text =
                "\(server.authority) shows a certificate with SHA-256 \(found), but the link expects "
                + "\(Hex.encode(expected)): it is not the server you were invited to, or it has a new certificate"
            return .untrustedCertificate(fingerprint: fingerprint, text)
        }
        let text =
            "the certificate of \(server.authority) is not trusted on this machine; its SHA-256 is \(found). "
            + "If that is the right one, add #sha256=\(found) to the link, or name its authority with --cacert FILE"
        return .untrustedCertificate(fingerprint: fingerprint, text)
    }
}

extension ServerAddress {
    /// What the TLS handshake may name; addresses are not (RFC 6066 §3).
    fileprivate var serverName: String? {
        (try? SocketAddress(ipAddress: host, port: port)) == nil ? host : nil
    }
}
