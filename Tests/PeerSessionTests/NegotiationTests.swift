import PeerSession
import Primitives
import RTP
import SDP
import Signalling
import Testing

@Suite struct NegotiationTests {
    @Test func twoPeersAgree() throws {
        var pair = PeerPair()
        pair.connect()
        #expect(pair.a.state == .stable && pair.b.state == .stable)
        #expect(pair.a.outbox.count == 1 && pair.b.outbox.count == 1)
        #expect(pair.a.role == .controlling && pair.b.role == .controlled)
        // Offers say actpass, answers active.
        #expect(pair.a.dtls == .server && pair.b.dtls == .client)
        #expect(pair.a.remote == pair.b.local && pair.b.remote == pair.a.local)
        #expect(pair.a.sctp == SCTPParameters(localPort: 5_000, remotePort: 5_000, maximumMessageSize: 65_536))
        #expect(pair.a.negotiation.isInitialOfferer == true && pair.b.negotiation.isInitialOfferer == false)

        #expect(pair.a.media.map(\.mid) == ["0", "1"])
        #expect(pair.a.media.map(\.kind) == [.audio, .video])
        for (ours, theirs) in zip(pair.a.media, pair.b.media) {
            #expect(ours.sends && ours.receives && theirs.sends && theirs.receives)
            #expect(ours.remoteSources.map(\.ssrc) == [theirs.localSSRC])
            #expect(ours.remoteSources.map(\.retransmissionSSRC) == [theirs.localRetransmissionSSRC])
            #expect(ours.remoteSources.map(\.cname) == [theirs.localCNAME])
            #expect(ours.extensions == theirs.extensions)
            #expect(ours.extensions[.transportSequence] == 3 && ours.extensions[.mid] == 4)
            #expect(ours.allowsReducedSizeRTCP)
        }
        let opus = pair.b.media[0].codecs[0]
        #expect(opus.isOpus && opus.sendType.value == 111 && opus.sendRetransmissionType == nil)
        #expect(opus.opus.forwardErrorCorrection && opus.opus.discontinuous && !opus.opus.stereo)
        #expect(opus.sendRedundantType?.value == 63 && opus.receiveRedundantType?.value == 63)
        let vp8 = pair.b.media[1].codecs[0]
        #expect(vp8.isVP8 && vp8.sendType.value == 96 && vp8.receiveRetransmissionType?.value == 97)
        #expect(vp8.feedback == [.nack, .pictureLoss, .fullIntraRequest, .maximumBitrate, .transportWide])
    }

    @Test func takesNoPartBeforeTheFirstOffer() {
        var peer = Peer(polite: false, seed: 1)
        peer.run(peer.negotiation.start(asOfferer: false))
        peer.run(peer.negotiation.negotiateIfNeeded())
        #expect(peer.outbox.isEmpty && peer.local == nil)
    }

    @Test func audioAloneRejectsVideo() {
        let b = Peer(polite: false, seed: 2, configuration { $0.videoCodecs = [] }, kinds: [.audio])
        var pair = PeerPair(Peer(polite: true, seed: 1), b)
        pair.connect()
        #expect(pair.a.media.map(\.kind) == [.audio] && pair.b.media.map(\.kind) == [.audio])
        #expect(pair.a.sctp != nil)
        #expect(pair.a.failures.isEmpty && pair.a.outbox.count == 1)
        #expect(pair.a.negotiation.session.transceivers.map(\.isStopped) == [false, true])
    }

    @Test func asksForWhatTheOfferLacked() {
        let a = Peer(polite: true, seed: 1, configuration { $0.hasDataChannels = false }, kinds: [.audio])
        var pair = PeerPair(a, Peer(polite: false, seed: 2))
        pair.connect()
        // The other side then offers its video; data channels are refused.
        #expect(pair.b.media.map(\.kind) == [.audio, .video] && pair.a.media.map(\.kind) == [.audio, .video])
        #expect(pair.b.media[1].sends && !pair.b.media[1].receives)
        #expect(!pair.a.media[1].sends && pair.a.media[1].receives)
        #expect(pair.a.sctp == nil && pair.b.sctp == nil)
        #expect(pair.a.role == .controlling)
    }

    @Test func addsAScreenLater() {
        var pair = PeerPair()
        pair.connect()
        pair.a.negotiation.addTransceiver(.video, .sendonly, stream: "screen")
        pair.a.run(pair.a.negotiation.negotiateIfNeeded())
        pair.settle()
        #expect(pair.b.media.map(\.mid) == ["0", "1", "3"])
        #expect(pair.b.media[2].receives && !pair.b.media[2].sends)
        #expect(pair.b.media[2].remoteStream?.stream == "screen")
        #expect(pair.a.media[2].codecs[0].sendType.value == 96)
        #expect(pair.a.restarts == 0 && pair.b.restarts == 0)
    }

    @Test func changesDirection() throws {
        var pair = PeerPair()
        pair.connect()
        let camera = pair.a.media[1].transceiver
        pair.a.negotiation.setDirection(.recvonly, of: camera)
        pair.a.run(pair.a.negotiation.negotiateIfNeeded())
        pair.settle()
        #expect(!pair.a.media[1].sends && pair.a.media[1].receives)
        #expect(pair.b.media[1].sends && !pair.b.media[1].receives)
        // From the other side, which answered before.
        pair.b.negotiation.setDirection(.inactive, of: pair.b.media[1].transceiver)
        pair.b.run(pair.b.negotiation.negotiateIfNeeded())
        pair.settle()
        #expect(!pair.a.media[1].receives && !pair.b.media[1].sends)
        // What the last offer left out is for the offerer to ask again.
        pair.a.negotiation.setDirection(.sendrecv, of: camera)
        #expect(pair.a.negotiation.negotiateIfNeeded() == [])
        pair.b.negotiation.setDirection(.sendrecv, of: pair.b.media[1].transceiver)
        pair.b.run(pair.b.negotiation.negotiateIfNeeded())
        pair.settle()
        #expect(pair.a.media[1].receives && pair.b.media[1].receives)
        #expect(pair.a.media[1].sends && pair.b.media[1].sends)
        // The handshake stands, whoever offers.
        #expect(pair.a.dtls == .server && pair.b.dtls == .client)
        #expect(!pair.a.negotiation.session.isNegotiationNeeded && !pair.b.negotiation.session.isNegotiationNeeded)
    }

    @Test func dataThatThePeerWithdrawsIsNotOfferedAgain() throws {
        var pair = PeerPair()
        pair.connect()
        let offer = try #require(pair.a.negotiation.session.localDescription).text
        let withdrawn = offer.replacing("m=application 9", with: "m=application 0").replacing("0 1 2", with: "0 1")
        pair.b.run(pair.b.negotiation.receive(SignalDescription(type: .offer, sdp: withdrawn)))
        #expect(pair.b.failures.isEmpty && pair.b.state == .stable && pair.b.sentDescriptions.count == 2)
        #expect(!pair.b.negotiation.session.isNegotiationNeeded)
    }

    @Test func usesAStoppedLineAgain() {
        var pair = PeerPair()
        pair.connect()
        pair.a.negotiation.stop(pair.a.media[1].transceiver)
        pair.a.run(pair.a.negotiation.negotiateIfNeeded())
        pair.settle()
        #expect(pair.a.media.map(\.mid) == ["0"] && pair.b.media.map(\.mid) == ["0"])
        pair.b.negotiation.addTransceiver(.audio, .sendonly)
        pair.b.run(pair.b.negotiation.negotiateIfNeeded())
        pair.settle()
        #expect(pair.a.media.map(\.mid) == ["0", "3"])
        #expect(pair.a.negotiation.session.localDescription?.media.count == 3)
        #expect(pair.a.media.map(\.kind) == [.audio, .audio])
        #expect(pair.a.failures.isEmpty && pair.b.failures.isEmpty)
    }

    @Test func controlsALitePeer() {
        let server = Peer(polite: true, seed: 1, configuration { $0.isICELite = true })
        var pair = PeerPair(server, Peer(polite: false, seed: 2))
        pair.connect()
        #expect(pair.a.role == .controlled && pair.b.role == .controlling)
    }

    @Test func sendsLayersThatAreTaken() throws {
        var a = Peer(polite: true, seed: 1, kinds: [])
        a.negotiation.addTransceiver(.video, .sendonly, encodings: ["q", "h", "f"])
        var pair = PeerPair(a, Peer(polite: false, seed: 2, configuration { $0.acceptsSimulcast = true }, kinds: []))
        pair.connect()
        #expect(pair.a.media[0].sendEncodings.map(\.rid) == ["q", "h", "f"])
        #expect(pair.b.media[0].receiveEncodings == ["q", "h", "f"])
        #expect(pair.b.media[0].extensions[.rid] == 10 && pair.b.media[0].extensions[.repairedRid] == 11)
        var plain = PeerPair(a, Peer(polite: false, seed: 2, kinds: []))
        plain.connect()
        #expect(plain.a.media[0].sendEncodings.isEmpty && plain.a.media[0].sends)
    }
}

@Suite struct RestartTests {
    @Test(arguments: [true, false])
    func restartsFromEitherSide(byFirst: Bool) {
        var pair = PeerPair()
        pair.connect()
        pair.a.find(1)
        pair.b.find(2)
        pair.settle()
        let before = (pair.a.local, pair.b.local)
        if byFirst {
            pair.a.run(pair.a.negotiation.restartICE())
        } else {
            pair.b.run(pair.b.negotiation.restartICE())
        }
        // Nothing happens to the agents until the answer is there.
        #expect(pair.a.local == before.0 && pair.b.local == before.1)
        pair.settle()
        #expect(pair.a.restarts == 1 && pair.b.restarts == 1)
        #expect(pair.a.local != before.0 && pair.b.local != before.1)
        #expect(pair.a.remote == pair.b.local && pair.b.remote == pair.a.local)
        #expect(pair.a.remoteCandidates == ["192.0.2.2"] && pair.b.remoteCandidates == ["192.0.2.1"])
        #expect(pair.a.role == .controlling && pair.a.dtls == .server)
    }

    @Test func bothRestartAtOnce() {
        var pair = PeerPair()
        pair.connect()
        pair.a.find(1)
        pair.b.find(2)
        pair.settle()
        pair.a.run(pair.a.negotiation.restartICE())
        pair.b.run(pair.b.negotiation.restartICE())
        pair.settle()
        #expect(pair.a.state == .stable && pair.b.state == .stable)
        #expect(pair.a.remote == pair.b.local && pair.b.remote == pair.a.local)
        #expect(pair.a.remoteCandidates == ["192.0.2.2"] && pair.b.remoteCandidates == ["192.0.2.1"])
    }

    @Test func nothingToRestartBeforeTheFirstAgreement() {
        var peer = Peer(polite: true, seed: 1)
        peer.run(peer.negotiation.restartICE())
        #expect(peer.outbox.isEmpty)
    }
}

@Suite struct CandidateTests {
    @Test func waitsForTheDescription() throws {
        var pair = PeerPair()
        pair.a.run(pair.a.negotiation.start(asOfferer: true))
        // The candidate overtakes the offer.
        let early = SignalCandidate(candidate: candidate(7).text, sdpMid: "0", sdpMLineIndex: 0)
        pair.b.run(pair.b.negotiation.receive(.candidate(early)))
        pair.b.run(pair.b.negotiation.receive(.candidate(nil)))
        #expect(pair.b.remoteCandidates.isEmpty && !pair.b.remoteDone)
        pair.settle()
        #expect(pair.b.remoteCandidates == ["192.0.2.7"] && pair.b.remoteDone)
    }

    @Test func namesTheTransportSection() {
        var pair = PeerPair()
        pair.connect()
        pair.a.find(1)
        pair.a.run(pair.a.negotiation.localCandidatesDone())
        let ufrag = pair.a.local?.ufrag
        #expect(
            pair.a.outbox.suffix(2) == [
                .candidate(
                    SignalCandidate(
                        candidate: candidate(1).text, sdpMid: "0", sdpMLineIndex: 0, usernameFragment: ufrag)),
                .candidate(SignalCandidate(candidate: "", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: ufrag)),
            ])
        pair.settle()
        #expect(pair.b.remoteCandidates == ["192.0.2.1"] && pair.b.remoteDone)
    }

    @Test func skipsWhatBelongsElsewhere() throws {
        var pair = PeerPair()
        pair.connect()
        let ufrag = pair.b.local?.ufrag
        let rows: [SignalCandidate] = [
            SignalCandidate(candidate: candidate(1).text, sdpMid: "1", sdpMLineIndex: 1, usernameFragment: ufrag),
            SignalCandidate(candidate: candidate(2).text, sdpMLineIndex: 2, usernameFragment: ufrag),
            SignalCandidate(candidate: candidate(3).text, sdpMid: "0", usernameFragment: "gone"),
            SignalCandidate(candidate: candidate(4).text + " ufrag gone", sdpMid: "0"),
            SignalCandidate(candidate: "candidate:nonsense", sdpMid: "0"),
        ]
        for row in rows { pair.a.run(pair.a.negotiation.receive(.candidate(row))) }
        #expect(pair.a.remoteCandidates.isEmpty && pair.a.negotiation.droppedCandidates == rows.count)
        let good = SignalCandidate(candidate: candidate(5).text)
        #expect(pair.a.negotiation.receive(.candidate(good)) == [.addRemoteCandidate(candidate(5))])
        #expect(pair.a.negotiation.receive(.candidate(good)) == [], "told once")
    }

    @Test func takesABoundedNumber() {
        var pair = PeerPair()
        for number in 0..<1_000 {
            pair.b.run(pair.b.negotiation.receive(.candidate(SignalCandidate(candidate: candidate(number).text))))
        }
        pair.connect()
        for number in 0..<1_000 {
            pair.b.run(pair.b.negotiation.receive(.candidate(SignalCandidate(candidate: candidate(number).text))))
        }
        #expect(pair.b.remoteCandidates.count == 128)
    }

    @Test func laterDescriptionsRepeatThem() throws {
        var pair = PeerPair()
        pair.connect()
        pair.a.find(1)
        pair.a.negotiation.addTransceiver(.audio, .sendonly)
        pair.a.run(pair.a.negotiation.negotiateIfNeeded())
        let offer = try SessionDescription(parsing: #require(pair.a.sentDescriptions.last).sdp)
        #expect(offer.media.map(\.candidates.count) == [1, 0, 0, 0])
    }

    @Test func moveWithTheTransport() throws {
        // The answer rejects the first section, so that the second one names the transport.
        let b = Peer(polite: false, seed: 2, configuration { $0.audioCodecs = [] }, kinds: [.video])
        var pair = PeerPair(Peer(polite: true, seed: 1), b)
        pair.a.run(pair.a.negotiation.start(asOfferer: true))
        pair.a.find(1)
        pair.settle()
        #expect(pair.b.remoteCandidates == ["192.0.2.1"])
        #expect(pair.a.media.map(\.mid) == ["1"])
    }
}
