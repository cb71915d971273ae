import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Primitives
import Runtime

/// Answers requests, on the server's loop. It must not block.
package protocol HTTPService: AnyObject {
    func respond(to request: HTTPRequest) -> HTTPAnswer
}

package enum HTTPAnswer {
    case response(HTTPResponse)
    /// Given later, by calling what is passed in once, from any thread. Requests that follow on the connection wait.
    case later((@escaping @Sendable (HTTPResponse) -> Void) -> Void)
    /// Only where `isWebSocketUpgrade`.
    case webSocket(WebSocketAcceptance)
}

/// How a request becomes a WebSocket.
package struct WebSocketAcceptance {
    /// One that the client offers, or nil.
    package var subprotocol: String?
    package var configuration: WebSocketConfiguration
    /// Called once the socket is open, for whoever hears of its events.
    package var open: (WebSocket) -> (WebSocketEvent) -> Void

    package init(
        subprotocol: String? = nil, configuration: WebSocketConfiguration = .init(),
        open: @escaping (WebSocket) -> (WebSocketEvent) -> Void
    ) {
        self.subprotocol = subprotocol
        self.configuration = configuration
        self.open = open
    }
}

/// HTTP/1.1 and WebSocket on one TCP port, with or without TLS.
package final class HTTPServer: Sendable {
    package struct Configuration: Sendable {
        package var host = "127.0.0.1"
        /// 0 asks for any free one.
        package var port = 0
        package var identity: TLSIdentity?
        package var maximumConnections = 4_096
        package var maximumBodyBytes = 64 << 10
        /// How long a connection may take for its first request, TLS included.
        package var firstRequestTimeout = Duration.seconds(15)
        /// How long a connection may take until its next request is complete.
        package var nextRequestTimeout = Duration.seconds(120)
        package init() {}
    }

    private let channel: any Channel
    private let connections: NIOLoopBound<ConnectionRegistry>
    private let tls: Protected<NIOSSLContext?>
    package let port: Int

    private init(
        channel: any Channel, connections: NIOLoopBound<ConnectionRegistry>, tls: Protected<NIOSSLContext?>, port: Int
    ) {
        self.tls = tls
        self.channel = channel
        self.connections = connections
        self.port = port
    }

    /// Listens and returns. Not to be called on the loop.
    package static func start<Service: HTTPService>(
        on loop: SignalLoop, configuration: Configuration, service: LoopConfined<Service>
    ) throws(SignalError) -> HTTPServer {
        let tls = Protected(try configuration.identity?.context())
        let place = configuration.host.contains(":") ? "[\(configuration.host)]" : configuration.host
        do {
            let connections = try loop.run {
                NIOLoopBound(ConnectionRegistry(limit: configuration.maximumConnections), eventLoop: loop.eventLoop)
            }
            let channel = try ServerBootstrap(group: loop.eventLoop)
                .serverChannelOption(.backlog, value: 512)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        guard connections.value.add(channel) else { throw ChannelError.operationUnsupported }
                        let handler = HTTPServerConnection(configuration: configuration, service: service.value)
                        try Self.configure(channel, tls: tls.value, handler: handler)
                    }
                }
                .bind(host: configuration.host, port: configuration.port).wait()
            return HTTPServer(
                channel: channel, connections: connections, tls: tls,
                port: channel.localAddress?.port ?? configuration.port)
        } catch {
            throw .cannotListen("\(place):\(configuration.port): \(Self.explain(error))")
        }
    }

    private static func configure(
        _ channel: any Channel, tls: NIOSSLContext?, handler: HTTPServerConnection
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let tls { try pipeline.addHandler(NIOSSLServerHandler(context: tls)) }
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16 << 10
        limits.maxHeaderListSize = 64 << 10
        limits.maxHeaderFieldCount = 128
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: limits))
        let encoder = HTTPResponseEncoder()
        try pipeline.addHandlers([encoder, decoder, handler])
        handler.codec = (encoder, decoder)
    }

    private static func explain(_ error: any Error) -> String {
        switch error {
        case let error as IOError: SignalError.text(error.errnoCode)
        case is SocketAddressError: "this is no address of this machine"
        default: "\(error)"
        }
    }

    /// Shows another certificate to whoever connects from now on. A server without TLS stays one.
    package func replace(_ identity: TLSIdentity) throws(SignalError) {
        let context = try identity.context()
        tls.withLock { if $0 != nil { $0 = context } }
    }

    /// Stops listening and ends every connection; WebSockets are told, and have a moment to hear it. Not to be called on
    /// the loop.
    package func stop() {
        // Errors here say that it is closed already.
        try? channel.close().wait()
        let connections = connections
        let eventLoop = channel.eventLoop
        let ended = eventLoop.makePromise(of: Void.self)
        eventLoop.execute {
            let closing = connections.value.endAll()
            EventLoopFuture.andAllComplete(closing, on: eventLoop).cascade(to: ended)
            eventLoop.assumeIsolated().scheduleTask(in: .milliseconds(500)) { ended.succeed() }
        }
        try? ended.futureResult.wait()
    }
}

/// The open connections of a server.
final class ConnectionRegistry {
    private let limit: Int
    private var channels: [ObjectIdentifier: any Channel] = [:]

    init(limit: Int) { self.limit = limit }

    /// False where there are too many.
    func add(_ channel: any Channel) -> Bool {
        guard channels.count < limit else { return false }
        let id = ObjectIdentifier(channel)
        channels[id] = channel
        channel.closeFuture.assumeIsolated().whenComplete { [weak self] _ in self?.channels[id] = nil }
        return true
    }

    /// What completes when all are closed.
    func endAll() -> [EventLoopFuture<Void>] {
        let open = Array(channels.values)
        for channel in open { channel.pipeline.fireUserInboundEventTriggered(ServerIsStopping()) }
        return open.map(\.closeFuture)
    }
}
