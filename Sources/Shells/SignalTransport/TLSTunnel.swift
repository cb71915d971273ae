import NIOCore
import NIOPosix
import NIOSSL
import Primitives
import Signalling

/// Leads TCP connections on loopback to a server over TLS, for a library that speaks a protocol without it (TURN).
package enum TLSTunnel {
    /// Tells the port on 127.0.0.1, or why there is none. The tunnel lasts as long as the loop.
    package static func open(
        loop: SignalLoop, host: String, port: UInt16, trust: TLSTrust,
        completion: @escaping @Sendable (Result<UInt16, SignalError>) -> Void
    ) {
        let place = "\(host):\(port)"
        ServerBootstrap(group: loop.eventLoop)
            .childChannelOption(.autoRead, value: false)  // nothing may be read before there is somewhere to put it
            .childChannelInitializer { inner in
                connect(loop, host: host, port: Int(port), trust: trust).flatMap { outer in
                    inner.eventLoop.makeCompletedFuture {
                        try inner.pipeline.syncOperations.addHandler(TunnelEnd(towards: outer))
                        try outer.pipeline.syncOperations.addHandler(TunnelEnd(towards: inner))
                        inner.setOption(.autoRead, value: true).whenFailure { _ in }
                        outer.setOption(.autoRead, value: true).whenFailure { _ in }
                    }
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .whenComplete { result in
                completion(
                    result.mapError { SignalError($0, reaching: place) }.flatMap { channel in
                        guard let port = channel.localAddress?.port, let number = UInt16(exactly: port) else {
                            return .failure(.cannotListen("no port for the tunnel to \(place)"))
                        }
                        return .success(number)
                    })
            }
    }

    private static func connect(
        _ loop: SignalLoop, host: String, port: Int, trust: TLSTrust
    ) -> EventLoopFuture<any Channel> {
        ClientBootstrap(group: loop.eventLoop)
            .connectTimeout(.seconds(5))
            .channelOption(.autoRead, value: false)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let isAddress = (try? SocketAddress(ipAddress: host, port: port)) != nil
                    let handler = try NIOSSLClientHandler(
                        context: try trust.context(), serverHostname: isAddress ? nil : host)
                    try channel.pipeline.syncOperations.addHandler(handler)
                }
            }
            .connect(host: host, port: port)
    }
}

/// Passes what one end reads to the other, and ends with it.
private final class TunnelEnd: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let other: any Channel

    init(towards other: any Channel) { self.other = other }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        other.write(unwrapInboundIn(data), promise: nil)
    }

    func channelReadComplete(context: ChannelHandlerContext) { other.flush() }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        // A slow side slows the other: nothing piles up here.
        other.setOption(.autoRead, value: context.channel.isWritable).whenFailure { _ in }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        other.close(promise: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}
