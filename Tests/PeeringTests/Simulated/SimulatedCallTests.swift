import Primitives
import Signalling
import Simulation
import Testing

/// Calls over bad networks in simulated time; each once as it is, and once encrypted.
struct SimulatedCallTests {
    private static let link = NetworkConditions(latency: .milliseconds(30), jitter: .milliseconds(5))

    private func connected(_ conditions: NetworkConditions = link, isProtected: Bool, seed: UInt64 = 7) throws
        -> PeerPair
    {
        var pair = try PeerPair(link: conditions, isProtected: isProtected, seed: seed)
        pair.connect()
        #expect(pair.left.isConnected && pair.right.isConnected)
        #expect(pair.left.channelIsOpen && pair.right.channelIsOpen)
        #expect(pair.left.faults.isEmpty && pair.right.faults.isEmpty)
        return pair
    }

    @Test(arguments: [false, true])
    func aGoodNetworkLosesNothing(isProtected: Bool) throws {
        var pair = try connected(isProtected: isProtected)
        pair.left.send(text: "hello")
        pair.right.send(text: "good day")
        pair.talk(for: .seconds(60))
        pair.run(for: .seconds(1))
        #expect(pair.soundsHeard == pair.audioSent)
        #expect(pair.framesDecodable == pair.framesSent)
        #expect(pair.right.texts == ["hello"] && pair.left.texts == ["good day"])
        #expect(pair.right.rejected == 0 && pair.left.rejected == 0)
    }

    struct Loss: Sendable {
        let rate: Double
        let isProtected: Bool
        /// What at least must be decodable, of all frames.
        let decodable: Double
    }

    @Test(arguments: [
        Loss(rate: 0.05, isProtected: false, decodable: 0.97), Loss(rate: 0.05, isProtected: true, decodable: 0.97),
        Loss(rate: 0.15, isProtected: false, decodable: 0.85), Loss(rate: 0.15, isProtected: true, decodable: 0.85),
    ])
    func burstsOfLossAreRepaired(_ loss: Loss) throws {
        var pair = try connected(isProtected: loss.isProtected)
        var bad = Self.link
        bad.loss = .bursts(rate: loss.rate)
        pair.setLink(bad)
        pair.talk(for: .seconds(30))
        pair.run(for: .seconds(2))
        #expect(
            Double(pair.framesDecodable) >= loss.decodable * Double(pair.framesSent),
            "\(pair.framesDecodable) of \(pair.framesSent)")
        // Sound is not sent again: what is missing is what the path has lost.
        #expect(Double(pair.soundsHeard) >= (1 - 1.5 * loss.rate) * Double(pair.audioSent))
    }

    @Test(arguments: [false, true])
    func reorderingAndDuplicationDoNoHarm(isProtected: Bool) throws {
        var pair = try connected(isProtected: isProtected)
        var bad = Self.link
        bad.reordering = 0.1
        bad.reorderingDelay = .milliseconds(15)
        bad.duplication = 0.1
        pair.setLink(bad)
        pair.talk(for: .seconds(20))
        pair.run(for: .seconds(1))
        #expect(pair.soundsHeard == pair.audioSent)
        #expect(pair.framesDecodable == pair.framesSent)
        #expect(pair.right.audio.count == pair.audioSent, "nothing is heard twice")
        if isProtected { #expect(pair.right.rejected > 0, "SRTP refuses what came before") }
    }

    @Test(arguments: [false, true])
    func aCutIsOvercome(isProtected: Bool) throws {
        var pair = try connected(isProtected: isProtected)
        pair.talk(for: .seconds(5))
        var cut = Self.link
        cut.loss = .random(1)
        pair.setLink(cut)
        pair.talk(for: .seconds(3))
        pair.setLink(Self.link)
        let before = pair.right.frames.count
        let sentBefore = pair.framesSent
        pair.talk(for: .seconds(10))
        pair.run(for: .seconds(1))
        let shown = pair.right.frames.count - before
        #expect(pair.left.keyFramesAsked > 0, "the other side asks for a key frame")
        #expect(
            Double(shown) >= 0.8 * Double(pair.framesSent - sentBefore), "\(shown) of \(pair.framesSent - sentBefore)")
        #expect(pair.soundsHeard >= pair.audioSent - 160, "all but the 150 packets of the cut")
    }

    @Test(arguments: [false, true])
    func aKeyFrameComesWhereOneIsAskedFor(isProtected: Bool) throws {
        var pair = try connected(isProtected: isProtected)
        pair.talk(for: .seconds(2))
        let before = pair.right.frames.filter(\.isKeyFrame).count
        pair.right.requestKeyFrame(now: pair.now)
        pair.talk(for: .seconds(1))
        #expect(pair.right.frames.filter(\.isKeyFrame).count == before + 1)
    }

    @Test(arguments: [false, true])
    func aRestartOfICEDisturbsNothing(isProtected: Bool) throws {
        var pair = try connected(isProtected: isProtected)
        pair.talk(for: .seconds(2))
        pair.left.restartICE(now: pair.now)
        pair.right.restartICE(now: pair.now)
        pair.talk(for: .seconds(2))
        pair.run(for: .seconds(1))
        #expect(pair.left.isStable && pair.right.isStable)
        #expect(pair.soundsHeard == pair.audioSent)
        #expect(pair.framesDecodable == pair.framesSent)
        #expect(pair.left.faults.isEmpty && pair.right.faults.isEmpty)
    }

    @Test func theSameSeedGivesTheSameCall() throws {
        func call() throws -> [Int] {
            var pair = try connected(isProtected: false, seed: 99)
            var bad = Self.link
            bad.loss = .bursts(rate: 0.1)
            bad.reordering = 0.05
            pair.setLink(bad)
            pair.talk(for: .seconds(5))
            return [pair.right.frames.count, pair.right.audio.count, pair.left.keyFramesAsked, pair.framesSent]
        }
        #expect(try call() == call())
    }
}
