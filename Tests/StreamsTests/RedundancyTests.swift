import Media
import Primitives
import RTP
import Simulation
import Testing

@testable import Streams

@Suite struct RedundancyTests {
    /// A section in which both sides know RED.
    private static func audio(local: UInt32, remote: UInt32, redundant: Bool) -> SectionParameters {
        var section = SessionPair.audio(local: local, remote: remote)
        let type = redundant ? PayloadType(masking: 63) : nil
        section.sendTypes.redundant = type
        section.receiveTypes.redundant = type
        return section
    }

    private static func pair(loss: NetworkConditions.Loss, redundant: Bool = true) -> SessionPair {
        var pair = SessionPair(path: .init(latency: .milliseconds(20), loss: loss), back: .perfect)
        pair.left.session.configure(audio(local: 10, remote: 20, redundant: redundant), now: pair.now)
        pair.right.session.configure(audio(local: 20, remote: 10, redundant: redundant), now: pair.now)
        return pair
    }

    private static func talk(_ pair: inout SessionPair, seconds: Int) {
        for _ in 0..<seconds * 50 {
            pair.sendAudio()
            pair.run(for: .milliseconds(20))
        }
    }

    @Test(arguments: [(0.05, 0.005), (0.1, 0.01), (0.2, 0.02), (0.3, 0.05)])
    func lostSoundComesWithThePacketsAfterIt(rate: Double, missing: Double) {
        var pair = Self.pair(loss: .random(rate))
        Self.talk(&pair, seconds: 10)
        let before = pair.right.audio.count
        Self.talk(&pair, seconds: 40)
        let heard = pair.right.audio[before...]
        #expect(Set(heard.map(\.sequence)).count == heard.count)
        #expect(Double(heard.count) >= 2_000 * (1 - missing))
        for packet in heard where packet.isRedundant {
            // The bytes tell which packet it was.
            let number = (packet.timestamp - pair.right.audio[0].timestamp) / 960
            let first = Int64(pair.right.audio[0].payload[0])
            #expect(packet.payload == [UInt8](repeating: UInt8(truncatingIfNeeded: number + first), count: 80))
        }
    }

    @Test func withoutLossNothingIsSentTwice() {
        var pair = Self.pair(loss: .none)
        Self.talk(&pair, seconds: 10)
        #expect(pair.left.session.statistics[0].sent.copies == 0)
        #expect(!pair.right.audio.contains { $0.isRedundant })
    }

    @Test func whoDoesNotKnowItGetsNone() {
        var pair = Self.pair(loss: .random(0.2), redundant: false)
        Self.talk(&pair, seconds: 10)
        #expect(pair.left.session.statistics[0].sent.copies == 0)
        #expect(pair.right.audio.count > 350)
    }

    @Test func copiesEndSomeTimeAfterTheLoss() {
        var pair = Self.pair(loss: .random(0.05))
        Self.talk(&pair, seconds: 20)
        pair.left.path.conditions.loss = .none
        Self.talk(&pair, seconds: 60)
        let before = pair.left.session.statistics[0].sent.copies
        #expect(before > 500)
        Self.talk(&pair, seconds: 5)
        #expect(pair.left.session.statistics[0].sent.copies == before)
    }

    @Test func protectionFollowsReports() {
        var protection = AudioProtection()
        #expect(protection.plan(understandsCopies: true) == VoiceProtection())
        protection.receive(fractionLost: 0.02)
        #expect(protection.plan(understandsCopies: true).copies == 0)
        for _ in 0..<3 { protection.receive(fractionLost: 0.05) }
        #expect(protection.plan(understandsCopies: true) == VoiceProtection(copies: 1))
        #expect(protection.plan(understandsCopies: false).expectedLoss == 0.1)
        for _ in 0..<5 { protection.receive(fractionLost: 0.25) }
        #expect(protection.plan(understandsCopies: true) == VoiceProtection(copies: 2))
        #expect(0.3...0.4 ~= protection.plan(understandsCopies: false).expectedLoss)
        for _ in 0..<40 { protection.receive(fractionLost: 0) }
        #expect(protection.plan(understandsCopies: true) == VoiceProtection())
    }

    @Test func aPauseIsNotRepeatedAcross() throws {
        var history = RedundancyHistory()
        let opus = PayloadType(masking: 111)
        _ = history.wrap([1], type: opus, timestamp: 0, copies: 2)
        let (late, copies) = history.wrap([2], type: opus, timestamp: 48_000, copies: 2)
        #expect(copies == 0 && late == [111, 2])
        let (next, one) = history.wrap([3], type: opus, timestamp: 48_960, copies: 2)
        #expect(one == 1)
        #expect(try RedundantAudio(parsing: next[...]).blocks.map(\.offset) == [960, 0])
    }
}
