import ICE
import Primitives
import Runtime
import SDP
import Testing

@testable import Peering

/// Calls through a real TURN server over TCP; the network lab's tests (Tests/Interop/nat_tests.py) go over UDP and TLS.
@CallLoop
@Suite(.enabled(if: TurnServer.isInstalled, "turnserver, of Debian's package coturn, is not installed"))
struct RelayTests {
    @Test func aRelayOnlyCallShowsNoAddress() async throws {
        let server = try TurnServer()
        defer { server.stop() }
        try await server.waitUntilReady()
        let call = try Call(policy: .init(policy: .relay, servers: [server.address(.turnTCP)]))
        defer { call.close() }
        try await call.connect()
        for party in [call.left!, call.right!] {
            let candidates = try party.candidates.map { try ICECandidate($0) }
            #expect(!candidates.isEmpty)
            #expect(candidates.allSatisfy { $0.kind == .relayed })
            #expect(candidates.allSatisfy { $0.related?.address == "0.0.0.0" && $0.related?.port == 0 })
            #expect(candidates.allSatisfy { $0.endpoint.address == "127.0.0.1" }, "the server's own")
            #expect(!party.descriptions.joined().contains("typ host"))
            #expect(party.connection.selectedPair?.hasPrefix("relay/") == true)
        }
        call.left.talk()
        call.right.talk()
        try await call.expect("media flows") { call.left.frames.count > 5 && call.right.frames.count > 5 }
        #expect(isUnbroken(call.left.audio) && isUnbroken(call.right.audio))
        #expect(call.left.connection.send(text: "by way of the relay"))
        try await call.expect("messages flow") { call.right.texts == ["by way of the relay"] }
    }

    @Test func closingGivesTheRelayBack() async throws {
        let server = try TurnServer()
        defer { server.stop() }
        try await server.waitUntilReady()
        let call = try Call(policy: .init(policy: .relay, servers: [server.address(.turnTCP)]))
        try await call.connect()
        call.close()
        // A refresh with a lifetime of nothing (RFC 8656 §7.2).
        try await server.expect("both allocations end") { $0.components(separatedBy: "lifetime=0").count > 2 }
    }

    @Test func aWrongPasswordFindsNoPath() async throws {
        let server = try TurnServer()
        defer { server.stop() }
        try await server.waitUntilReady()
        var address = server.address(.turnTCP)
        address.password = "wrong"
        let call = try Call(policy: .init(policy: .relay, servers: [address]))
        defer { call.close() }
        call.start()
        try await call.expect("gathering ends") { call.left.gatheringIsDone && call.right.gatheringIsDone }
        #expect(call.left.candidates.isEmpty && call.right.candidates.isEmpty)
        #expect(!call.left.isConnected && !call.right.isConnected)
    }
}
