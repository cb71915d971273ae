import Glibc
import PeerSession
import Primitives
import Runtime
import SDP
import Signalling
import Testing

@testable import ICE
@testable import Peering

@CallLoop
struct FaultTests {
    /// The man in the middle can put his fingerprint into neither description.
    @Test(arguments: [Call.Side.left, .right])
    func aWrongFingerprintEndsInFailure(liar: Call.Side) async throws {
        let call = try Call()
        defer { call.close() }
        call.relay = { signal, side in
            guard side == liar, case .description(let description) = signal else { return [signal] }
            return [.description(.init(type: description.type, sdp: Self.withOtherFingerprint(description.sdp)))]
        }
        call.start()
        try await call.expect("both sides fail") { !call.left.failures.isEmpty && !call.right.failures.isEmpty }
        #expect(call[liar.other].failures[0].contains("certificate"))
        for party in [call.left!, call.right!] {
            #expect(!party.isConnected && !party.channelIsOpen)
            #expect(party.failures.count == 1)
            #expect(party.connection.transport.srtp == nil)
            party.sendAudio()
            #expect(party.audio.isEmpty && party.frames.isEmpty && party.texts.isEmpty)
        }
    }

    private static func withOtherFingerprint(_ sdp: String) -> String {
        let zeros = Array(repeating: "00", count: 32).joined(separator: ":")
        return sdp.split(separator: "\r\n", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("a=fingerprint:") ? "a=fingerprint:sha-256 \(zeros)" : String($0) }
            .joined(separator: "\r\n")
    }

    /// A datagram of a validated address, and the counter it is to raise.
    struct Garbage: Sendable {
        let bytes: [UInt8]
        let counter: @Sendable (PeerTransport.Drops) -> Int
    }

    @Test(arguments: [
        Garbage(bytes: [], counter: \.unknownKind), Garbage(bytes: [0], counter: \.unknownKind),
        Garbage(bytes: [255, 1, 2, 3], counter: \.unknownKind),
        Garbage(bytes: [0x40, 0, 0, 0], counter: \.unknownKind),
        Garbage(bytes: [UInt8](repeating: 0, count: 1_500), counter: \.unknownKind),
        Garbage(bytes: [0x80, 111], counter: \.unauthentic),
        Garbage(bytes: [0x80, 111] + [UInt8](repeating: 3, count: 100), counter: \.unauthentic),
        Garbage(bytes: [0x9f, 111] + [UInt8](repeating: 255, count: 1_400), counter: \.unauthentic),
        Garbage(bytes: [0x81, 201] + [UInt8](repeating: 9, count: 60), counter: \.unauthentic),
    ])
    func garbageIsCountedAndDropped(_ garbage: Garbage) async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        let before = garbage.counter(call.right.connection.drops)
        call.right.connection.transport.receive(garbage.bytes)
        #expect(garbage.counter(call.right.connection.drops) == before + 1)
        try await expectAlive(call)
    }

    @Test func garbageThatLooksLikeDTLSDoesNoHarm() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        var random = SeededGenerator(seed: 11)
        for length in [1, 12, 13, 14, 100, 1_400] {
            for first: UInt8 in [20, 21, 22, 23, 25, 63] {
                let rest = (1..<max(2, length)).map { _ in UInt8.random(in: 0...255, using: &random) }
                call.right.connection.transport.receive([first] + rest)
            }
        }
        try await expectAlive(call)
        #expect(call.right.failures.isEmpty && call.right.closings == 0)
    }

    /// libnice lets nobody through whose address no check has validated.
    @Test func strangersAreNotHeard() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        let received = call.right.connection.bytesReceived
        let drops = call.right.connection.drops
        let targets = call.right.candidates.compactMap { try? ICECandidate($0) }.filter { !$0.endpoint.isIPv6 }
        #expect(!targets.isEmpty)
        let stranger = Stranger()
        for target in targets {
            for first: UInt8 in [0, 20, 22, 23, 64, 128, 144, 200, 255] {
                let bytes = [first] + [UInt8](repeating: first &* 3, count: 200)
                #expect(stranger.send(bytes, to: target.endpoint.address, target.endpoint.port))
            }
        }
        let marker = call.right.audio.count
        call.left.sendAudio()
        try await call.expect("sound arrives") { call.right.audio.count > marker }
        #expect(call.right.connection.drops == drops)
        #expect(call.right.connection.bytesReceived - received < 1_000, "only what the peer has sent")
        try await expectAlive(call)
    }

    @Test func aDescriptionThatMakesNoSenseIsReported() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        for sdp in ["", "v=0\r\n", "nonsense", String(repeating: "a=x\r\n", count: 10_000)] {
            call.right.connection.receive(.description(.init(type: .offer, sdp: sdp)))
        }
        call.right.connection.receive(.candidate(.init(candidate: "candidate:nonsense", sdpMid: "0")))
        #expect(call.right.refusals.count == 4)
        #expect(call.right.failures.isEmpty, "a working connection is not given up for a bad description")
        try await expectAlive(call)
    }

    /// Media and messages go on.
    private func expectAlive(_ call: Call) async throws {
        let heard = call.right.audio.count
        let read = call.right.texts.count
        call.left.sendAudio()
        #expect(call.left.connection.send(text: "alive"))
        try await call.expect("the connection lives") {
            call.right.audio.count > heard && call.right.texts.count > read
        }
    }
}

/// A socket of nobody in the call.
private final class Stranger {
    private let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)

    deinit { Glibc.close(descriptor) }

    func send(_ bytes: [UInt8], to address: String, _ port: UInt16) -> Bool {
        var target = sockaddr_in()
        target.sin_family = sa_family_t(AF_INET)
        target.sin_port = port.bigEndian
        guard inet_pton(AF_INET, address, &target.sin_addr) == 1 else { return false }
        return withUnsafePointer(to: &target) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == bytes.count
            }
        }
    }
}
