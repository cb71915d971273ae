import Media
import Primitives
import RTP
import Simulation
import Streams
import Testing

/// Whole calls over simulated paths.
@Suite struct CallTests {
    @Test(arguments: [(0.01, 0.995), (0.05, 0.99), (0.15, 0.95)])
    func videoSurvivesBurstLoss(rate: Double, fraction: Double) {
        var pair = SessionPair(
            path: .init(latency: .milliseconds(60), jitter: .milliseconds(5), loss: .bursts(rate: rate)))
        pair.connect()
        pair.talk(for: .seconds(20), adaptive: true)
        pair.run(for: .seconds(2))
        let decoder = DecoderModel(pair.right.frames)
        #expect(decoder.failures == 0)
        let share = Double(decoder.decoded.count) / Double(pair.left.framesSent)
        #expect(share >= fraction)
    }

    /// Two temporal layers, burst loss: what is lost of the upper layer needs no waiting for.
    @Test func temporalLayersSurviveBurstLoss() {
        var pair = SessionPair(path: .init(latency: .milliseconds(60), loss: .bursts(rate: 0.05)), seed: 21)
        pair.connect()
        pair.talk(for: .seconds(20), layers: 2, adaptive: true)
        pair.run(for: .seconds(2))
        let decoder = DecoderModel(pair.right.frames)
        #expect(decoder.failures == 0)
        #expect(decoder.decoded.count * 100 >= pair.left.framesSent * 97)
    }

    @Test(arguments: 1...6)
    func aBadPathNeverGivesAFrameThatCannotBeDecoded(seed: Int) {
        let bad = NetworkConditions(
            latency: .milliseconds(Int64(seed * 15)), jitter: .milliseconds(40), loss: .bursts(rate: 0.1, length: 5),
            reordering: 0.05, reorderingDelay: .milliseconds(30), duplication: 0.05, rate: .kilobits(800))
        var pair = SessionPair(path: bad, seed: UInt64(seed))
        pair.connect()
        pair.talk(for: .seconds(10), layers: seed % 2 + 1, adaptive: true)
        let decoder = DecoderModel(pair.right.frames)
        #expect(decoder.failures == 0)
        #expect(decoder.decoded.count * 2 > pair.left.framesSent)
    }

    @Test func anOutageIsOverSoonAfterItsEnd() {
        var pair = SessionPair(path: .init(latency: .milliseconds(40)))
        pair.connect()
        pair.talk(for: .seconds(5))
        pair.left.path.conditions.loss = .random(1)
        pair.right.path.conditions.loss = .random(1)
        pair.talk(for: .seconds(3))
        pair.left.path.conditions.loss = .none
        pair.right.path.conditions.loss = .none
        let back = pair.now
        let shown = pair.right.frames.count
        pair.talk(for: .seconds(2))
        let first = pair.right.frames.dropFirst(shown).first
        #expect(first.map { $0.time - back < .milliseconds(1_000) } ?? false)
        #expect(DecoderModel(pair.right.frames).failures == 0)
    }

    @Test func aPerfectPathNeedsNoRepair() {
        var pair = SessionPair(path: .init(latency: .milliseconds(20)))
        pair.connect()
        pair.talk(for: .seconds(10))
        pair.run(for: .seconds(1))
        #expect(pair.right.frames.count == pair.left.framesSent)
        #expect(pair.right.audio.count == pair.left.audioSent)
        #expect(
            pair.right.audio.map(\.timestamp)
                == (0..<pair.right.audio.count).map { pair.right.audio[0].timestamp + Int64($0 * 960) })
        #expect(pair.left.keyFramesRequested == 0)
        let received = pair.right.statistics("1")?.received
        #expect(received?.lost == 0 && received?.nacks == 0 && received?.recovered == 0 && received?.framesDropped == 0)
        #expect(pair.left.session.packetsRejected == 0 && pair.right.session.packetsRejected == 0)
    }
}
