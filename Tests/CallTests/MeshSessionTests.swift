import Primitives
import Signalling
import Testing

import Call

private let ann = MeshPeer(id: "p-1A", name: "ann", order: 1)
private let bob = MeshPeer(id: "p-2B", name: "bob", order: 2)

private func welcome(_ peers: [MeshPeer], order: Int = 3) -> String {
    MeshServerMessage.welcome(
        .init(selfID: "me", order: order, resume: "secret", room: "tea", mode: "mesh", peers: peers, iceServers: [])
    ).text
}

/// A session that has joined a room where `peers` are.
private func joined(_ peers: [MeshPeer]) -> MeshSession {
    var session = MeshSession(state: .init(camera: true))
    _ = session.start()
    _ = session.receive(welcome(peers), now: .zero)
    return session
}

struct MeshSessionTests {
    @Test func startsByConnectingAndTellsItsStateWhenWelcomed() {
        var session = MeshSession(state: .init(camera: true))
        #expect(session.start() == [.connect(resume: nil)])
        let actions = session.receive(welcome([ann]), now: .zero)
        guard case .joined(let first)? = actions.first else {
            Issue.record("not joined")
            return
        }
        #expect(first.selfID == "me")
        #expect(actions.dropFirst() == [.send(.state(.init(camera: true))), .peerJoined(ann)])
    }

    @Test func aLostSocketIsConnectedAgainWithTheSecretAndPeersNeverNotice() {
        var session = joined([ann, bob])
        #expect(session.handleClosed(code: 1006, reason: "", now: .seconds(5)) == [.reconnecting(attempt: 1)])
        #expect(session.nextDeadline == .milliseconds(5_100))
        #expect(session.handleTimeout(now: .milliseconds(5_100), mediaFlows: true) == [.connect(resume: "secret")])
        let actions = session.receive(welcome([ann, bob]), now: .milliseconds(5_200))
        #expect(actions == [.reconnected(after: .milliseconds(200)), .send(.state(.init(camera: true)))])
    }

    @Test func whoWasToldToHaveGoneBeginsAnewWithAll() {
        var session = joined([ann, bob])
        _ = session.handleClosed(code: nil, reason: "", now: .zero)
        _ = session.handleTimeout(now: .seconds(1), mediaFlows: true)
        let actions = session.receive(welcome([ann], order: 4), now: .seconds(1))
        #expect(Set(actions.prefix(2)) == [.peerLeft(ann, .replaced), .peerLeft(bob, .replaced)])
        #expect(actions.last == .peerJoined(ann))
        #expect(session.order == 4 && session.nextDeadline == .seconds(11))
    }

    @Test func whoCameMeanwhileIsToldAtOnceAndWhoIsMissingIsWaitedFor() {
        var session = joined([ann])
        _ = session.handleClosed(code: nil, reason: "", now: .zero)
        _ = session.handleTimeout(now: .seconds(1), mediaFlows: true)
        let actions = session.receive(welcome([bob]), now: .seconds(1))
        #expect(actions.suffix(1) == [.peerJoined(bob)])
        #expect(session.handleTimeout(now: .seconds(13), mediaFlows: true) == [.send(.ping)])
        #expect(session.handleTimeout(now: .seconds(14), mediaFlows: true) == [.peerLeft(ann, .timeout)])
    }

    @Test func aPeerThatResumesLaterThanWeDidIsNeverReportedGone() {
        var session = joined([ann])
        _ = session.handleClosed(code: nil, reason: "", now: .zero)
        _ = session.handleTimeout(now: .seconds(1), mediaFlows: true)
        _ = session.receive(welcome([]), now: .seconds(1))
        #expect(session.receive(MeshServerMessage.peerJoined(ann).text, now: .seconds(3)) == [])
        #expect(session.handleTimeout(now: .seconds(30), mediaFlows: true) == [.send(.ping)])
    }

    @Test func aMissingPeerWhoseMediaEndedIsGoneAtOnce() {
        var session = joined([ann])
        #expect(session.mediaEnded(with: ann.id) == [])
        _ = session.handleClosed(code: nil, reason: "", now: .zero)
        _ = session.handleTimeout(now: .seconds(1), mediaFlows: true)
        _ = session.receive(welcome([]), now: .seconds(1))
        #expect(session.mediaEnded(with: ann.id) == [.peerLeft(ann, .left)])
    }

    @Test func attemptsSlowDownAndEndOnlyWhenNoMediaFlows() {
        var session = joined([ann])
        var now = Instant.zero
        _ = session.handleClosed(code: nil, reason: "", now: now)
        var ended = false
        for attempt in 1... {
            now = session.nextDeadline!
            let actions = session.handleTimeout(now: now, mediaFlows: now < .seconds(120))
            if actions == [.ended(.lost)] {
                ended = true
                break
            }
            #expect(actions == [.connect(resume: "secret")])
            _ = session.handleClosed(code: nil, reason: "", now: now)
            guard attempt < 200 else { break }
        }
        #expect(ended)
        #expect(now >= .seconds(120))
    }

    @Test func anUnreachableServerEndsTheFirstAttempt() {
        var session = MeshSession(state: .init())
        _ = session.start()
        #expect(session.handleClosed(code: nil, reason: "refused", now: .zero) == [.ended(.unreachable("refused"))])
    }

    @Test(arguments: [MeshErrorCode.notAllowed, .roomFull, .roomClosed, .replaced])
    func aRefusalEndsWhetherItComesAsMessageOrAsCloseCode(code: MeshErrorCode) {
        var byMessage = joined([])
        let text = MeshServerMessage.error(code: code, message: "why").text
        #expect(byMessage.receive(text, now: .zero) == [.closeSocket, .ended(.refused(code, message: "why"))])
        var byClose = joined([])
        #expect(
            byClose.handleClosed(code: code.closeCode, reason: "why", now: .zero) == [
                .ended(.refused(code, message: "why"))
            ])
    }

    @Test func aSilentServerIsGivenUpAndPingsAreSentBefore() {
        var session = joined([])
        #expect(session.handleTimeout(now: .seconds(10), mediaFlows: false) == [.send(.ping)])
        #expect(session.handleTimeout(now: .seconds(20), mediaFlows: false) == [.send(.ping)])
        #expect(
            session.handleTimeout(now: .seconds(35), mediaFlows: false) == [.closeSocket, .reconnecting(attempt: 1)])
    }

    @Test func aPeerThatCameBackUnderTheSameIdBeginsAnew() {
        var session = joined([ann])
        let again = MeshPeer(id: ann.id, name: "ann", order: 9)
        let actions = session.receive(MeshServerMessage.peerJoined(again).text, now: .zero)
        #expect(actions == [.peerLeft(ann, .replaced), .peerJoined(again)])
    }

    @Test func nonsenseIsIgnored() {
        var session = joined([ann])
        for text in ["", "{", "[]", #"{"type":7}"#, #"{"type":"signal","from":"nobody"}"#, #"{"type":"new-thing"}"#] {
            #expect(session.receive(text, now: .zero) == [])
        }
    }
}
