import Media
import Primitives

/// The last second of what a speaker was given, by when it is heard: what an echo canceller compares a microphone with.
///
/// Places are samples of the speaker, counted. The device's word for when a block is heard only decides where it was
/// interrupted, and which place belongs to a moment: so a thread that comes late leaves no gap, and a speaker that ran dry
/// does.
package struct PlayedSound: Sendable {
    private var samples = [Int16](repeating: 0, count: capacity)
    /// The place after the newest sample.
    private var end = 0
    /// What is added to a place for the machine's clock, in samples; nil before the first block.
    private var base: Int?
    private var deviation = SteadyDeviation()
    /// How often playing was interrupted.
    package private(set) var jumps = 0
    var isSteady: Bool { deviation.isSmall }
    /// The place after the last block that anybody could hear.
    private var audibleEnd: Int?
    /// Whether the newest block was silence: a speaker may throw silence away that it has not played yet.
    private var isSilent = true

    private static let capacity = AudioFormat.sampleRate
    /// -56 dB.
    private static let audible = 52
    /// 100 ms: no stamp is off by that much.
    private static let moved = AudioFormat.sampleRate / 10

    package init() {}

    /// `start` is when the block's first sample is heard, as far as the device knows.
    package mutating func append(_ block: [Int16], heardAt start: Instant) {
        let time = start.samples
        let base = base ?? time - end
        self.base = base
        let jump = time - base - end
        if abs(jump) >= Self.moved, isSilent {
            move(by: jump)
            deviation = SteadyDeviation()
        } else if let steady = deviation.add(jump) {
            if abs(steady) < SteadyDeviation.interruption {
                self.base = base + steady
            } else {
                move(by: steady)
            }
        }
        isSilent = block.allSatisfy { $0 == 0 }
        for sample in block {
            samples[end % Self.capacity] = sample
            end += 1
        }
        if block.contains(where: { abs(Int($0)) >= Self.audible }) { audibleEnd = end }
    }

    /// What is heard at a moment; nil before anything is.
    package func place(of moment: Instant) -> Int? { base.map { moment.samples - $0 } }

    /// Whether there may be an echo at a place, however long it takes, up to a second.
    func mayEcho(at place: Int) -> Bool { audibleEnd.map { place - $0 < Self.capacity } ?? false }

    /// Silence where nothing was played, or nothing yet.
    package func sound(at place: Int, count: Int = AudioFormat.blockSamples) -> [Int16] {
        let known = max(0, end - Self.capacity)..<end
        return (place..<place + count).map { known.contains($0) ? samples[$0 % Self.capacity] : 0 }
    }

    /// Forward leaves silence, backward is overwritten.
    private mutating func move(by count: Int) {
        jumps += 1
        for place in end..<end + count.clamped(to: 0...Self.capacity) { samples[place % Self.capacity] = 0 }
        audibleEnd = audibleEnd.map { $0 + max(0, count) }
        // Places before the beginning are never asked for.
        end = max(0, end + count)
    }
}

extension Instant {
    /// At 48 kHz.
    fileprivate var samples: Int { Int(nanoseconds / 1_000 * 48 / 1_000) }
}
