import LiveKitProtocol
import Runtime
import SignalTransport

/// A WebSocket of `/rtc` in the hands of the media loop, while it lives on the signalling loop.
@MediaLoop
final class SignalSocket {
    /// What the client spoke last.
    var encoding: SignalEncoding
    nonisolated private let socket: LoopConfined<WebSocket>
    nonisolated private let loop: SignalLoop

    nonisolated init(_ socket: LoopConfined<WebSocket>, on loop: SignalLoop, encoding: SignalEncoding) {
        self.socket = socket
        self.loop = loop
        self.encoding = encoding
    }

    func send(_ message: LKSignalResponse) {
        let bytes = message.wire(encoding)
        let isText = encoding == .json
        loop.execute { [socket] in
            if isText {
                socket.value.send(String(decoding: bytes, as: UTF8.self))
            } else {
                socket.value.send(bytes)
            }
        }
    }

    /// After what was sent. The code means nothing to LiveKit's clients.
    func close() {
        loop.execute { [socket] in socket.value.close(code: 1000, reason: "") }
    }
}
