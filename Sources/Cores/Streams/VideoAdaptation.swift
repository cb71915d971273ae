import Media
import Primitives

/// Chooses size and frame rate of a picture for the rate there is.
///
/// Fewer bits first make the picture coarser, then it moves less often, then it becomes smaller; and back in the
/// opposite order, once there is clearly enough for two seconds. Where hardly anything is left there is no picture at
/// all: the sound needs it.
package struct VideoAdaptation: Sendable {
    /// What to encode.
    package struct Choice: Hashable, Sendable {
        /// `.none` where there is no room for a picture.
        package var size: PixelSize
        package var framesPerSecond: Int
    }

    /// One step of the ladder: the part of each side, and of the frame rate.
    private struct Rung {
        var side: Double
        var rate: Double
    }

    private static let ladder = [
        Rung(side: 1, rate: 1), Rung(side: 1, rate: 0.75), Rung(side: 1, rate: 0.5), Rung(side: 0.75, rate: 0.5),
        Rung(side: 0.5, rate: 0.5), Rung(side: 0.375, rate: 0.5), Rung(side: 0.25, rate: 0.5),
        Rung(side: 0.25, rate: 0.25),
    ]
    /// Bits for each pixel, below which VP8 shows blocks rather than a face, and for each frame whatever its size.
    private static let bitsPerPixel = 0.035
    private static let bitsPerFrame = 800.0
    private static let lowestRate = 5
    private static let smallestSide = 32
    /// Going up asks for this much more than staying.
    private static let margin = 1.3
    private static let patience = Duration.seconds(2)
    /// Bits per second, below which the picture ends, and from which it comes back.
    private static let least = 20_000
    private static let enough = 35_000

    private var rung = 0
    private var isStopped = false
    /// Since when there has been enough for a higher rung.
    private var richSince: Instant?

    package init() {}

    /// `limit` and `framesPerSecond` are what is wanted at most, `processor` the part of the frame rate that the machine
    /// has time for (0...1).
    package mutating func choose(
        limit: PixelSize, framesPerSecond: Int, bitrate: Bitrate, processor: Double = 1, now: Instant
    ) -> Choice {
        isStopped = bitrate.bitsPerSecond < (isStopped ? Self.enough : Self.least)
        guard !isStopped, !limit.isNone else {
            return Choice(size: .none, framesPerSecond: choice(rung, limit, framesPerSecond).framesPerSecond)
        }
        let affordable = highest(limit, framesPerSecond, bitrate: Double(bitrate.bitsPerSecond))
        if affordable >= rung {
            rung = affordable
            richSince = nil
        } else if highest(limit, framesPerSecond, bitrate: Double(bitrate.bitsPerSecond) / Self.margin) < rung {
            let since = richSince ?? now
            richSince = since
            if now - since >= Self.patience {
                rung -= 1
                richSince = now
            }
        } else {
            richSince = nil
        }
        var choice = choice(rung, limit, framesPerSecond)
        choice.framesPerSecond = max(
            1, min(choice.framesPerSecond, Int((Double(framesPerSecond) * processor).rounded())))
        return choice
    }

    /// The first rung that the rate bears, or the last one.
    private func highest(_ limit: PixelSize, _ framesPerSecond: Int, bitrate: Double) -> Int {
        Self.ladder.indices.first { need(choice($0, limit, framesPerSecond)) <= bitrate } ?? Self.ladder.count - 1
    }

    private func need(_ choice: Choice) -> Double {
        Double(choice.framesPerSecond) * (Double(choice.size.area) * Self.bitsPerPixel + Self.bitsPerFrame)
    }

    private func choice(_ index: Int, _ limit: PixelSize, _ framesPerSecond: Int) -> Choice {
        let rung = Self.ladder[index]
        let rate = max(min(framesPerSecond, Self.lowestRate), Int((Double(framesPerSecond) * rung.rate).rounded()))
        let isSmall = min(limit.width, limit.height) <= Self.smallestSide
        let box = PixelSize(
            Int(Double(limit.width) * rung.side), Int(Double(limit.height) * rung.side))
        let size =
            isSmall || min(box.width, box.height) < Self.smallestSide
            ? limit.smallest(Self.smallestSide) : limit.fitted(in: box)
        return Choice(size: rung.side == 1 ? limit : size, framesPerSecond: rate)
    }
}

extension PixelSize {
    /// Of the same shape, with a shorter side of `side` or what it is already.
    fileprivate func smallest(_ side: Int) -> PixelSize {
        let shorter = min(width, height)
        guard shorter > side else { return self }
        return fitted(in: PixelSize(width * side / shorter, height * side / shorter))
    }
}
