import Foundation
import PeerSession
import Primitives
import SDP
import Signalling
import Testing

/// Offers of other programs, and exactly what they are answered.
@Suite struct BrowserTests {
    private func answer(
        _ name: String, _ change: (inout JSEPSession.Configuration) -> Void = { _ in }
    ) throws -> (Peer, String) {
        var peer = Peer(polite: false, seed: 9, configuration(change))
        peer.run(peer.negotiation.start(asOfferer: false))
        peer.run(peer.negotiation.receive(SignalDescription(type: .offer, sdp: try Vectors.text(name))))
        return (peer, try #require(peer.sentDescriptions.first).sdp)
    }

    /// `CONFAB_WRITE_VECTORS=1` writes the answers anew; read them before committing.
    @Test(arguments: Vectors.offers)
    func answersExactly(name: String) throws {
        let (_, answer) = try answer(name)
        let file = "confab-answer-to-" + name.replacing("-offer", with: "")
        if ProcessInfo.processInfo.environment["CONFAB_WRITE_VECTORS"] != nil {
            try Vectors.write(answer, file)
        }
        #expect(try answer == Vectors.text(file))
    }

    @Test func offersExactly() throws {
        var peer = Peer(polite: true, seed: 9)
        peer.run(peer.negotiation.start(asOfferer: true))
        let offer = try #require(peer.sentDescriptions.first).sdp
        if ProcessInfo.processInfo.environment["CONFAB_WRITE_VECTORS"] != nil {
            try Vectors.write(offer, "confab-offer")
        }
        #expect(try offer == Vectors.text("confab-offer"))
    }

    @Test func chromium() throws {
        let (peer, _) = try answer("chromium-offer")
        #expect(peer.media.map(\.mid) == ["0", "1"])
        #expect(
            peer.media[1].remoteSources == [
                RemoteSource(
                    ssrc: SSRC(3_091_668_066), retransmissionSSRC: SSRC(2_491_688_310), cname: "uldQ0DcyxCkIOvUE")
            ])
        #expect(peer.media[0].remoteStream?.stream == "d05c2c47-42d8-4494-acb1-a32681f5dc81")
        #expect(peer.sctp?.maximumMessageSize == 262_144)
        #expect(peer.dtls == .client && peer.role == .controlled)
        #expect(peer.state == .stable && !peer.negotiation.session.isNegotiationNeeded)
    }

    @Test func firefoxKeepsItsNumbers() throws {
        let (peer, _) = try answer("firefox-offer")
        #expect(peer.media[0].codecs[0].sendType.value == 109)
        #expect(peer.media[0].codecs[0].opus.stereo)
        #expect(!peer.media[0].codecs[0].opus.discontinuous)
        #expect(peer.media[1].codecs[0].sendType.value == 120)
        #expect(peer.media[1].codecs[0].sendRetransmissionType?.value == 124)
        #expect(peer.media[1].extensions[.transportSequence] == 7 && peer.media[1].extensions[.mid] == 3)
        // A later offer of ours keeps the numbers as well.
        var again = peer
        again.negotiation.addTransceiver(.video, .sendonly)
        again.run(again.negotiation.negotiateIfNeeded())
        let offer = try SessionDescription(parsing: #require(again.sentDescriptions.last).sdp)
        #expect(offer.media.map(\.mid) == ["0", "1", "2", "3"])
        #expect(offer.media[0].formats == ["109", "63"] && offer.media[3].formats == ["120", "124"])
        #expect(offer.media[3].extensions.map(\.id) == [4, 7, 3])
    }

    @Test func aiortc() throws {
        let (peer, _) = try answer("aiortc-offer")
        // Its other sections' candidates are of no use: everything is bundled with the first.
        #expect(peer.remoteCandidates == ["192.0.2.2", "fd00::2"] && peer.remoteDone)
        #expect(peer.sctp?.maximumMessageSize == 262_144)
    }

    /// `confab-offer` as Chromium 156, Firefox 153 and aiortc 1.16 answered it.
    @Test(arguments: Vectors.answers)
    func takesAnswersOfOthers(name: String) throws {
        var peer = Peer(polite: true, seed: 9)
        peer.run(peer.negotiation.start(asOfferer: true))
        #expect(try peer.sentDescriptions.first?.sdp == Vectors.text("confab-offer"))
        peer.run(peer.negotiation.receive(SignalDescription(type: .answer, sdp: try Vectors.text(name))))
        #expect(peer.failures.isEmpty && peer.state == .stable && peer.outbox.count == 1)
        #expect(peer.media.map(\.mid) == ["0", "1"] && peer.media.allSatisfy { $0.sends && $0.receives })
        #expect(peer.media[1].codecs[0].sendRetransmissionType?.value == 97)
        #expect(peer.media[1].remoteSources.first?.retransmissionSSRC != nil)
        #expect(peer.media[1].codecs[0].feedback.isSuperset(of: [.nack, .pictureLoss, .maximumBitrate]))
        #expect(peer.dtls == .server && peer.role == .controlling && peer.sctp != nil)
    }

    @Test func dataChannelsOfTheDraftsAreAnsweredLikewise() throws {
        let (peer, text) = try answer("draft-sctp-offer")
        #expect(text.contains("m=application 9 DTLS/SCTP 5000\r\n"))
        #expect(text.contains("a=sctpmap:5000 webrtc-datachannel 65535\r\n"))
        #expect(peer.sctp?.remotePort == 5_000)
        #expect(peer.remoteCandidates == ["192.168.1.20", "203.0.113.77"] && peer.remoteDone)
        #expect(peer.media[1].codecs[0].sendType.value == 97)
        #expect(peer.media[1].codecs[0].feedback == [.nack, .pictureLoss, .maximumBitrate])
    }

    @Test func videoThatNobodyUnderstandsIsRejected() throws {
        let (peer, text) = try answer("h264-only-offer")
        #expect(text.contains("m=video 0 UDP/TLS/RTP/SAVPF 102 103\r\n"))
        #expect(text.contains("a=group:BUNDLE audio\r\n"))
        #expect(peer.media.map(\.mid) == ["audio"])
        #expect(peer.failures.isEmpty && peer.dtls == .client)
    }

    @Test func followsAnAnswerThatRejects() throws {
        var peer = Peer(polite: true, seed: 3)
        peer.run(peer.negotiation.start(asOfferer: true))
        peer.run(
            peer.negotiation.receive(
                SignalDescription(type: .answer, sdp: try Vectors.text("rejecting-answer"))))
        #expect(peer.failures.isEmpty && peer.state == .stable)
        #expect(peer.media.map(\.mid) == ["0"])
        #expect(peer.dtls == .client, "the answer is passive")
        #expect(peer.role == .controlling)
        #expect(peer.remoteCandidates == ["198.51.100.7"])
        #expect(peer.outbox.count == 1)
    }

    /// As a forwarding server offers: many sections, in any order, some unknown.
    @Test func answersManySections() throws {
        var text = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE"
        for index in 0..<40 { text += " m\(index)" }
        text +=
            "\r\na=ice-lite\r\na=fingerprint:\(Self.digest)\r\na=ice-ufrag:abcd\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaa\r\n"
        for index in 0..<40 {
            switch index % 4 {
            case 0: text += "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\n"
            case 1: text += rtp("video", "100", "VP8/90000")
            case 2: text += rtp("audio", "111", "opus/48000/2")
            default: text += "m=message 9 TCP/MSRP *\r\n"
            }
            text += "a=mid:m\(index)\r\na=setup:actpass\r\n"
        }
        var peer = Peer(polite: true, seed: 3, kinds: [])
        peer.run(peer.negotiation.receive(SignalDescription(type: .offer, sdp: text)))
        let answer = try SessionDescription(parsing: #require(peer.sentDescriptions.first).sdp)
        #expect(answer.media.map(\.mid) == (0..<40).map { "m\($0)" })
        #expect(answer.media.filter { !$0.isRejected }.count == 21, "ten of each medium, one for data")
        #expect(peer.media.count == 20 && peer.media.allSatisfy { $0.receives && !$0.sends })
        #expect(peer.role == .controlling)
        // Again with some of them gone.
        let fewer = text.replacing("m=video 9", with: "m=video 0")
        peer.run(peer.negotiation.receive(SignalDescription(type: .offer, sdp: fewer)))
        #expect(peer.media.count == 10 && peer.failures.isEmpty)
        #expect(peer.negotiation.session.transceivers.count == 10)
    }

    private func rtp(_ kind: String, _ type: String, _ codec: String) -> String {
        "m=\(kind) 9 UDP/TLS/RTP/SAVPF \(type)\r\na=rtpmap:\(type) \(codec)\r\na=sendonly\r\na=rtcp-mux\r\n"
    }

    static let digest = "sha-256 " + Hex.encode([UInt8](repeating: 7, count: 32), separator: ":")
}

extension Vectors {
    static func write(_ text: String, _ name: String, file: String = #filePath) throws {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
        let url = folder.appendingPathComponent("Vectors/SDP/\(name).sdp")
        try text.replacingOccurrences(of: "\r\n", with: "\n").write(to: url, atomically: true, encoding: .utf8)
    }
}
