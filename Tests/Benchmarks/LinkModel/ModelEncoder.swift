import Media
import Primitives

/// A video encoder as far as the network sees one: frames of about the size that the rate asks for, some larger, some
/// smaller, key frames when asked for, and a frame left out where it owes too much.
struct ModelEncoder {
    var bitrate: Bitrate
    /// What the content is worth at most: a still picture of a talking head needs no megabits.
    let ceiling: Bitrate
    let framesPerSecond = 30.0
    private var random: SeededGenerator
    private var count = 0
    /// Bits spent beyond the rate.
    private var debt = 0.0

    init(start: Bitrate, ceiling: Bitrate, seed: UInt64) {
        bitrate = start
        self.ceiling = ceiling
        random = SeededGenerator(seed: seed)
    }

    /// Nil where the frame is left out.
    mutating func next(isKeyFrame: Bool, time: Instant) -> EncodedFrame? {
        defer { count += 1 }
        let rate = Double(min(bitrate, ceiling).bitsPerSecond)
        let share = rate / framesPerSecond
        debt = max(-2 * share, debt - share)
        if !isKeyFrame, count > 0, debt > 4 * share { return nil }
        let isKey = isKeyFrame || count == 0
        // Real rate control pays a debt back over about ten frames.
        let wanted = isKey ? 4 * share : max(0.3 * share, share - debt / 10)
        let bits = wanted * Double.random(in: 0.7...1.3, using: &random)
        debt += bits
        let bytes = [UInt8](repeating: 0, count: max(40, Int(bits / 8)))
        var frame = EncodedFrame(
            bytes: bytes, isKeyFrame: isKey, timestamp: UInt32(truncatingIfNeeded: count * 3_000), time: time)
        // RFC 6386 §9.1: the lowest bit of a frame is 0 for key frames.
        frame.bytes[0] = isKey ? 0x10 : 0x11
        return frame
    }
}
