import PeerSession
import Primitives
import Runtime
import Signalling
import Testing

@testable import ICE
@testable import Peering

@CallLoop
struct ICERestartTests {
    /// Waits until both sides have new agents with a pair and have let go of those before.
    private func expectRestarted(_ call: Call, from before: [ICEAgent.Credentials]) async throws {
        try await call.expect("both sides have a new path") {
            zip([call.left!, call.right!], before).allSatisfy { party, old in
                party.path.agent.localCredentials != old && party.path.agent.hasPath && party.path.previous == nil
            }
        }
    }

    private func credentials(_ call: Call) -> [ICEAgent.Credentials] {
        [call.left.path.agent.localCredentials, call.right.path.agent.localCredentials]
    }

    @Test(arguments: [Call.Side.left, .right])
    func keepsMediaAndMessages(side: Call.Side) async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        let before = credentials(call)
        call.left.talk()
        call.right.talk()
        try await call.expect("media flows") { call.left.frames.count > 5 && call.right.frames.count > 5 }
        call[side].connection.restartICE()
        try await expectRestarted(call, from: before)
        let heard = (call.left.audio.count, call.right.audio.count)
        try await call.expect("media goes on") {
            call.left.audio.count > heard.0 + 10 && call.right.audio.count > heard.1 + 10
        }
        for party in [call.left!, call.right!] {
            #expect(isUnbroken(party.audio), "no packet is lost over a restart")
            #expect(party.disconnections == 0)
            #expect(party.failures.isEmpty)
        }
        #expect(call[side].connection.send(text: "still here"))
        try await call.expect("messages flow") { call[side.other].texts == ["still here"] }
    }

    @Test func bothSidesMayAskAtOnce() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        let before = credentials(call)
        call.left.talk()
        call.right.talk()
        call.left.connection.restartICE()
        call.right.connection.restartICE()
        try await expectRestarted(call, from: before)
        try await call.expect("media flows") { call.left.audio.count > 10 && call.right.audio.count > 10 }
        #expect(call.left.failures.isEmpty && call.right.failures.isEmpty)
    }

    @Test func canFollowOneAnotherQuickly() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        let before = credentials(call)
        call.left.talk()
        call.right.talk()
        for _ in 0..<5 {
            call.left.connection.restartICE()
            await loopTurn()
        }
        try await expectRestarted(call, from: before)
        #expect(call.left.failures.isEmpty && call.right.failures.isEmpty)
        #expect(isUnbroken(call.left.audio) && isUnbroken(call.right.audio))
    }

    @Test func mendsALostPath() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        call.left.talk()
        // As when the machine's network is another: nothing is sent or received any more where it was.
        call.right.path.agent.close()
        call.left.connection.restartICE()
        let heard = call.left.audio.count
        call.right.talk()
        try await call.expect("media flows again") { call.left.audio.count > heard + 10 && call.right.audio.count > 10 }
    }

    /// Three seconds after the last authentic packet; what the path still takes is sent, as it may come back.
    @Test func aSilentPeerIsNoticed() async throws {
        let call = try Call()
        defer { call.close() }
        try await call.connect()
        call.left.path.close()
        try await call.expect("the other side notices", within: .seconds(10)) { call.right.disconnections > 0 }
        #expect(call.right.closings == 0)
        #expect(call.right.reconnections == 0)
    }
}
