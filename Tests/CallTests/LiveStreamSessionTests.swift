import Call
import Primitives
import Signalling
import Testing

@Suite struct LiveStreamSessionTests {
    private let endpoint = "https://live.example/whip/tea"

    private func answer(
        _ status: Int, location: String? = nil, etag: String? = nil, links: [String] = [], retryAfter: Int? = nil
    ) -> LiveStreamSession.Outcome {
        .answer(
            status: status, location: location, etag: etag, links: links, retryAfter: retryAfter, body: "answer",
            explanation: "\(status)")
    }

    /// The requests among actions.
    private func requests(_ actions: [LiveStreamSession.Action]) -> [LiveStreamSession.Request] {
        actions.compactMap { if case .send(let request) = $0 { request } else { nil } }
    }

    private func opened() -> LiveStreamSession {
        var session = LiveStreamSession(endpoint: endpoint, token: "secret")
        _ = session.start(now: .zero)
        _ = session.post(offer: "offer")
        _ = session.handlePosted(answer(201, location: "https://live.example/session/1", etag: "\"a\""), now: .zero)
        return session
    }

    @Test func anOfferIsPostedAndItsSessionDeletedInTheEnd() {
        var session = LiveStreamSession(endpoint: endpoint, token: "secret")
        #expect(session.start(now: .zero) == [.connect])
        let post = requests(session.post(offer: "offer"))
        #expect(post.map(\.method) == ["POST"] && post[0].url == endpoint && post[0].body == "offer")
        #expect(post[0].headers == ["Content-Type": "application/sdp", "Authorization": "Bearer secret"])
        let links = ["<turn:turn.example:3478>; rel=\"ice-server\"; username=\"u\"; credential=\"p;,q\""]
        let accepted = session.handlePosted(
            answer(201, location: "https://live.example/session/1", links: links), now: .zero)
        let server = ICEServer(urls: ["turn:turn.example:3478"], username: "u", credential: "p;,q")
        #expect(accepted == [.useICEServers([server]), .accept(answer: "answer")])
        #expect(session.handleConnected(now: .zero).isEmpty)
        let left = session.leave()
        #expect(requests(left).map(\.method) == ["DELETE"])
        #expect(requests(left)[0].url == "https://live.example/session/1")
        #expect(left.last == .ended(.asked))
    }

    @Test func laterCandidatesGoToTheSession() {
        var session = LiveStreamSession(endpoint: endpoint, token: nil)
        _ = session.start(now: .zero)
        _ = session.post(offer: "offer")
        #expect(session.trickle("one").isEmpty)
        let accepted = session.handlePosted(answer(201, location: "https://live.example/s", etag: "\"a\""), now: .zero)
        #expect(requests(accepted).map(\.body) == ["one"])
        session.handleTrickled(answer(204))
        let more = requests(session.trickle("two"))
        #expect(more.map(\.method) == ["PATCH"] && more[0].headers["If-Match"] == "\"a\"")
        #expect(more[0].headers["Content-Type"] == "application/trickle-ice-sdpfrag")
        // An endpoint without trickle is not bothered again.
        session.handleTrickled(answer(405))
        #expect(session.trickle("three").isEmpty)
    }

    @Test(arguments: [307, 308])
    func redirectionsAreFollowedButNotOutOfTLSNorForEver(status: Int) {
        var session = LiveStreamSession(endpoint: endpoint, token: "secret")
        _ = session.start(now: .zero)
        _ = session.post(offer: "offer")
        let moved = requests(session.handlePosted(answer(status, location: "https://edge.example/whip"), now: .zero))
        #expect(moved.map(\.url) == ["https://edge.example/whip"] && moved[0].method == "POST")
        var clear = session
        let refused = clear.handlePosted(answer(status, location: "http://edge.example/whip"), now: .zero)
        #expect(refused == [.ended(.unavailable("the endpoint redirects to an address without TLS"))])
        for _ in 0..<4 { _ = session.handlePosted(answer(status, location: "https://edge.example/whip"), now: .zero) }
        let last = session.handlePosted(answer(status, location: "https://edge.example/whip"), now: .zero)
        #expect(last == [.ended(.unavailable("too many redirections"))])
    }

    @Test(arguments: [301, 302, 303, 400, 404, 406, 500])
    func otherAnswersEndIt(status: Int) {
        var session = LiveStreamSession(endpoint: endpoint, token: nil)
        _ = session.start(now: .zero)
        _ = session.post(offer: "offer")
        let ended = session.handlePosted(answer(status, location: "https://live.example/other"), now: .zero)
        #expect(ended == [.ended(.unavailable("\(status)"))])
    }

    @Test func anEmptyRoomIsAskedAgainWhenItSays() {
        var session = LiveStreamSession(endpoint: endpoint, token: nil)
        _ = session.start(now: .zero)
        _ = session.post(offer: "offer")
        #expect(session.handlePosted(answer(409, retryAfter: 3), now: .zero) == [.reconnecting(attempt: 1)])
        #expect(session.nextDeadline == .seconds(3))
        #expect(session.handleTimeout(now: .seconds(3)) == [.connect])
    }

    @Test func aLostStreamIsMadeAnewForAMinute() {
        var session = opened()
        _ = session.handleConnected(now: .zero)
        let lost = session.handleDisconnected("gone", now: .seconds(10))
        #expect(requests(lost).map(\.method) == ["DELETE"])
        #expect(lost.last == .reconnecting(attempt: 1))
        var now = Instant.seconds(10)
        var pauses: [Int64] = []
        var ended: LiveStreamSession.Action?
        while ended == nil {
            guard let due = session.nextDeadline else { break }
            pauses.append((due - now).milliseconds / 1_000)
            now = due
            _ = session.handleTimeout(now: now)
            _ = session.post(offer: "offer")
            let actions = session.handlePosted(.failed("no answer"), now: now)
            if case .ended = actions.last { ended = actions.last }
        }
        #expect(ended == .ended(.lost("no answer")))
        #expect(pauses.prefix(5) == [1, 2, 4, 8, 15])
        #expect(now >= .seconds(70) && now <= .seconds(90))
    }

    @Test func aStreamThatComesBackTellsHowLongItWasGone() {
        var session = opened()
        _ = session.handleConnected(now: .zero)
        _ = session.handleDisconnected("gone", now: .seconds(10))
        _ = session.handleTimeout(now: .seconds(11))
        _ = session.post(offer: "offer")
        _ = session.handlePosted(answer(201, location: "https://live.example/session/2"), now: .seconds(11))
        #expect(session.handleConnected(now: .seconds(12)) == [.reconnected(after: .seconds(2))])
    }

    @Test func leavingBeforeTheAnswerDeletesWhatItOpens() {
        var session = LiveStreamSession(endpoint: endpoint, token: nil)
        _ = session.start(now: .zero)
        _ = session.post(offer: "offer")
        #expect(session.leave() == [.ended(.asked)])
        let late = session.handlePosted(answer(201, location: "https://live.example/session/9"), now: .zero)
        #expect(requests(late).map(\.method) == ["DELETE"])
    }
}
