import Glibc
import LoadGenerator
import MediaSockets
import Primitives
import Runtime
import STUN
import SecureTransport
import Testing

@testable import MediaServer

/// Somebody who was never told a password.
@MediaLoop
private final class Stranger {
    private(set) var answers = 0
    private var socket: DatagramSocket?
    private let server: TransportAddress

    init(port: UInt16) throws {
        server = TransportAddress("127.0.0.1", port: port)!
        socket = try DatagramSocket(local: TransportAddress("127.0.0.1", port: 0)!) { [weak self] _, _ in
            self?.answers += 1
        }
    }

    func send(_ bytes: [UInt8]) {
        socket?.send(bytes, to: server)
        socket?.flush()
    }

    func check(name: String, password: String) {
        var request = STUNWriter(.request, transaction: secureRandom(12))
        request.addUsername(name)
        request.addRole(isControlling: true, tieBreaker: 1)
        send(request.finish { HMAC.sha1(key: Array(password.utf8), message: $0) })
    }
}

struct HostileTests {
    @Test func strangersAreCountedAndNotAnswered() async throws {
        let scene = try await MediaLoop.shared.make { try Scene() }
        let (publisher, stranger, ufrag) = try await MediaLoop.shared.make {
            let publisher = try scene.publisher()
            let stranger = try Stranger(port: scene.server.port)
            return (publisher.peer, stranger, publisher.transport.localCredentials?.ufrag ?? "")
        }
        #expect(await eventually { publisher.isConnected })
        await MediaLoop.shared.perform {
            for _ in 0..<100 {
                stranger.check(name: "nobody:me", password: "guessed-guessed-guessed")
                stranger.check(name: "\(ufrag):me", password: "guessed-guessed-guessed")
                stranger.send([22, 0xfe, 0xfd] + [UInt8](repeating: 1, count: 200))  // a DTLS record
                stranger.send([0x80, 96] + [UInt8](repeating: 1, count: 60))
                stranger.send([0, 1, 0, 0])
                stranger.send([250, 1, 2])
            }
        }
        #expect(
            await eventually {
                let counters = scene.server.counters
                return counters.badChecks == 300 && counters.strangersHandshakes == 100
                    && counters.strangersMedia == 100 && counters.unknown == 100
            })
        await MediaLoop.shared.perform {
            #expect(stranger.answers == 0)
            #expect(publisher.isConnected)
            scene.server.stop()
        }
    }

    @Test func aHandshakeNeedsACheckFirst() async throws {
        let scene = try await MediaLoop.shared.make { try Scene() }
        let stranger = try await MediaLoop.shared.make {
            let stranger = try Stranger(port: scene.server.port)
            let peer = try scene.publisher()
            guard let credentials = peer.transport.localCredentials, let remote = peer.transport.remoteUfrag else {
                return stranger
            }
            // The right name and password make an address known, whoever sends from it.
            stranger.check(name: "\(credentials.ufrag):\(remote)", password: credentials.password)
            return stranger
        }
        #expect(await eventually { stranger.answers == 1 })
        await MediaLoop.shared.perform { scene.server.stop() }
    }

    @Test func garbageFromAKnownAddressEndsNothing() async throws {
        let scene = try await MediaLoop.shared.make { try Scene() }
        let (publisher, transport) = try await MediaLoop.shared.make { try scene.publisher() }
        #expect(await eventually { publisher.isConnected && transport.state == .connected })
        await MediaLoop.shared.perform {
            var random = SeededGenerator(seed: 11)
            for _ in 0..<500 {
                // Sealed with the right keys, so that it reaches the parsers behind them.
                let count = Int.random(in: 12...300, using: &random)
                var packet = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
                packet[0] = 0x80 | packet[0] & 0x3f
                publisher.send(packet)
                publisher.flush()
            }
        }
        #expect(await eventually { transport.counters.packetsReceived > 0 })
        await MediaLoop.shared.perform {
            #expect(transport.state == .connected)
            scene.server.stop()
        }
    }
}

/// A TCP connection of a test's own, which is never read.
private func connectWithoutReading(to port: UInt16) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let status = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
    guard status == 0 else { throw SocketError.cannotBind("connect") }
    return descriptor
}

/// The server's end of a connection; touched on the media loop only.
@MediaLoop
private final class Listening {
    var listener: FramedListener?
    var connection: FramedConnection?
    var hasEnded = false

    init(port: UInt16) throws {
        listener = try FramedListener(local: TransportAddress("127.0.0.1", port: port)!) {
            [weak self] listener, descriptor, peer in
            self?.connection = listener.connection(descriptor, peer: peer) { [weak self] _, event in
                if case .closed = event { self?.hasEnded = true }
            }
        }
    }
}

struct SlowReaderTests {
    @Test func whoDoesNotReadLosesPacketsAndHoldsUpNobody() async throws {
        let port = UInt16.random(in: 20_000...29_000)
        let listening = try await MediaLoop.shared.make { try Listening(port: port) }
        let descriptor = try connectWithoutReading(to: port)
        #expect(await eventually { listening.connection != nil })
        await MediaLoop.shared.perform {
            let packet = [UInt8](repeating: 7, count: 1_200)
            // More than the kernel and the queue hold, without a pause.
            let taken = (0..<20_000).count { _ in
                packet.withUnsafeBytes { listening.connection?.send($0) ?? false }
            }
            #expect(taken < 20_000 && listening.connection?.dropped == 20_000 - taken)
            #expect(!listening.hasEnded)
        }
        close(descriptor)
        #expect(await eventually { listening.hasEnded })
        await MediaLoop.shared.perform { listening.listener?.close() }
    }
}

struct LifeTests {
    @Test func whatIsClosedIsForgotten() async throws {
        let scene = try await MediaLoop.shared.make { try Scene() }
        for _ in 0..<5 {
            let (publisher, subscriber) = try await MediaLoop.shared.make {
                (try scene.publisher(), try scene.subscriber())
            }
            #expect(await eventually { publisher.peer.isConnected && subscriber.peer.isConnected })
            await MediaLoop.shared.perform {
                subscriber.transport.close()
                publisher.transport.close()
                publisher.peer.close()
                subscriber.peer.close()
            }
        }
        await MediaLoop.shared.perform {
            #expect(scene.router.producers.isEmpty && scene.router.transports.isEmpty)
            scene.server.stop()
        }
    }

    @Test func aSubscriberOutlivesThePublisher() async throws {
        let scene = try await MediaLoop.shared.make { try Scene() }
        let (publisher, subscriber) = try await MediaLoop.shared.make {
            (try scene.publisher(), try scene.subscriber())
        }
        #expect(await eventually { publisher.peer.isConnected && subscriber.peer.isConnected })
        await MediaLoop.shared.perform {
            publisher.transport.close()
            // What happens by itself a moment later, and what the subscriber asks for.
            subscriber.transport.allocate()
            for consumer in subscriber.transport.consumers {
                consumer.requestKeyFrame()
                consumer.pause()
                consumer.resume()
            }
        }
        let next = try await MediaLoop.shared.make { try scene.publisher() }
        #expect(await eventually { next.peer.isConnected })
        await MediaLoop.shared.perform {
            for consumer in subscriber.transport.consumers {
                guard let producer = next.transport.producers.first(where: { $0.kind == consumer.kind }) else {
                    continue
                }
                consumer.switchTo(producer)
                #expect(consumer.producer === producer && producer.consumers.count == 1)
            }
            scene.server.stop()
        }
    }

    @Test func aPeersGoodbyeEndsItsTransport() async throws {
        let scene = try await MediaLoop.shared.make { try Scene() }
        let (peer, transport) = try await MediaLoop.shared.make { try scene.publisher() }
        #expect(await eventually { peer.isConnected && transport.state == .connected })
        await MediaLoop.shared.perform { peer.close() }
        #expect(await eventually { transport.state == .closed && scene.router.producers.isEmpty })
        await MediaLoop.shared.perform { scene.server.stop() }
    }
}
