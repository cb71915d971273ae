import Primitives
import SDP
import Testing

@Suite struct SessionDescriptionTests {
    @Test func readsWhatChromiumOffers() throws {
        let offer = try SessionDescription(parsing: Vectors.text("chromium-offer"))
        #expect(offer.origin.sessionID == 5_933_948_713_669_688_587)
        #expect(offer.origin.version == 2)
        #expect(offer.bundle == ["0", "1", "2"])
        #expect(offer.allowsMixedExtensionHeaders)
        #expect(offer.media.map(\.kind) == [.audio, .video, .application])
        #expect(offer.media.allSatisfy { offer.credentials(of: $0)?.ufrag == "61To" })
        #expect(offer.media.allSatisfy { offer.setup(of: $0) == .actpass })

        let audio = offer.media[0]
        #expect(audio.codecs.map(\.payloadType.value) == [111, 63, 9, 0, 8, 13, 110, 126])
        #expect(audio.codecs[0].name == "opus" && audio.codecs[0].channels == 2)
        #expect(audio.codecs[0].parameters.number("minptime") == 10)
        #expect(audio.codecs[0].parameters.isSet("useinbandfec"))
        #expect(audio.codecs[0].feedback == [.transportWide])
        #expect(audio.codecs[1].parameters.text == "111/111")
        #expect(audio.extensions.map(\.id) == [1, 2, 3, 4])
        #expect(audio.sources.map(\.cname) == ["uldQ0DcyxCkIOvUE"])
        #expect(audio.multiplexesRTCP && audio.allowsReducedSizeRTCP)

        let video = offer.media[1]
        #expect(video.sourceGroups == [SourceGroup("FID", [SSRC(3_091_668_066), SSRC(2_491_688_310)])])
        #expect(video.codecs[1].parameters.number("apt") == 96)
        let feedback: Set<RTCPFeedback> = [.maximumBitrate, .transportWide, .fullIntraRequest, .nack, .pictureLoss]
        #expect(Set(video.codecs[0].feedback) == feedback)
        #expect(video.streams.first?.track == "80c8d67d-f280-4d5d-937d-03672637a1c8")

        let data = offer.media[2]
        #expect(data.isDataChannel && data.dataChannelPort == 5_000 && data.maximumMessageSize == 262_144)
    }

    @Test func readsWhatFirefoxOffers() throws {
        let offer = try SessionDescription(parsing: Vectors.text("firefox-offer"))
        #expect(offer.media.allSatisfy { $0.attributes.fingerprints.isEmpty })
        #expect(offer.media.allSatisfy { offer.fingerprints(of: $0).sha256.count == 1 })
        #expect(offer.iceOptions(of: offer.media[0]) == ["trickle"])
        // Here fmtp stands before rtpmap.
        #expect(offer.media[0].codecs[0].parameters.isSet("stereo"))
        #expect(offer.media[0].extensions[1].direction == .recvonly)
        #expect(offer.allowsMixedExtensionHeaders(in: offer.media[0]))
        #expect(!offer.allowsMixedExtensionHeaders(in: offer.media[2]))
        #expect(offer.media[1].codecs.first { $0.isNamed("RTX") }?.parameters.number("apt") == 120)
    }

    @Test func readsWhatAiortcOffers() throws {
        let offer = try SessionDescription(parsing: Vectors.text("aiortc-offer"))
        #expect(offer.media[0].candidates.map(\.endpoint.address) == ["192.0.2.2", "fd00::2"])
        #expect(offer.media[0].hasEndOfCandidates)
        #expect(offer.fingerprints(of: offer.media[0]).map(\.algorithm) == ["sha-256", "sha-384", "sha-512"])
        #expect(offer.media[2].isDataChannel && !offer.media[2].usesDraftSCTP)
        #expect(offer.media[2].maximumMessageSize == 262_144)
    }

    @Test func readsDataChannelsOfTheDrafts() throws {
        let offer = try SessionDescription(parsing: Vectors.text("draft-sctp-offer"))
        #expect(offer.media[2].isDataChannel && offer.media[2].usesDraftSCTP)
        #expect(offer.media[2].dataChannelPort == 5_000)
        #expect(offer.media[0].candidates.map(\.kind) == [.host, .serverReflexive])
    }

    @Test func readsSimulcast() throws {
        let video = try SessionDescription(parsing: Vectors.text("simulcast-offer")).media[0]
        #expect(video.rids.map(\.id) == ["q", "h", "f"])
        #expect(video.rids[0].restrictions.number("max-width") == 320)
        #expect(video.simulcast?.send == [[.init("q")], [.init("h", isPaused: true), .init("f")]])
        #expect(video.feedback(of: video.codecs[0]) == [.pictureLoss, .transportWide])
        // Upper-case algorithm, lower-case digits.
        #expect(video.attributes.fingerprints.sha256.count == 1)
        #expect(video.direction == .sendonly)
    }

    @Test func knowsRejectedSections() throws {
        let answer = try SessionDescription(parsing: Vectors.text("rejecting-answer"))
        #expect(answer.media.map(\.isRejected) == [false, true, false])
        #expect(answer.isICELite)
    }

    @Test(arguments: Vectors.names)
    func whatIsWrittenReadsTheSame(name: String) throws {
        let description = try SessionDescription(parsing: Vectors.text(name))
        #expect(try SessionDescription(parsing: description.text) == description)
    }

    @Test(arguments: Vectors.names)
    func everyLineIsKept(name: String) throws {
        let text = try Vectors.text(name)
        let written = try SessionDescription(parsing: text).text
        func lines(_ text: String) -> Set<String> {
            // Hexadecimal digits are written in upper case, and a channel count of 1 not at all.
            Set(
                text.split(whereSeparator: \.isNewline).map {
                    $0.hasPrefix("a=fingerprint") ? $0.uppercased() : String($0).replacing("8000/1", with: "8000")
                })
        }
        #expect(lines(text).subtracting(lines(written)).isEmpty)
    }

    @Test func lineEndsMayBeBare() throws {
        let text = try Vectors.text("chromium-offer")
        let bare = text.replacing("\r\n", with: "\n")
        #expect(try SessionDescription(parsing: bare) == SessionDescription(parsing: text))
    }

    @Test func offersOldTypesWithoutRTPMap() throws {
        let text = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0 8 77\r\n"
        let section = try SessionDescription(parsing: text).media[0]
        #expect(section.codecs.map(\.name) == ["PCMU", "PCMA"])
        #expect(section.formats == ["0", "8", "77"])
    }
}

@Suite struct SDPErrorTests {
    private static let head = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"
    private static let audio = head + "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"

    static let rows: [(String, Int, SDPError.Reason)] = [
        ("", 0, .missing("v=")),
        ("hello", 1, .malformedLine),
        ("o=- 1 1 IN IP4 0.0.0.0\r\n", 1, .missing("v=")),
        ("v=0\r\n", 0, .missing("o=")),
        ("v=1\r\n", 1, .malformed("v=")),
        ("v=0\r\no=- x 1 IN IP4 0.0.0.0\r\n", 2, .malformed("o=")),
        (head + "m=audio 70000 UDP/TLS/RTP/SAVPF 111\r\n", 5, .malformed("m=")),
        (head + "m=audio 9 UDP/TLS/RTP/SAVPF\r\n", 5, .malformed("m=")),
        (head + "m=audio 9 UDP/TLS/RTP/SAVPF 128\r\n", 5, .malformed("m=")),
        (audio + "a=rtpmap:128 opus/48000/2\r\n", 6, .malformed("rtpmap")),
        (audio + "a=rtpmap:111 opus\r\n", 6, .malformed("rtpmap")),
        (audio + "a=rtpmap:111 opus/48000/2\r\na=rtpmap:111 VP8/90000\r\n", 7, .duplicate("rtpmap")),
        (audio + "a=mid:0\r\na=mid:1\r\n", 7, .duplicate("mid")),
        (audio + "a=mid:0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n", 7, .duplicate("mid")),
        (audio + "a=setup:sideways\r\n", 6, .malformed("setup")),
        (audio + "a=fingerprint:sha-256 00:11\r\n", 6, .malformed("fingerprint")),
        (audio + "a=ice-ufrag:abcd\r\n", 5, .missing("ice-pwd")),
        (audio + "a=ice-ufrag:abc\r\na=ice-pwd:aaaaaaaaaaaaaaaaaaaaaa\r\n", 5, .malformed("ice-ufrag")),
        (audio + "a=candidate:1 1 udp x 10.0.0.1 9 typ host\r\n", 6, .malformed("candidate")),
        (audio + "a=extmap:0 urn:x\r\n", 6, .malformed("extmap")),
        (audio + "a=ssrc:4294967296 cname:x\r\n", 6, .malformed("ssrc")),
        (audio + "a=simulcast:send\r\n", 6, .malformed("simulcast")),
        (audio + "a=\u{301}mid:0\r\n", 6, .malformedLine),
        (audio + "a=msid:a\rb=c\r\n", 6, .malformedLine),
    ]

    @Test(arguments: rows)
    func namesLineAndReason(text: String, line: Int, reason: SDPError.Reason) {
        #expect(throws: SDPError(line: line, reason)) { try SessionDescription(parsing: text) }
    }

    @Test func boundsWhatIsRead() {
        let section = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
        #expect(throws: SDPError(line: 0, .tooLong)) {
            try SessionDescription(parsing: Self.head + String(repeating: "x", count: 65_536))
        }
        #expect(throws: SDPError(line: 0, .tooManyLines)) {
            try SessionDescription(parsing: Self.head + String(repeating: "b=x\n", count: 5_000))
        }
        #expect(throws: SDPError(line: 5 + 128, .tooManySections)) {
            try SessionDescription(parsing: Self.head + String(repeating: section, count: 200))
        }
        #expect(throws: SDPError(line: 6 + 64, .tooManyLines)) {
            try SessionDescription(parsing: Self.audio + (1...100).map { "a=rtcp-fb:* x\($0)\r\n" }.joined())
        }
        #expect(throws: SDPError(line: 6 + 64, .tooManySources)) {
            try SessionDescription(parsing: Self.audio + (1...100).map { "a=ssrc:\($0) cname:x\r\n" }.joined())
        }
    }

    @Test func skipsCandidatesOfUnknownKind() throws {
        let text = Self.audio + "a=candidate:1 1 ssltcp 1 10.0.0.1 9 typ host\r\n"
        let section = try SessionDescription(parsing: text).media[0]
        #expect(section.candidates.isEmpty)
        #expect(section.others.map(\.name) == ["candidate"])
    }
}
