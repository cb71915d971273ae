import Primitives
import SignalTransport
import Signalling
import Testing

@testable import Server

/// A WebSocket made by hand, to say what no library would.
private final class RawWebSocket {
    let connection: RawConnection
    private var buffer: [UInt8] = []

    init(_ server: TestServer, together frames: [UInt8] = []) {
        connection = RawConnection(port: server.address.port)
        let token = server.server.mintToken(for: demo, identity: "raw", name: "raw")
        connection.send(Array(webSocketRequest(token: token).utf8) + frames)
        while !String(decoding: buffer, as: UTF8.self).contains("\r\n\r\n"), let more = connection.receive() {
            buffer += more
        }
        let text = String(decoding: buffer, as: UTF8.self)
        // The accept value of RFC 6455 §1.3 for its sample nonce.
        #expect(text.hasPrefix("HTTP/1.1 101 ") && text.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="))
        let end = Array("\r\n\r\n".utf8)
        let start = buffer.indices.first { buffer[$0...].starts(with: end) } ?? 0
        buffer.removeFirst(start + 4)
    }

    /// The opcode and payload of the next frame (unmasked, unfragmented), or nil at the end.
    func frame() -> (UInt8, [UInt8])? {
        while true {
            if buffer.count >= 2 {
                let length = Int(buffer[1])
                let (header, size) =
                    length < 126
                    ? (2, length) : (4, buffer.count >= 4 ? Int(buffer[2]) << 8 | Int(buffer[3]) : .max / 2)
                if buffer.count >= header + size {
                    let frame = (buffer[0] & 15, Array(buffer[header..<header + size]))
                    buffer.removeFirst(header + size)
                    return frame
                }
            }
            guard let more = connection.receive() else { return nil }
            buffer += more
        }
    }

    /// The code of the close frame that comes, whatever comes before.
    func closeCode() -> Int? {
        while let (opcode, payload) = frame() {
            if opcode == 8 { return payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 0 }
        }
        return nil
    }
}

/// A frame as a client sends it, masked with zeros.
private func frame(_ opcode: UInt8, _ payload: [UInt8], fin: Bool = true, masked: Bool = true, rsv: UInt8 = 0)
    -> [UInt8]
{
    var bytes = [(fin ? 0x80 : 0) | rsv | opcode]
    let mask: UInt8 = masked ? 0x80 : 0
    if payload.count < 126 {
        bytes.append(mask | UInt8(payload.count))
    } else {
        bytes.append(mask | 126)
        bytes.appendU16(UInt16(payload.count))
    }
    return bytes + (masked ? [0, 0, 0, 0] : []) + payload
}

private let ping = Array(#"{"type":"ping"}"#.utf8)
private let pong = Array(#"{"type":"pong"}"#.utf8)

@Suite struct WebSocketTests {
    @Test func framesThatComeWithTheHandshakeAreHeard() throws {
        let server = try TestServer()
        defer { server.stop() }
        let socket = RawWebSocket(server, together: frame(1, ping))
        #expect(socket.frame()?.0 == 1)
        #expect(socket.frame()?.1 == pong)
    }

    @Test func fragmentsAreJoinedAndPingsMayComeBetween() throws {
        let server = try TestServer()
        defer { server.stop() }
        let socket = RawWebSocket(server)
        #expect(socket.frame()?.0 == 1)
        socket.connection.send(
            frame(1, Array(ping.prefix(4)), fin: false) + frame(9, [7]) + frame(0, Array(ping.dropFirst(4))))
        let answer = socket.frame()
        #expect(answer?.0 == 10 && answer?.1 == [7])
        #expect(socket.frame()?.1 == pong)
    }

    @Test func manyFragmentsOfATooLargeMessageAreNotKept() throws {
        let server = try TestServer()
        defer { server.stop() }
        let socket = RawWebSocket(server)
        #expect(socket.frame()?.0 == 1)
        socket.connection.send(frame(1, [0x20], fin: false))
        for _ in 0..<5 { socket.connection.send(frame(0, Array(repeating: 0x20, count: 30_000), fin: false)) }
        socket.connection.send(frame(0, [0x20]) + frame(1, ping))
        let error = socket.frame().map { String(decoding: $0.1, as: UTF8.self) } ?? ""
        #expect(error.contains("too-large"))
        #expect(socket.frame()?.1 == pong)
    }

    @Test(
        arguments: [
            ("unmasked", frame(1, ping, masked: false), 1002), ("reserved bit", frame(1, ping, rsv: 0x40), 1002),
            ("unknown opcode", frame(3, []), 1002), ("nothing to continue", frame(0, []), 1002),
            ("second start", frame(1, [], fin: false) + frame(1, []), 1002),
            ("fragmented ping", frame(9, [], fin: false), 1002),
            ("long ping", frame(9, Array(repeating: 0, count: 126)), 1002), ("not UTF-8", frame(1, [0xff]), 1007),
            ("close without reason", frame(8, []), 0), ("close", frame(8, [0x03, 0xe8]), 1000),
            ("close with half a code", frame(8, [3]), 1002),
            ("close with a code for nobody", frame(8, [0x03, 0xed]), 1002),
            ("length of 2^63", [0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0], 1009),
            ("frame of a mebibyte", [0x81, 0xff, 0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0], 1009),
        ] as [(String, [UInt8], Int)])
    func violationsEndTheConnection(name: String, bytes: [UInt8], code: Int) throws {
        let server = try TestServer()
        defer { server.stop() }
        let socket = RawWebSocket(server)
        socket.connection.send(bytes)
        #expect(socket.closeCode() == code)
        #expect(socket.connection.isClosed(within: 3))
    }

    @Test func randomBytesDoNoHarm() throws {
        let server = try TestServer()
        defer { server.stop() }
        var random = SeededGenerator(seed: 3)
        for _ in 0..<30 {
            let socket = RawWebSocket(server)
            socket.connection.send((0..<300).map { _ in UInt8.random(in: 0...255, using: &random) })
        }
        #expect(RawWebSocket(server).frame()?.0 == 1)
    }
}
