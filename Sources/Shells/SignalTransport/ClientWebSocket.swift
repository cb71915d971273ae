import NIOCore
import NIOHTTP1
import Primitives

/// A WebSocket that this process opened, in the hands of any thread.
package final class ClientWebSocket: Sendable {
    package enum Event: Equatable, Sendable {
        case open(subprotocol: String?)
        case text(String)
        case binary([UInt8])
        /// `code` is nil where there was no close frame.
        case closed(code: UInt16?, reason: String)
        /// It was never open.
        case failed(SignalError)
    }

    private enum State {
        case connecting
        case handshaking(any Channel)
        case open(WebSocket)
        /// `close` was called before it was open.
        case cancelled
        case ended
    }

    private let loop: SignalLoop
    private let listener: @Sendable (Event) -> Void
    private let state: NIOLoopBoundBox<State?>

    init(loop: SignalLoop, listener: @escaping @Sendable (Event) -> Void) {
        self.loop = loop
        self.listener = listener
        state = .makeEmptyBox(valueType: State.self, eventLoop: loop.eventLoop)
    }

    /// Sends a message; nothing where the socket is not open.
    package func send(_ text: String) {
        loop.execute { [self] in
            if case .open(let socket) = state.value { socket.send(text) }
        }
    }

    package func send(_ bytes: [UInt8]) {
        loop.execute { [self] in
            if case .open(let socket) = state.value { socket.send(bytes) }
        }
    }

    /// Closes after what was sent. `closed` is still told.
    package func close(code: UInt16 = 1000, reason: String = "") {
        loop.execute { [self] in
            switch state.value ?? .connecting {
            case .open(let socket): socket.close(code: code, reason: reason)
            case .handshaking(let channel):
                state.value = .cancelled
                channel.close(promise: nil)
            case .connecting: state.value = .cancelled
            case .cancelled, .ended: break
            }
        }
    }

    // MARK: What the connection tells, on the loop

    /// False where nobody wants it any more.
    func handshakeBegins(on channel: any Channel) -> Bool {
        guard case .connecting = state.value ?? .connecting else { return false }
        state.value = .handshaking(channel)
        return true
    }

    func opened(_ socket: WebSocket, subprotocol: String?) {
        state.value = .open(socket)
        listener(.open(subprotocol: subprotocol))
    }

    func handle(_ event: WebSocketEvent) {
        switch event {
        case .text(let text): listener(.text(text))
        case .binary(let bytes): listener(.binary(bytes))
        case .oversized: break  // the limit is far above what a server has to say
        case .closed(let code, let reason): end(.closed(code: code, reason: reason))
        }
    }

    func fail(_ error: SignalError) {
        if case .cancelled = state.value {
            end(.closed(code: nil, reason: "closed before it was open"))
        } else {
            end(.failed(error))
        }
    }

    private func end(_ event: Event) {
        if case .ended = state.value { return }
        state.value = .ended
        listener(event)
    }
}

/// The opening handshake of a client (RFC 6455 §4.1).
final class WebSocketHandshake: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private var request: HTTPRequestHead
    private let key: String
    private let subprotocol: String?
    private let place: String
    private let configuration: SignalClient.Configuration
    private let socket: ClientWebSocket
    private var failed: ((SignalError) -> Void)?
    private var response: HTTPResponseHead?
    private var refusal = ByteBuffer()
    /// Bytes of frames that came before there is anyone to read them; nil at other times.
    private var early: [NIOAny]?
    private var timer: SignalTimer?
    private var codec: (encoder: HTTPRequestEncoder, decoder: ByteToMessageHandler<HTTPResponseDecoder>)?

    init(
        _ request: HTTPRequestHead, subprotocol: String?, place: String, configuration: SignalClient.Configuration,
        socket: ClientWebSocket, failed: @escaping (SignalError) -> Void
    ) {
        self.subprotocol = subprotocol
        self.place = place
        self.configuration = configuration
        self.socket = socket
        self.failed = failed
        // 16 random bytes; they only have to differ from those of other requests.
        key = Digest.base64((0..<16).map { _ in UInt8.random(in: 0...255) })
        self.request = request
        let fields = [
            ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Version", "13"),
            ("Sec-WebSocket-Key", key),
        ]
        self.request.headers.add(contentsOf: fields)
        if let subprotocol { self.request.headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
    }

    func install(on channel: any Channel) throws {
        guard socket.handshakeBegins(on: channel) else { throw ChannelError.eof }
        let encoder = HTTPRequestEncoder()
        let decoder = ByteToMessageHandler(HTTPResponseDecoder(leftOverBytesStrategy: .forwardBytes))
        codec = (encoder, decoder)
        try channel.pipeline.syncOperations.addHandlers([encoder, decoder, self])
    }

    func channelActive(context: ChannelHandlerContext) {
        timer = SignalTimer(eventLoop: context.eventLoop) { [weak self, place] in
            self?.fail(.timedOut("\(place) does not answer"), context)
        }
        timer?.schedule(after: configuration.answerTimeout)
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if early != nil {
            early?.append(data)
            return
        }
        guard failed != nil else { return }
        switch unwrapInboundIn(data) {
        case .head(let head): response = head
        case .body(var part): if refusal.readableBytes < 4_096 { refusal.writeBuffer(&part) }
        case .end: finish(context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        let isHTTP = error is HTTPParserError
        fail(isHTTP ? .protocolViolation("\(place) does not speak HTTP") : .init(error, reaching: place), context)
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(.unreachable("\(place) closed the connection"), context)
        context.fireChannelInactive()
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard let response else { return }
        guard response.status == .switchingProtocols else {
            let answer = HTTPResponse(
                status: Int(response.status.code), headers: response.headers.map { ($0.name, $0.value) },
                body: Array(refusal.readableBytesView))
            return fail(.refused(status: answer.status, "\(place): \(answer.explanation)"), context)
        }
        let chosen = response.headers.first(name: "sec-websocket-protocol")
        guard response.headers.first(name: "sec-websocket-accept") == Digest.webSocketAccept(key: key),
            response.headers.first(name: "upgrade")?.lowercased() == "websocket",
            chosen == nil || chosen == subprotocol
        else {
            return fail(.protocolViolation("\(place) does not speak WebSocket"), context)
        }
        open(subprotocol: chosen, context)
    }

    /// The HTTP decoder watches what is written for as long as it is there, and takes a tick to leave: frames that came
    /// right behind the answer wait for that, because answering one of them would meet it.
    private func open(subprotocol: String?, _ context: ChannelHandlerContext) {
        guard let codec else { return }
        failed = nil
        timer?.invalidate()
        early = []
        let pipeline = context.channel.pipeline.syncOperations
        pipeline.removeHandler(codec.encoder, promise: nil)
        // It fails where the connection is gone by now, and then so does what comes next.
        pipeline.removeHandler(codec.decoder).assumeIsolated().whenComplete { [self] _ in
            install(subprotocol: subprotocol, context)
        }
    }

    private func install(subprotocol: String?, _ context: ChannelHandlerContext) {
        let frames = early ?? []
        early = nil
        do {
            try WebSocketHandler.install(
                on: context.channel, role: .client, configuration: configuration.webSocket
            ) { [socket] webSocket in
                socket.opened(webSocket, subprotocol: subprotocol)
                return { socket.handle($0) }
            }
            for frame in frames { context.fireChannelRead(frame) }
            context.fireChannelReadComplete()
        } catch {
            socket.fail(.unreachable("\(place) closed the connection"))
            context.close(promise: nil)
        }
        context.channel.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    private func fail(_ error: SignalError, _ context: ChannelHandlerContext) {
        guard let failed else { return }
        self.failed = nil
        timer?.invalidate()
        context.close(promise: nil)
        failed(error)
    }
}
