import LoadGenerator
import Primitives
import RTP
import Runtime
import SDP
import SecureTransport
import Testing

@testable import MediaServer

/// A server on loopback with one room, and peers that carry packets over real sockets.
@MediaLoop
final class Scene {
    let server: MediaServer
    let router: Router
    let context: DTLSContext
    let fingerprint: Fingerprint

    init(isPassive: Bool = true) throws {
        var configuration = MediaServer.Configuration()
        configuration.port = 0
        configuration.isPassive = isPassive
        server = try MediaServer(configuration)
        router = server.makeRouter()
        let certificate = try Certificate.selfSigned()
        context = try DTLSContext(certificate: certificate)
        fingerprint = Fingerprint(sha256: certificate.fingerprint.bytes)!
    }

    func publisher() throws -> (peer: LoadPeer, transport: WebRtcTransport) {
        let peer = try LoadPeer(.publisher, context: context, fingerprint: fingerprint)
        let transport = try router.makeTransport()
        try peer.accept(try transport.answer(peer.offer()).text)
        return (peer, transport)
    }

    func subscriber() throws -> (peer: LoadPeer, transport: WebRtcTransport) {
        let peer = try LoadPeer(.subscriber, context: context, fingerprint: fingerprint)
        let transport = try router.makeTransport()
        for producer in router.producers { _ = transport.consume(producer) }
        try peer.accept(try transport.answer(peer.offer()).text)
        return (peer, transport)
    }

    deinit {}
}

/// Waits on another thread than the media loop until `condition` holds there, at most five seconds.
func eventually(_ condition: @escaping @MediaLoop @Sendable () -> Bool) async -> Bool {
    for _ in 0..<500 {
        if MediaLoop.run(condition) { return true }
        try? await Task.sleep(nanoseconds: 10_000_000)
    }
    return false
}

func audioPacket(_ sequence: UInt16, ssrc: UInt32, type: UInt8) -> [UInt8] {
    RTPPacket(
        payloadType: PayloadType(masking: type), sequence: sequence, timestamp: UInt32(sequence) * 960,
        ssrc: SSRC(ssrc), payload: [0x78, UInt8(truncatingIfNeeded: sequence), 1, 2, 3]
    ).serialised()
}

/// What a subscriber got.
final class Received: @unchecked Sendable {  // touched on the media loop only
    var sequences: [UInt16] = []
    var payloads: [[UInt8]] = []
    var sources: Set<UInt32> = []
}

struct ForwardingTests {
    @Test(arguments: [true, false])
    func soundReachesTheSubscriberUnderItsOwnNumbers(isPassive: Bool) async throws {
        let received = Received()
        let scene = try await MediaLoop.shared.make { try Scene(isPassive: isPassive) }
        let (publisher, subscriber) = try await MediaLoop.shared.make {
            let publisher = try scene.publisher().peer
            let subscriber = try scene.subscriber().peer
            subscriber.onRTP = { bytes, _ in
                guard let packet = try? RTPPacket(parsing: [UInt8](bytes)) else { return }
                received.sequences.append(packet.sequence)
                received.payloads.append(Array(packet.payload))
                received.sources.insert(packet.ssrc.value)
            }
            return (publisher, subscriber)
        }
        #expect(await eventually { publisher.isConnected && subscriber.isConnected })
        await MediaLoop.shared.perform {
            guard let (ssrc, type, _) = publisher.outgoing(.audio) else { return }
            for sequence in UInt16(500)..<520 {
                publisher.send(audioPacket(sequence, ssrc: ssrc, type: type))
                publisher.flush()
            }
        }
        #expect(await eventually { received.sequences.count == 20 })
        await MediaLoop.shared.perform {
            #expect(received.payloads.map { $0[1] } == (UInt16(500)..<520).map { UInt8(truncatingIfNeeded: $0) })
            #expect(zip(received.sequences, received.sequences.dropFirst()).allSatisfy { $0 &+ 1 == $1 })
            #expect(received.sources.count == 1)
            #expect(received.sources.first != publisher.outgoing(.audio)?.ssrc)
            scene.server.stop()
        }
    }
}

extension MediaLoop {
    /// Runs `body` on the loop.
    nonisolated func make<Result: Sendable>(
        _ body: @MediaLoop @Sendable () throws -> Result
    ) async throws -> Result {
        try await run(body)
    }

    nonisolated func perform(_ body: @MediaLoop @Sendable () -> Void) async { await run(body) }

    @MediaLoop private func run<Result: Sendable, Failure: Error>(
        _ body: @MediaLoop @Sendable () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body()
    }
}
