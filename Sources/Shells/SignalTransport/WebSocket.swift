import NIOCore
import NIOWebSocket
import Primitives
import Runtime

/// What happens on an open WebSocket. `closed` comes once, and last.
package enum WebSocketEvent: Equatable, Sendable {
    case text(String)
    case binary([UInt8])
    /// A message larger than the limit came; it was not kept.
    case oversized
    /// `code` is nil where the connection broke without a close frame.
    case closed(code: UInt16?, reason: String)
}

/// An open WebSocket (RFC 6455), one end of it. Used on its loop only; once the connection is gone, nothing happens.
package final class WebSocket {
    /// Gone with the connection. Who works on another loop may still hold the socket then.
    private weak var handler: WebSocketHandler?

    fileprivate init(_ handler: WebSocketHandler) { self.handler = handler }

    /// Sends a message; nothing where the socket is closing. A peer that does not read what it is sent is cut off.
    package func send(_ text: String) { handler?.send(.text, ByteBuffer(string: text)) }
    package func send(_ bytes: [UInt8]) { handler?.send(.binary, ByteBuffer(bytes: bytes)) }

    /// Closes after what was sent.
    package func close(code: UInt16, reason: String) { handler?.close(code: code, reason: reason) }
}

/// Limits and times of a WebSocket.
package struct WebSocketConfiguration: Sendable {
    /// Messages above it are reported as `oversized`; frames of more than four times the size end the connection.
    package var maximumMessageBytes = 64 << 10
    /// What may wait to be sent before the peer counts as not reading.
    package var maximumQueuedBytes = 1 << 20
    package var pingInterval = Duration.seconds(10)
    /// A connection on which nothing came for this long is dead.
    package var deadAfter = Duration.seconds(45)
    /// How long the other end may take to answer a close.
    package var closeTimeout = Duration.seconds(2)
    package init() {}
}

/// Makes messages of frames and answers control frames; the last handler of the channel of a WebSocket.
final class WebSocketHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    enum Role {
        case server, client
    }

    private enum State {
        case open
        /// A close frame was sent.
        case closing
        case closed
    }

    private let role: Role
    private let configuration: WebSocketConfiguration
    private var onEvent: ((WebSocketEvent) -> Void)?
    private var context: ChannelHandlerContext?
    private var state = State.open
    private var message: PartialMessage?
    private var queuedBytes = 0
    private var heardAt = Clock.now()
    private var timer: SignalTimer?

    /// A message of which not all fragments have come.
    private struct PartialMessage {
        var opcode: WebSocketOpcode
        var bytes = ByteBuffer()
        var isOversized = false
    }

    init(role: Role, configuration: WebSocketConfiguration) {
        self.role = role
        self.configuration = configuration
    }

    /// Adds the handlers of a WebSocket at the end of a pipeline, and says who hears of its events.
    static func install(
        on channel: any Channel, role: Role, configuration: WebSocketConfiguration,
        open: (WebSocket) -> (WebSocketEvent) -> Void
    ) throws {
        let handler = WebSocketHandler(role: role, configuration: configuration)
        let decoder = WebSocketFrameDecoder(maxFrameSize: 4 * configuration.maximumMessageBytes)
        try channel.pipeline.syncOperations.addHandlers([
            WebSocketFrameEncoder(), ByteToMessageHandler(decoder), handler,
        ])
        handler.onEvent = open(WebSocket(handler))
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        timer = SignalTimer(eventLoop: context.eventLoop) { [weak self] in self?.handleTimer() }
        timer?.schedule(after: configuration.pingInterval)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        finish(code: nil, reason: "the connection was lost")
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        finish(code: nil, reason: "the connection was lost")
        context.fireChannelInactive()
    }

    /// The last event; what the listener holds is let go.
    private func finish(code: UInt16?, reason: String) {
        guard state != .closed else { return }
        state = .closed
        timer?.invalidate()
        timer = nil
        let listener = onEvent
        onEvent = nil
        listener?(.closed(code: code, reason: reason))
    }
}

// MARK: - Sending

extension WebSocketHandler {
    func send(_ opcode: WebSocketOpcode, _ bytes: ByteBuffer) {
        guard state == .open, let context else { return }
        let size = bytes.readableBytes
        guard queuedBytes + size <= configuration.maximumQueuedBytes else {
            finish(code: nil, reason: "the other end does not read what it is sent")
            context.close(promise: nil)
            return
        }
        queuedBytes += size
        let promise = context.eventLoop.makePromise(of: Void.self)
        promise.futureResult.assumeIsolated().whenComplete { [weak self] _ in self?.queuedBytes -= size }
        write(opcode, bytes, promise)
    }

    private func write(_ opcode: WebSocketOpcode, _ bytes: ByteBuffer, _ promise: EventLoopPromise<Void>? = nil) {
        guard let context else { return }
        // RFC 6455 §5.3: a client masks with a key that cannot be foreseen.
        let frame = WebSocketFrame(
            fin: true, opcode: opcode, maskKey: role == .client ? .random() : nil, data: bytes)
        context.writeAndFlush(wrapOutboundOut(frame), promise: promise)
    }

    func close(code: UInt16, reason: String) {
        guard state == .open else { return }
        state = .closing
        writeClose(code: code, reason: reason)
        timer?.schedule(after: configuration.closeTimeout)
    }

    private func writeClose(code: UInt16?, reason: String) {
        var payload = ByteBuffer()
        if let code {
            payload.writeInteger(code)
            payload.writeBytes(closeReason(reason))
        }
        write(.connectionClose, payload)
    }

    /// RFC 6455 §5.5: a control frame holds 125 bytes, two of which are the code. Cut between characters.
    private func closeReason(_ reason: String) -> [UInt8] {
        var reason = Substring(reason)
        while reason.utf8.count > 123 { reason.removeLast() }
        return Array(reason.utf8)
    }

    private func handleTimer() {
        guard let context else { return }
        if state == .closing || Clock.now() - heardAt >= configuration.deadAfter {
            finish(code: nil, reason: "nothing was heard of the other end for too long")
            context.close(promise: nil)
        } else {
            write(.ping, ByteBuffer())
            timer?.schedule(after: configuration.pingInterval)
        }
    }
}

// MARK: - Receiving

extension WebSocketHandler {
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        guard state != .closed else { return }
        heardAt = Clock.now()
        let isMasked = frame.maskKey != nil
        guard isMasked == (role == .server), !frame.rsv1, !frame.rsv2, !frame.rsv3 else {
            fail(.protocolError, "frames are masked by clients only, and there are no extensions")
            return
        }
        switch frame.opcode {
        case .text, .binary: receiveFirst(frame)
        case .continuation: receiveNext(frame)
        case .ping: if state == .open { write(.pong, frame.unmaskedData) }
        case .pong: break
        case .connectionClose: receiveClose(frame.unmaskedData)
        default: fail(.protocolError, "this opcode has no meaning")
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch error {
        case NIOWebSocketError.invalidFrameLength: fail(.messageTooLarge, "the frame is too large")
        case is NIOWebSocketError: fail(.protocolError, "the control frame is malformed")
        case is ByteToMessageDecoderError: break  // more came behind what was already refused
        default:
            finish(code: nil, reason: SignalError(error, reaching: "the other end").message)
            context.close(promise: nil)
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ServerIsStopping { close(code: 1001, reason: "the server is stopping") }
        context.fireUserInboundEventTriggered(event)
    }

    private func receiveFirst(_ frame: WebSocketFrame) {
        guard message == nil else { return fail(.protocolError, "the message before is not complete") }
        message = PartialMessage(opcode: frame.opcode)
        append(frame)
    }

    private func receiveNext(_ frame: WebSocketFrame) {
        guard message != nil else { return fail(.protocolError, "there is nothing to continue") }
        append(frame)
    }

    private func append(_ frame: WebSocketFrame) {
        guard var partial = message else { return }
        // Taken out while it grows, so that its buffer is not copied.
        message = nil
        if partial.bytes.readableBytes + frame.length > configuration.maximumMessageBytes {
            partial.isOversized = true
            partial.bytes.clear()
        }
        if !partial.isOversized {
            var data = frame.unmaskedData
            if partial.bytes.readableBytes == 0 { partial.bytes = data } else { partial.bytes.writeBuffer(&data) }
        }
        if frame.fin { deliver(partial) } else { message = partial }
    }

    private func deliver(_ message: PartialMessage) {
        guard state == .open else { return }
        if message.isOversized {
            onEvent?(.oversized)
        } else if message.opcode == .binary {
            onEvent?(.binary(Array(message.bytes.readableBytesView)))
        } else if let text = String(validating: message.bytes.readableBytesView, as: UTF8.self) {
            onEvent?(.text(text))
        } else {
            fail(.dataInconsistentWithMessage, "the text is not UTF-8")
        }
    }

    private func receiveClose(_ payload: ByteBuffer) {
        var payload = payload
        let length = payload.readableBytes
        let code: UInt16? = payload.readInteger()
        let reason = payload.readString(length: payload.readableBytes) ?? ""
        if state == .open {
            // RFC 6455 §5.5.1: the answer carries the code that came.
            let isSensible =
                length == 0 || code.map { 1000...1003 ~= $0 || 1007...1014 ~= $0 || 3000...4999 ~= $0 } ?? false
            writeClose(code: isSensible ? code : 1002, reason: "")
        }
        finish(code: code, reason: reason)
        context?.close(promise: nil)
    }

    /// RFC 6455 §7.1.7: says why, and closes without waiting for the answer.
    private func fail(_ code: WebSocketErrorCode, _ reason: String) {
        guard state != .closed, let context else { return }
        let number = UInt16(webSocketErrorCode: code)
        if state == .open { writeClose(code: number, reason: reason) }
        finish(code: number, reason: reason)
        context.channel.closeGently()
    }
}

/// Told to every connection of a server that stops.
struct ServerIsStopping: Sendable {}
