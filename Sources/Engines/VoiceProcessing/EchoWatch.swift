import Primitives

/// Decides how hard what the canceller's filter leaves of an echo is suppressed, by how much it takes away: hard while
/// nothing but the speaker is heard, softly while somebody talks in the room, as hard suppression takes their voice too.
///
/// A filter that has learnt nothing yet takes nothing away either; till it has, suppression is hard.
struct EchoWatch {
    private(set) var isHard = true
    /// Whether the filter was seen to take an echo away within the last second of sound from the speaker.
    var cancelsWell: Bool { blocksSinceGood < Self.second }
    /// Whether the filter has not taken an echo away yet and may still come to do so, for lack of sound to learn from.
    var isLost: Bool {
        if case .unknown = knowledge { true } else { false }
    }
    private var knowledge = Knowledge.unknown(blocks: 0)
    private var isLearning = true
    private var farBlocks = 0
    /// How many of the newest blocks with sound from the speaker were good, one after the other.
    private var goodBlocks = 0
    private var blocksSinceGood = second
    private var far = 0.0
    private var recorded = 0.0
    private var sent = 0.0

    private enum Knowledge {
        /// For so many blocks with sound from the speaker.
        case unknown(blocks: Int)
        /// The filter was seen to take an echo away.
        case cancelled
        case noEcho
    }

    /// Half is forgotten in 60 ms, as long as a short syllable lasts.
    private static let memory = 0.8
    /// An echo comes up to this much later than the sound: a tenth of the power is left after 0.2 s.
    private static let farMemory = 0.8
    /// -60 dBFS: what is softer leaves no echo that anybody hears.
    private static let least = 33.0 * 33.0
    /// -46 dBFS: what is sent is softer only where nobody talks; the canceller puts noise of its own in the echo's place.
    private static let leastVoice = 164.0 * 164.0
    /// 16 dB taken away: nobody but the speaker is heard. 12 dB: somebody is.
    private static let (hard, soft) = (40.0, 16.0)
    /// In blocks of 20 ms with sound from the speaker: a filter that has not learnt in 4 s has nothing to learn.
    private static let patience = 200
    /// In most rooms half a second is enough; who hears no echo is not kept waiting.
    private static let shortPatience = 75
    private static let second = 50
    /// The first block of a syllable always looks good, as it leaves the canceller a little later than it came.
    private static let enough = 3

    /// The echo comes another way from now on. Where the filter never had anything to do, there is none.
    mutating func learnAgain() {
        isHard = true
        isLearning = true
        farBlocks = 0
        if case .noEcho = knowledge { return }
        knowledge = .unknown(blocks: 0)
    }

    /// Mean squares of a block: what the speaker was given, what came from the microphone and what was left.
    mutating func process(far farPower: Double, recorded recordedPower: Double, sent sentPower: Double) {
        far = max(farPower, far * Self.farMemory)
        recorded = recorded * Self.memory + recordedPower * (1 - Self.memory)
        sent = sent * Self.memory + sentPower * (1 - Self.memory)
        guard far > Self.least, recorded > Self.least / 100 else { return }
        farBlocks += 1
        let takes = recorded / max(sent, 1)
        goodBlocks = takes > Self.hard ? goodBlocks + 1 : 0
        let isGood = goodBlocks >= Self.enough
        blocksSinceGood = isGood ? 0 : min(blocksSinceGood + 1, Self.second)
        if isGood {
            knowledge = .cancelled
        } else if case .unknown(let blocks) = knowledge {
            knowledge = blocks + 1 < Self.shortPatience ? .unknown(blocks: blocks + 1) : .noEcho
        }
        if isGood || farBlocks > Self.patience { isLearning = false }
        if takes > Self.hard {
            isHard = true
        } else if takes < Self.soft, sent > Self.leastVoice, !isLearning {
            isHard = false
        }
    }
}
