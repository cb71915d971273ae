import PeerSession
import Primitives
import SDP
import Signalling
import Testing

/// What a peer must not say, and that the session stays as it was when it does.
@Suite struct FaultTests {
    private func offering(_ change: (String) -> String) throws -> Peer {
        var peer = Peer(polite: false, seed: 5)
        peer.run(
            peer.negotiation.receive(
                SignalDescription(type: .offer, sdp: change(try Vectors.text("chromium-offer")))))
        return peer
    }

    @Test func refusesBadOffers() throws {
        let rows: [(NegotiationError, (String) -> String)] = [
            (.unreadable(SDPError(line: 1, .malformedLine)), { "?" + $0 }),
            (.noFingerprint, { $0.replacing("a=fingerprint:sha-256", with: "a=x:") }),
            (.noICECredentials, { $0.replacing("a=ice-ufrag:", with: "a=x:").replacing("a=ice-pwd:", with: "a=y:") }),
            (.badSetup, { $0.replacing("a=setup:actpass", with: "a=setup:holdconn") }),
        ]
        for (error, change) in rows {
            let peer = try offering(change)
            #expect(peer.failures == [error])
            #expect(peer.outbox.isEmpty && peer.state == .stable && peer.media.isEmpty)
        }
    }

    @Test func worksWithLess() throws {
        // Without rtcp-mux there is no sound and no picture, but data.
        let bare = try offering { $0.replacing("a=rtcp-mux\r\n", with: "") }
        #expect(bare.failures.isEmpty && bare.media.isEmpty && bare.sctp != nil)
        // Without a bundle there is one section.
        let single = try offering { $0.replacing("a=group:BUNDLE 0 1 2\r\n", with: "") }
        #expect(single.failures.isEmpty && single.media.map(\.mid) == ["0"] && single.sctp == nil)
        // With everything rejected there is nothing, and no error.
        let empty = try offering { $0.replacing(" 9 UDP/", with: " 0 UDP/") }
        #expect(empty.failures.isEmpty && empty.media.isEmpty && empty.remote == nil)
    }

    @Test func refusesBadAnswers() throws {
        let good = try Vectors.text("rejecting-answer")
        let rows: [(NegotiationError, String)] = [
            (.answerDoesNotFit, good.replacing("a=mid:0", with: "a=mid:7").replacing("BUNDLE 0", with: "BUNDLE 7")),
            (.answerDoesNotFit, good.replacing("m=video 0", with: "m=audio 0")),
            (.answerDoesNotFit, good + "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\n"),
            (.notBundled, good.replacing("a=group:BUNDLE 0 2\r\n", with: "")),
            (.noRTCPMultiplexing, good.replacing("a=rtcp-mux\r\n", with: "")),
            (.badSetup, good.replacing("a=setup:passive", with: "a=setup:actpass")),
            (.noFingerprint, good.replacing("a=fingerprint:sha-256", with: "a=x:")),
        ]
        for (error, answer) in rows {
            var peer = Peer(polite: true, seed: 3)
            peer.run(peer.negotiation.start(asOfferer: true))
            peer.run(peer.negotiation.receive(SignalDescription(type: .answer, sdp: answer)))
            #expect(peer.failures == [error])
            #expect(peer.state == .haveLocalOffer && peer.remote == nil)
            // A good answer still works.
            peer.run(peer.negotiation.receive(SignalDescription(type: .answer, sdp: good)))
            #expect(peer.state == .stable && peer.media.count == 1)
        }
    }

    @Test func refusesToSwapSectionsOrCertificates() throws {
        let good = try Vectors.text("chromium-offer")
        let rows: [(NegotiationError, String)] = [
            (.sectionsChanged, good.replacing("a=mid:0", with: "a=mid:9").replacing("BUNDLE 0", with: "BUNDLE 9")),
            (.sectionsChanged, String(good.prefix { $0 != "\r\n" }) + "\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\n"),
            (.certificateChanged, good.replacing("FE:17:0D", with: "FE:17:0E")),
        ]
        for (error, offer) in rows {
            var peer = try offering { $0 }
            let before = peer.media
            peer.run(peer.negotiation.receive(SignalDescription(type: .offer, sdp: offer)))
            #expect(peer.failures == [error])
            #expect(peer.media == before && peer.sentDescriptions.count == 1)
            peer.run(peer.negotiation.receive(SignalDescription(type: .offer, sdp: good)))
            #expect(peer.failures.count == 1 && peer.sentDescriptions.count == 2)
        }
    }

    @Test func ignoresAnswersToNothing() throws {
        var pair = PeerPair()
        pair.connect()
        let answer = SignalDescription(type: .answer, sdp: try Vectors.text("rejecting-answer"))
        #expect(pair.a.negotiation.receive(answer) == [])
        #expect(pair.a.negotiation.receive(SignalDescription(type: .rollback, sdp: "")) == [])
        #expect(pair.a.negotiation.receive(SignalDescription(type: .pranswer, sdp: "")) == [])
        #expect(pair.a.negotiation.counters.ignoredDescriptions == 3)
    }

    @Test func aBadOfferLeavesOursOpen() throws {
        var peer = Peer(polite: true, seed: 3)
        peer.run(peer.negotiation.start(asOfferer: true))
        peer.run(peer.negotiation.receive(SignalDescription(type: .offer, sdp: "nonsense")))
        #expect(peer.state == .haveLocalOffer && peer.failures.count == 1)
        peer.run(
            peer.negotiation.receive(
                SignalDescription(type: .answer, sdp: try Vectors.text("rejecting-answer"))))
        #expect(peer.state == .stable)
    }

    /// Random faults in what a peer says, as first offer, as second offer and as answer: nothing traps, and a good
    /// description afterwards still works or is refused for a reason.
    @Test(arguments: Vectors.offers + ["rejecting-answer"])
    func survivesRandomFaults(name: String) throws {
        let good = [UInt8](try Vectors.text(name).utf8)
        var random = SeededGenerator(seed: 77)
        var agreed = 0
        var idle = Peer(polite: true, seed: 3)
        idle.run(idle.negotiation.start(asOfferer: false))
        var offering = idle
        offering.run(offering.negotiation.start(asOfferer: true))
        var busy = idle
        busy.run(busy.negotiation.receive(SignalDescription(type: .offer, sdp: try Vectors.text("chromium-offer"))))
        for _ in 0..<300 {
            var bytes = good
            for _ in 0..<Int.random(in: 1...5, using: &random) { fault(&bytes, &random) }
            let text = String(decoding: bytes, as: UTF8.self)
            for var peer in [idle, offering, busy] {
                let type: SignalDescription.Kind = name.hasSuffix("answer") ? .answer : .offer
                peer.run(peer.negotiation.receive(SignalDescription(type: type, sdp: text)))
                peer.run(peer.negotiation.receive(SignalDescription(type: .answer, sdp: text)))
                peer.run(peer.negotiation.negotiateIfNeeded())
                if !peer.media.isEmpty { agreed += 1 }
                #expect(peer.sentDescriptions.allSatisfy { (try? SessionDescription(parsing: $0.sdp)) != nil })
            }
        }
        #expect(agreed > 300)
    }

    private func fault(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        guard !bytes.isEmpty else { return }
        let at = Int.random(in: 0..<bytes.count, using: &random)
        let length = min(Int.random(in: 1...30, using: &random), bytes.count - at)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[at] = UInt8.random(in: 0x20...0x7e, using: &random)
        case 1: bytes[at] = UInt8.random(in: 0x30...0x39, using: &random)
        case 2: bytes.removeSubrange(at..<at + length)
        case 3: bytes.insert(contentsOf: bytes[at..<at + length], at: at)
        default: swapLines(&bytes, &random)
        }
    }

    private func swapLines(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        var lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        let one = Int.random(in: 0..<lines.count, using: &random)
        lines.swapAt(one, .random(in: 0..<lines.count, using: &random))
        bytes = Array(lines.joined(separator: [0x0a]))
    }
}
