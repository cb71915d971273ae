import NIOCore
import NIOHTTP1
import Primitives

/// A client's one request on a connection of its own, and the answer.
final class HTTPExchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPRequestHead
    private let body: [UInt8]
    private let place: String
    private let configuration: SignalClient.Configuration
    private var succeeded: ((HTTPResponse) -> Void)?
    private var failed: ((SignalError) -> Void)?
    private var response: HTTPResponse?
    private var timer: SignalTimer?

    init(
        _ request: HTTPRequestHead, body: [UInt8], place: String, configuration: SignalClient.Configuration,
        succeeded: @escaping (HTTPResponse) -> Void, failed: @escaping (SignalError) -> Void
    ) {
        self.request = request
        self.body = body
        self.place = place
        self.configuration = configuration
        self.succeeded = succeeded
        self.failed = failed
    }

    func channelActive(context: ChannelHandlerContext) {
        timer = SignalTimer(eventLoop: context.eventLoop) { [weak self, place] in
            self?.fail(.timedOut("\(place) does not answer"), context)
        }
        timer?.schedule(after: configuration.answerTimeout)
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        if !body.isEmpty { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            response = HTTPResponse(
                status: Int(head.status.code), headers: head.headers.map { (name: $0.name, value: $0.value) })
        case .body(let part):
            guard (response?.body.count ?? 0) + part.readableBytes <= configuration.maximumBodyBytes else {
                return fail(.protocolViolation("\(place): the answer is too long"), context)
            }
            response?.body += part.readableBytesView
        case .end:
            let succeeded = succeeded
            finish(context)
            if let response { succeeded?(response) }
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

    private func fail(_ error: SignalError, _ context: ChannelHandlerContext) {
        let failed = failed
        finish(context)
        failed?(error)
    }

    private func finish(_ context: ChannelHandlerContext) {
        succeeded = nil
        failed = nil
        timer?.invalidate()
        context.close(promise: nil)
    }
}
