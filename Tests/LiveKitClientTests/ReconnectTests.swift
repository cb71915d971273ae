import LiveKitProtocol
import Primitives
import Testing

@testable import LiveKitClient

struct ReconnectTests {
    private func connection(_ actions: [LiveKitSession.Action]) -> (query: [LiveKitQuery.Item], token: String)? {
        for case .connect(let query, let token) in actions { return (query, token) }
        return nil
    }

    @Test func aLostSocketIsResumedWithTheNewestToken() throws {
        var scripted = Scripted()
        scripted.join(with: [Scripted.participant("ann", sid: "PA_1"), Scripted.participant("bob", sid: "PA_2")])
        scripted.say(.refreshToken("second"))
        scripted.lose()
        #expect(scripted.actions == [.reconnecting(attempt: 1)])
        scripted.wait(.milliseconds(100))
        let (query, token) = try #require(connection(scripted.actions))
        #expect(token == "second")
        #expect(query.contains(.init("reconnect", "1")) && query.contains(.init("sid", "PA_me")))

        scripted.wait(.milliseconds(20))
        scripted.say(.reconnect(LKReconnectResponse()))
        #expect(scripted.actions.contains(.restartICE))
        #expect(scripted.actions.contains(.reconnected(after: .milliseconds(120))))
        guard case .syncState? = scripted.requests.first else {
            Issue.record("no state was told")
            return
        }
        // The next list is complete: bob left meanwhile.
        scripted.say(Scripted.update(Scripted.participant("ann", sid: "PA_1")))
        guard case .participantLeft(let gone, .timeout)? = scripted.actions.first else {
            Issue.record("bob is still there")
            return
        }
        #expect(gone.identity == "bob")
    }

    @Test func aServerThatHasForgottenUsIsJoinedAnew() throws {
        var scripted = Scripted()
        scripted.join(with: [Scripted.participant("ann", sid: "PA_1")])
        scripted.lose()
        scripted.wait(.milliseconds(100))
        var leave = LKLeaveRequest()
        leave.reason = .stateMismatch
        leave.action = .reconnect
        scripted.say(.leave(leave))
        #expect(scripted.actions == [.closeSocket, .reconnecting(attempt: 1)])
        scripted.wait(.milliseconds(100))
        #expect(try #require(connection(scripted.actions)).query.contains { $0.name == "reconnect" } == false)
        var join = LKJoinResponse()
        join.participant = Scripted.participant("me", sid: "PA_new")
        join.otherParticipants = [Scripted.participant("ann", sid: "PA_9")]
        scripted.say(.join(join))
        #expect(scripted.actions.first == .discardMedia)
        guard case .joined(let joined)? = scripted.actions.dropFirst().first else {
            Issue.record("not joined")
            return
        }
        #expect(joined.isAgain)
        #expect(!scripted.actions.contains { if case .participantLeft = $0 { true } else { false } })
    }

    @Test func aFirstConnectionThatFailsEndsIt() {
        var scripted = Scripted()
        _ = scripted.session.start(now: scripted.now)
        scripted.lose()
        #expect(scripted.actions == [.closeSocket, .ended(.unreachable("cut"))])
        var refused = LiveKitSession(token: "bad")
        _ = refused.start(now: .zero)
        #expect(refused.handleClosed(status: 401, reason: "no", now: .zero).last == .ended(.notAllowed("no")))
    }

    @Test func tellsTheServerThatItLives() {
        var scripted = Scripted()
        scripted.join()
        scripted.wait(.seconds(5))
        #expect(scripted.requests.contains { if case .pingReq = $0 { true } else { false } })
        scripted.wait(.seconds(11))
        #expect(scripted.actions == [.closeSocket, .reconnecting(attempt: 1)], "a silent server is lost")
    }

    @Test func givesUpAfterAMinute() {
        var scripted = Scripted()
        scripted.join()
        scripted.lose()
        for _ in 0..<100 where scripted.session.nextDeadline != nil {
            scripted.wait(.seconds(4))
            if connection(scripted.actions) != nil { scripted.lose() }
            if scripted.actions.contains(.ended(.lost)) { return }
        }
        Issue.record("still trying")
    }

    @Test(arguments: [
        (LKDisconnectReason.participantRemoved, LiveKitSession.End.removed), (.roomDeleted, .roomClosed),
        (.duplicateIdentity, .replaced),
    ])
    func theServerMayEndIt(reason: LKDisconnectReason, end: LiveKitSession.End) {
        var scripted = Scripted()
        scripted.join()
        var leave = LKLeaveRequest()
        leave.reason = reason
        scripted.say(.leave(leave))
        #expect(scripted.actions == [.closeSocket, .ended(end)])
        #expect(scripted.session.nextDeadline == nil)
    }
}
