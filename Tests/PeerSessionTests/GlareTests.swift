import PeerSession
import Primitives
import SDP
import Signalling
import Testing

/// Offers that cross, in every order in which two peers' steps and two ordered channels can interleave.
@Suite struct GlareTests {
    typealias Step = @Sendable (inout Peer) -> Void

    static let offer: Step = { $0.run($0.negotiation.start(asOfferer: true)) }
    static let wait: Step = { $0.run($0.negotiation.start(asOfferer: false)) }
    static let find: Step = { $0.find($0.localCandidates.count + 1) }
    static let restart: Step = { $0.run($0.negotiation.restartICE()) }
    static let screen: Step = {
        $0.negotiation.addTransceiver(.video, .sendonly, stream: "screen")
        $0.run($0.negotiation.negotiateIfNeeded())
    }
    static let mute: Step = { peer in
        guard let camera = peer.negotiation.session.transceivers.first(where: { $0.kind == .video }) else { return }
        peer.negotiation.setDirection(.recvonly, of: camera.id)
        peer.run(peer.negotiation.negotiateIfNeeded())
    }

    struct Script: Sendable, CustomTestStringConvertible {
        let name: String
        let a: [Step]
        let b: [Step]
        var connected = false
        var testDescription: String { name }
    }

    static let scripts = [
        Script(name: "one offers", a: [offer, find, find], b: [wait, find]),
        Script(name: "both offer", a: [offer, find, find], b: [offer, find, find]),
        Script(name: "the other offers", a: [wait, find], b: [offer, find]),
        Script(name: "a screen each", a: [offer, screen], b: [offer, screen]),
        Script(name: "screens in a call", a: [screen, find], b: [screen, mute], connected: true),
        Script(name: "restarts in a call", a: [find, restart], b: [find, restart], connected: true),
        Script(name: "everything at once", a: [screen, restart, mute], b: [restart, mute], connected: true),
        Script(name: "a restart meets an offer", a: [find, restart], b: [screen, find, find], connected: true),
    ]

    @Test(arguments: scripts)
    func endsInAgreement(script: Script) {
        var start = PeerPair()
        if script.connected { start.connect() }
        var explorer = Explorer()
        explorer.explore(start, script.a[...], script.b[...])
        #expect(explorer.ends.count > 10)
        for pair in explorer.ends { check(pair) }
    }

    /// Tries everything that can happen next, and then everything after that.
    private struct Explorer {
        private(set) var ends: [PeerPair] = []
        private var seen: Set<[String]> = []

        /// `histories` tell what each peer did and got, in its order. What happens at the same time on both sides may
        /// happen in either order to the same effect, so equal histories are followed once.
        mutating func explore(
            _ pair: PeerPair, _ a: ArraySlice<Step>, _ b: ArraySlice<Step>, _ histories: [String] = ["", ""]
        ) {
            guard seen.insert(histories).inserted else { return }
            if pair.bHasNews { branch(pair, a, b, [histories[0], histories[1] + "<"]) { $0.deliverToB() } }
            if pair.aHasNews { branch(pair, a, b, [histories[0] + "<", histories[1]]) { $0.deliverToA() } }
            if let step = a.first {
                branch(pair, a.dropFirst(), b, [histories[0] + ".", histories[1]]) { step(&$0.a) }
            }
            if let step = b.first {
                branch(pair, a, b.dropFirst(), [histories[0], histories[1] + "."]) { step(&$0.b) }
            }
            if !pair.bHasNews, !pair.aHasNews, a.isEmpty, b.isEmpty { ends.append(pair) }
        }

        private mutating func branch(
            _ pair: PeerPair, _ a: ArraySlice<Step>, _ b: ArraySlice<Step>, _ histories: [String],
            _ move: (inout PeerPair) -> Void
        ) {
            var next = pair
            move(&next)
            explore(next, a, b, histories)
        }
    }

    private func check(_ pair: PeerPair) {
        let (a, b) = (pair.a, pair.b)
        #expect(a.state == .stable && b.state == .stable)
        #expect(!a.negotiation.session.isNegotiationNeeded && !b.negotiation.session.isNegotiationNeeded)
        #expect(a.failures.isEmpty && b.failures.isEmpty)
        #expect(a.media.map(\.mid) == b.media.map(\.mid) && a.media.count >= 2)
        #expect(a.media.map(\.kind) == b.media.map(\.kind))
        #expect(a.media.map(\.sends) == b.media.map(\.receives) && a.media.map(\.receives) == b.media.map(\.sends))
        for (one, other) in zip(a.media + b.media, b.media + a.media) where one.receives {
            #expect(one.remoteSources.map(\.ssrc) == [other.localSSRC])
        }
        #expect(a.sctp != nil && a.sctp == b.sctp)
        #expect(a.remote == b.local && b.remote == a.local)
        #expect(a.role != b.role && a.dtls != b.dtls)
        #expect(a.negotiation.isInitialOfferer != b.negotiation.isInitialOfferer)
        // Every address reaches the other side, whatever was taken back.
        #expect(a.remoteCandidates.count == b.localCandidates.count)
        #expect(b.remoteCandidates.count == a.localCandidates.count)
    }

    @Test func onlyThePoliteSideGivesWay() {
        var pair = PeerPair()
        pair.a.run(pair.a.negotiation.start(asOfferer: true))
        pair.b.run(pair.b.negotiation.start(asOfferer: true))
        pair.a.find(1)
        pair.deliverToB()
        #expect(pair.b.negotiation.isIgnoringOffer && pair.b.state == .haveLocalOffer)
        pair.deliverToB()
        #expect(pair.b.negotiation.counters.ignoredCandidates == 1)
        pair.deliverToA()
        #expect(pair.a.state == .stable && pair.a.sentDescriptions.last?.type == .answer)
        pair.settle()
        #expect(pair.a.negotiation.isInitialOfferer == false && pair.b.role == .controlling)
        #expect(pair.a.negotiation.counters.ignoredOffers == 0 && pair.b.negotiation.counters.ignoredOffers == 1)
        #expect(!pair.b.negotiation.isIgnoringOffer)
        #expect(pair.b.remoteCandidates == ["192.0.2.1"], "the answer repeats it")
    }

    @Test func lostSignalsAreSaidAgain() {
        for losses in 0..<3 {
            var pair = PeerPair()
            pair.a.run(pair.a.negotiation.start(asOfferer: true))
            pair.a.find(1)
            if losses > 0 { pair.deliverToB() }
            if losses > 1 { pair.deliverToB() }
            pair.b.find(2)
            pair.loseSignals()
            pair.a.run(pair.a.negotiation.handleSignallingRestored())
            pair.b.run(pair.b.negotiation.handleSignallingRestored())
            pair.settle()
            check(pair)
            #expect(pair.a.restarts == 0 && pair.b.restarts == 0)
        }
    }
}
