import Media
import Primitives

/// Gives each block of a source its RTP time and the moment at which its first sample was recorded.
///
/// Blocks come as late as the thread that reads them, but what they hold was recorded evenly. A moment earlier than
/// expected is followed at once; a later one slowly, as fast as a clock may be off, unless sound was lost.
package struct CaptureTimeline: Sendable {
    package struct Stamp: Equatable, Sendable {
        /// At 48 kHz; counts on through what was lost.
        package var timestamp: UInt32
        package var time: Instant
    }

    private var next: Stamp?

    private static let block = Duration.milliseconds(Int64(AudioFormat.blockMilliseconds))
    /// 1 ms a second: no sound card's clock is off by more.
    private static let slew = block / 1_000
    /// What is lost lasts longer than this; a thread that was held up for less gets all that waits.
    private static let shortestLoss = block * 3

    package init() {}

    /// Of the next block, whose first sample was recorded at `begin` or somewhat before; `mayFollowLoss` where the source
    /// told that sound was lost, or is another one now.
    package mutating func stamp(begin: Instant, mayFollowLoss: Bool) -> Stamp {
        var stamp = next ?? Stamp(timestamp: 0, time: begin)
        let lateness = begin - stamp.time
        if mayFollowLoss, lateness > Self.shortestLoss {
            let lost = (lateness.nanoseconds + Self.block.nanoseconds - 1) / Self.block.nanoseconds
            stamp.timestamp &+= UInt32(truncatingIfNeeded: lost * Int64(AudioFormat.blockSamples))
            stamp.time = begin
        } else {
            stamp.time += min(lateness, Self.slew)
        }
        next = Stamp(timestamp: stamp.timestamp &+ UInt32(AudioFormat.blockSamples), time: stamp.time + Self.block)
        return stamp
    }
}
