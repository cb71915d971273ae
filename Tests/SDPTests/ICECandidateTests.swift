import SDP
import Testing

@Suite struct ICECandidateTests {
    typealias Endpoint = ICECandidate.Endpoint

    static let rows: [(String, ICECandidate)] = [
        (
            "candidate:1 1 udp 2130706431 192.0.2.1 50000 typ host",
            ICECandidate(foundation: "1", priority: 2_130_706_431, endpoint: Endpoint("192.0.2.1", 50_000), kind: .host)
        ),
        (
            "candidate:2 1 udp 1694498815 203.0.113.7 50001 typ srflx raddr 0.0.0.0 rport 0",
            ICECandidate(
                foundation: "2", priority: 1_694_498_815, endpoint: Endpoint("203.0.113.7", 50_001),
                kind: .serverReflexive, related: Endpoint("0.0.0.0", 0))
        ),
        (
            "candidate:3 2 udp 41885439 2001:db8::7 3478 typ relay raddr 2001:db8::1 rport 9",
            ICECandidate(
                foundation: "3", component: 2, priority: 41_885_439, endpoint: Endpoint("2001:db8::7", 3_478),
                kind: .relayed, related: Endpoint("2001:db8::1", 9))
        ),
        (
            "candidate:4 1 tcp 1518280447 192.0.2.1 9 typ host tcptype active",
            ICECandidate(
                foundation: "4", transport: .tcp(.active), priority: 1_518_280_447, endpoint: Endpoint("192.0.2.1", 9),
                kind: .host)
        ),
        (
            "candidate:5 1 udp 2113937151 0f2b0c5e-7d0a-4a44-9be7-9b6d8f6d8c11.local 55555 typ host ufrag Zx3q",
            ICECandidate(
                foundation: "5", priority: 2_113_937_151,
                endpoint: Endpoint("0f2b0c5e-7d0a-4a44-9be7-9b6d8f6d8c11.local", 55_555), kind: .host, ufrag: "Zx3q")
        ),
        (
            "candidate:6 1 udp 1862270975 198.51.100.9 40000 typ prflx raddr 10.0.0.2 rport 40000",
            ICECandidate(
                foundation: "6", priority: 1_862_270_975, endpoint: Endpoint("198.51.100.9", 40_000),
                kind: .peerReflexive, related: Endpoint("10.0.0.2", 40_000))
        ),
    ]

    @Test(arguments: rows)
    func readsAndWrites(text: String, candidate: ICECandidate) throws {
        #expect(try ICECandidate(text) == candidate)
        #expect(candidate.text == text)
        #expect(try ICECandidate("a=" + text + "\r\n") == candidate)
    }

    @Test func ignoresWhatBrowsersAdd() throws {
        let text =
            "candidate:842163049 1 UDP 1677729535 198.51.100.4 61000 typ srflx raddr 0.0.0.0 rport 0 "
            + "generation 0 ufrag sXP5 network-id 1 network-cost 10"
        let candidate = try ICECandidate(text)
        #expect(candidate.transport == .udp)
        #expect(candidate.ufrag == "sXP5")
        #expect(candidate.text.hasSuffix("rport 0 ufrag sXP5"))
    }

    @Test func knowsAddressForms() {
        #expect(Endpoint("2001:db8::1", 1).isIPv6)
        #expect(Endpoint("ab-12.LOCAL", 1).isLocalName)
        #expect(!Endpoint("192.0.2.1", 1).isIPv6 && !Endpoint("192.0.2.1", 1).isLocalName)
    }

    static let bad: [(String, ICECandidate.ParseError)] = [
        ("", .malformed),
        ("candidate:", .malformed),
        ("candidate:1 1 udp 1 192.0.2.1 50000 typ", .malformed),
        ("candidate:1 0 udp 1 192.0.2.1 50000 typ host", .malformed),
        ("candidate:1 257 udp 1 192.0.2.1 50000 typ host", .malformed),
        ("candidate:1 1 udp -1 192.0.2.1 50000 typ host", .malformed),
        ("candidate:1 1 udp 4294967296 192.0.2.1 50000 typ host", .malformed),
        ("candidate:1 1 udp 1 192.0.2.1 65536 typ host", .malformed),
        ("candidate:1 1 udp 1 192.0.2.\u{1b}[2J 5 typ host", .malformed),
        ("candidate:1 1 udp 1 192.0.2.1 50000 typ host generation", .malformed),
        ("candidate:1 1 tcp 1 192.0.2.1 9 typ host", .malformed),
        ("candidate:1 1 tcp 1 192.0.2.1 9 typ host tcptype odd", .unsupported),
        ("candidate:1 1 sctp 1 192.0.2.1 9 typ host", .unsupported),
        ("candidate:1 1 udp 1 192.0.2.1 9 typ magic", .unsupported),
        ("candidate:" + String(repeating: "1", count: 33) + " 1 udp 1 192.0.2.1 9 typ host", .malformed),
        ("candidate:1 1 udp 1 192.0.2.1 9 typ host" + String(repeating: " a b", count: 300), .malformed),
    ]

    @Test(arguments: bad)
    func refuses(text: String, error: ICECandidate.ParseError) {
        #expect(throws: error) { try ICECandidate(text) }
    }
}
