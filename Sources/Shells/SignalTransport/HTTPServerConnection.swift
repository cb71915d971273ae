import NIOCore
import NIOHTTP1
import NIOWebSocket
import Primitives
import Runtime

/// One connection of the server: collects requests, writes answers, and hands over to a WebSocket.
///
/// NIO's own upgrade handlers swallow a request whose upgrade they refuse, so the handshake is made here: every request
/// gets an answer, whatever it asked to become.
final class HTTPServerConnection: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case idle
        case receiving(HTTPRequestHead, body: ByteBuffer)
        /// The answer comes later; parts of further requests wait for it.
        case waiting(backlog: [HTTPServerRequestPart])
        /// The last answer was given; what still comes is not looked at.
        case done
    }

    /// Requests that are sent before the answer to the one in front of them: few, and short ones.
    private static let backlogLimit = 64

    private let configuration: HTTPServer.Configuration
    private let service: any HTTPService
    private var state = State.idle
    private var timer: SignalTimer?
    /// The handlers that go when a WebSocket comes.
    var codec: (encoder: HTTPResponseEncoder, decoder: ByteToMessageHandler<HTTPRequestDecoder>)?

    init(configuration: HTTPServer.Configuration, service: any HTTPService) {
        self.configuration = configuration
        self.service = service
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        timer = SignalTimer(eventLoop: context.eventLoop) { channel.close(promise: nil) }
        timer?.schedule(after: configuration.firstRequestTimeout)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.invalidate()
        timer = nil
        codec = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (_, .done): break
        case (let part, .waiting(var backlog)):
            state = .idle
            guard backlog.count < Self.backlogLimit else {
                state = .done
                return context.close(promise: nil)
            }
            backlog.append(part)
            state = .waiting(backlog: backlog)
        case (.head(let head), _): receive(head, context)
        case (.body(var part), .receiving(let head, var body)):
            state = .idle  // so that the buffer is not copied as it grows
            guard body.readableBytes + part.readableBytes <= configuration.maximumBodyBytes else {
                return refuse(.payloadTooLarge, context)
            }
            body.writeBuffer(&part)
            state = .receiving(head, body: body)
        case (.end, .receiving(let head, let body)):
            state = .idle
            answer(head, body, context)
        case (.body, .idle), (.end, .idle): break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case HTTPParserError.headerOverflow: refuse(.requestHeaderFieldsTooLarge, context)
        case is HTTPParserError: refuse(.badRequest, context)
        case is ByteToMessageDecoderError: break  // more came behind what was already refused
        default: context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerIsStopping || event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    private func receive(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        // A client that asks again and again without reading the answers would fill our memory with them.
        guard context.channel.isWritable else {
            state = .done
            context.close(promise: nil)
            return
        }
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        guard length <= configuration.maximumBodyBytes else { return refuse(.payloadTooLarge, context) }
        state = .receiving(head, body: ByteBuffer())
        if length > 0, head.headers[canonicalForm: "expect"].contains(where: { $0.lowercased() == "100-continue" }) {
            context.writeAndFlush(wrapOutboundOut(.head(.init(version: head.version, status: .continue))), promise: nil)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ body: ByteBuffer, _ context: ChannelHandlerContext) {
        timer?.schedule(after: configuration.nextRequestTimeout)
        let request = HTTPRequest(head, body, of: context.channel, isSecure: configuration.identity != nil)
        switch service.respond(to: request) {
        case .response(let response):
            // The decoder stops at a request that asks for another protocol, granted or not.
            let isLast = !head.isKeepAlive || head.headers.contains(name: "upgrade") || head.method == .CONNECT
            write(response, isLast: isLast, withBody: head.method != .HEAD, context)
        case .webSocket(let acceptance): accept(request, acceptance, context)
        case .later(let begin): wait(for: begin, head, context)
        }
    }

    private func wait(
        for begin: (@escaping @Sendable (HTTPResponse) -> Void) -> Void, _ head: HTTPRequestHead,
        _ context: ChannelHandlerContext
    ) {
        state = .waiting(backlog: [])
        let eventLoop = context.eventLoop
        let bound = NIOLoopBound((self, context), eventLoop: eventLoop)
        begin { response in
            eventLoop.execute {
                let (connection, context) = bound.value
                connection.finishWaiting(response, head, context)
            }
        }
    }

    private func finishWaiting(_ response: HTTPResponse, _ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        guard case .waiting(let backlog) = state, context.channel.isActive else { return }
        state = .idle
        write(response, isLast: !head.isKeepAlive, withBody: head.method != .HEAD, context)
        for part in backlog { channelRead(context: context, data: wrapInboundOutAsIn(part)) }
    }

    private func wrapInboundOutAsIn(_ part: HTTPServerRequestPart) -> NIOAny { NIOAny(part) }

    private func refuse(_ status: HTTPResponseStatus, _ context: ChannelHandlerContext) {
        if case .done = state { return }
        write(HTTPResponse(status: Int(status.code)), isLast: true, withBody: true, context)
    }

    private func write(_ response: HTTPResponse, isLast: Bool, withBody: Bool, _ context: ChannelHandlerContext) {
        var headers = HTTPHeaders(response.headers.map { ($0.name, $0.value) })
        if response.status != 204 { headers.replaceOrAdd(name: "Content-Length", value: String(response.body.count)) }
        if isLast { headers.replaceOrAdd(name: "Connection", value: "close") }
        let head = HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: response.status), headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if withBody, !response.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: response.body)))), promise: nil)
        }
        guard isLast else {
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            return
        }
        state = .done
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.channel.closeGently()
    }
}

// MARK: - WebSocket

extension HTTPServerConnection {
    private func accept(
        _ request: HTTPRequest, _ acceptance: WebSocketAcceptance, _ context: ChannelHandlerContext
    ) {
        guard request.header("sec-websocket-version") == "13" else {
            let headers = [(name: "Sec-WebSocket-Version", value: "13")]  // RFC 6455 §4.4
            return write(HTTPResponse(status: 426, headers: headers), isLast: true, withBody: true, context)
        }
        guard let key = request.header("sec-websocket-key"), key.utf8.count == 24 else {
            return refuse(.badRequest, context)
        }
        state = .done
        timer?.invalidate()
        var headers = HTTPHeaders([
            ("Upgrade", "websocket"), ("Connection", "Upgrade"),
            ("Sec-WebSocket-Accept", Digest.webSocketAccept(key: key)),
        ])
        if let subprotocol = acceptance.subprotocol { headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        becomeWebSocket(acceptance, context)
    }

    /// The decoder goes last: what it holds of the first frames, it hands to the handlers behind it.
    private func becomeWebSocket(_ acceptance: WebSocketAcceptance, _ context: ChannelHandlerContext) {
        guard let codec else { return }
        let channel = context.channel
        let pipeline = channel.pipeline.syncOperations
        do {
            pipeline.removeHandler(codec.encoder, promise: nil)
            try WebSocketHandler.install(
                on: channel, role: .server, configuration: acceptance.configuration, open: acceptance.open)
            pipeline.removeHandler(self, promise: nil)
            pipeline.removeHandler(codec.decoder, promise: nil)
        } catch {
            channel.close(promise: nil)
        }
    }
}

extension HTTPRequest {
    fileprivate init(_ head: HTTPRequestHead, _ body: ByteBuffer, of channel: any Channel, isSecure: Bool) {
        let parts = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.init(
            method: head.method.rawValue, path: String(parts.first ?? ""),
            query: parts.count == 2 ? PercentEncoding.query(parts[1]) : [:],
            headers: head.headers.map { (name: $0.name, value: $0.value) }, body: Array(body.readableBytesView),
            isSecure: isSecure, remoteAddress: channel.remoteAddress?.ipAddress ?? "")
    }
}
