import Media
import Primitives
import RTP
import Testing

@testable import Streams

/// A picture sent in layers (RFC 8853): one m-section, one stream for each layer.
struct SimulcastTests {
    private static let extensions = HeaderExtensionMap([.mid: 4, .rid: 10, .repairedRid: 11])

    private static func layer(_ rid: String, ssrc: UInt32) -> SectionParameters {
        let types = SectionParameters.PayloadTypes(media: PayloadType(masking: 96), repair: PayloadType(masking: 97))
        return SectionParameters(
            mid: "1", rid: rid, kind: .video, sends: true, receives: false, sendTypes: types, receiveTypes: types,
            clockRate: 90_000, extensions: extensions, feedback: .everything, localSSRC: SSRC(ssrc),
            localRepairSSRC: SSRC(ssrc + 1))
    }

    private func session() -> RTPSession {
        let clock = WallClock(NTPTime(unixNanoseconds: 0), at: .zero)
        var session = RTPSession(cname: "left", seed: 3, clock: clock)
        session.configure(Self.layer("q", ssrc: 10), now: .zero)
        session.configure(Self.layer("f", ssrc: 20), now: .zero)
        return session
    }

    private func frame() -> EncodedFrame {
        EncodedFrame(bytes: [0x10, 2, 0, 0x9d, 1, 0x2a, 64, 1, 240, 0], isKeyFrame: true, timestamp: 0, time: .zero)
    }

    private func sent(_ session: inout RTPSession) -> [RTPPacket] {
        var packets: [RTPPacket] = []
        while let packet = session.pollTransmit() {
            if case .rtp(let bytes) = packet, let parsed = try? RTPPacket(parsing: bytes) { packets.append(parsed) }
        }
        return packets
    }

    private func values(_ packet: RTPPacket) -> HeaderExtensions {
        HeaderExtensions(packet.extensionBlock, map: Self.extensions)
    }

    @Test func eachLayerSaysWhoItIs() {
        var session = session()
        session.sendVideo(mid: "1/q", frame: frame(), now: .zero)
        session.sendVideo(mid: "1/f", frame: frame(), now: .zero)
        let packets = sent(&session)
        #expect(packets.map(\.ssrc) == [SSRC(10), SSRC(20)])
        #expect(packets.map { values($0).rid } == ["q", "f"])
        #expect(packets.map { values($0).mid } == ["1", "1"])
    }

    @Test func aRetransmissionNamesTheLayerItRepairs() throws {
        var session = session()
        session.sendVideo(mid: "1/f", frame: frame(), now: .zero)
        let lost = try #require(sent(&session).first)
        let nack = GenericNACK(sender: SSRC(99), media: SSRC(20), sequences: [lost.sequence])
        session.receive(RTCP.serialise([.nack(nack)]), now: .milliseconds(50))
        session.handleTimeout(now: .milliseconds(200))
        let repair = try #require(sent(&session).first)
        #expect(repair.ssrc == SSRC(21))
        #expect(values(repair).repairedRid == "f" && values(repair).rid == nil)
    }

    @Test func aKeyFrameIsAskedOfOneLayer() {
        var session = session()
        let request = PictureLossIndication(sender: SSRC(99), media: SSRC(20))
        session.receive(RTCP.serialise([.pictureLoss(request)]), now: .milliseconds(10))
        var asked: [String] = []
        while let event = session.pollEvent() {
            if case .keyFrameRequested(let name) = event { asked.append(name) }
        }
        #expect(asked == ["1/f"])
    }
}
