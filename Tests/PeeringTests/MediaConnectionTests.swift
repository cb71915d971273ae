import Media
import PeerSession
import Primitives
import RTP
import Runtime
import SDP
import SecureTransport
import Signalling
import Streams
import Testing

@testable import Peering

/// Connections as towards a media server: one side offers everything, sections come and go, channels carry bytes.
@CallLoop
struct MediaConnectionTests {
    /// Two connections joined by signalling that keeps the order, and what each has told.
    @CallLoop
    final class Pair {
        private(set) var server: MediaConnection!
        private(set) var client: MediaConnection!
        private(set) var sections: [NegotiatedSection] = []
        private(set) var heard: [String: Int] = [:]
        private(set) var seen: [String: Int] = [:]
        private(set) var open: Set<String> = []
        private(set) var bytes: [[UInt8]] = []
        private(set) var clientOffers = 0
        private var waiting: (() -> Bool, CheckedContinuation<Void, Never>)?

        init() throws {
            server = try MediaConnection(
                .init(
                    cname: "server", certificate: .selfSigned(), role: .beginsOffering,
                    channels: [
                        DataChannelOpen(label: "_reliable"),
                        DataChannelOpen(label: "_lossy", isOrdered: false, reliability: .retransmissions(0)),
                    ])
            ) { [weak self] event in self?.handle(event, ofServer: true) }
            client = try MediaConnection(.init(cname: "client", certificate: .selfSigned(), role: .onlyAnswers)) {
                [weak self] event in self?.handle(event, ofServer: false)
            }
        }

        private func handle(_ event: MediaConnection.Event, ofServer isServer: Bool) {
            switch event {
            case .signal(let signal):
                if !isServer, case .description(let description) = signal, description.type == .offer {
                    clientOffers += 1
                }
                CallLoop.post { [weak self] in (isServer ? self?.client : self?.server)?.receive(signal) }
            case .mediaChanged(let sections): if !isServer { self.sections = sections }
            case .audioPacket(let mid, _): heard[mid, default: 0] += 1
            case .videoFrame(let mid, _, _): seen[mid, default: 0] += 1
            case .channelOpen(let label): if isServer { open.insert(label) }
            case .binary(_, let bytes): self.bytes.append(bytes)
            default: break
            }
            look()
        }

        private func look() {
            guard let (condition, continuation) = waiting, condition() else { return }
            waiting = nil
            continuation.resume()
        }

        func until(_ condition: @escaping () -> Bool) async {
            if condition() { return }
            await withCheckedContinuation { waiting = (condition, $0) }
        }

        func close() {
            server.close()
            client.close()
        }
    }

    private func speak(_ pair: Pair, _ mid: String, _ number: UInt32) {
        pair.server.sendAudio(
            mid, payload: [0x78, 1, 2, 3], timestamp: number * 960, level: AudioLevel(level: 20, voice: true),
            marker: false, captureTime: Clock.now())
    }

    @Test(.timeLimit(.minutes(1)))
    func manySectionsComeOneAfterTheOther() async throws {
        let pair = try Pair()
        defer { pair.close() }
        var tracks: [String] = []
        for number in 0..<3 {
            for kind in [Transceiver.Kind.audio, .video] {
                let added = pair.server.addTransceiver(kind, .sendonly, stream: "PA_\(number)|x")
                tracks.append(added.stream.track ?? "")
            }
            pair.server.negotiate()
            let count = tracks.count
            await pair.until { pair.sections.count == count }
        }
        #expect(pair.sections.map { $0.remoteStream?.track } == tracks)
        #expect(
            pair.sections.map { $0.remoteStream?.stream } == [
                "PA_0|x", "PA_0|x", "PA_1|x", "PA_1|x", "PA_2|x", "PA_2|x",
            ])
        #expect(pair.sections.allSatisfy { $0.receives && !$0.sends })
        #expect(pair.clientOffers == 0, "a side that only answers never offers")
        await pair.until { pair.open == ["_reliable", "_lossy"] }
        let mids = pair.sections.map(\.mid)
        for number in 0..<10 {
            for mid in [mids[0], mids[2], mids[4]] { speak(pair, mid, UInt32(number)) }
        }
        pair.server.sendVideo(
            mids[5],
            EncodedFrame(bytes: Party.picture(0, isKeyFrame: true), isKeyFrame: true, timestamp: 0, time: Clock.now()))
        await pair.until { [0, 2, 4].allSatisfy { pair.heard[mids[$0]] == 10 } && pair.seen[mids[5]] == 1 }
        #expect(pair.heard.count == 3 && pair.seen.count == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func channelsCarryBytesBothWays() async throws {
        let pair = try Pair()
        defer { pair.close() }
        pair.server.negotiate()
        await pair.until { pair.open == ["_reliable", "_lossy"] }
        #expect(pair.server.send([1, 2, 3], on: "_reliable"))
        #expect(pair.server.send([4], on: "_lossy"))
        #expect(!pair.server.send([5], on: "other"))
        #expect(!pair.server.send([UInt8](repeating: 0, count: 70_000), on: "_reliable"))
        await pair.until { pair.bytes.count == 2 }
        #expect(pair.client.send([6], on: "_reliable"))
        await pair.until { pair.bytes.count == 3 }
        #expect(Set(pair.bytes) == [[1, 2, 3], [4], [6]])
    }
}
