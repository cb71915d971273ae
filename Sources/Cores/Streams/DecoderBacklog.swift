import Media
import Primitives

/// Decides what a decoder that falls behind leaves out: first frames that no other needs, then everything up to the next
/// key frame, which it asks for. Old pictures help nobody, and a queue that only grows is a delay that only grows.
package struct DecoderBacklog: Sendable {
    package enum Decision: Equatable, Sendable {
        case decode
        /// Left out without harm.
        case skip
        /// Left out, and what follows until a key frame; one is to be asked for now.
        case skipAndAsk
    }

    private static let skipDiscardable = Duration.milliseconds(120)
    private static let skipAll = Duration.milliseconds(600)
    private static let askPause = Duration.seconds(2)

    private var waitsForKeyFrame = false
    private var askedAt: Instant?
    package private(set) var skipped = 0

    package init() {}

    /// `arrival` is when the frame was handed to the decoder.
    package mutating func judge(_ frame: EncodedFrame, arrival: Instant, now: Instant) -> Decision {
        let age = now - arrival
        if frame.isKeyFrame {
            waitsForKeyFrame = false
            return .decode
        }
        if age > Self.skipAll { waitsForKeyFrame = true }
        if waitsForKeyFrame {
            skipped += 1
            if let askedAt, now - askedAt < Self.askPause { return .skip }
            askedAt = now
            return .skipAndAsk
        }
        guard frame.isDiscardable, age > Self.skipDiscardable else { return .decode }
        skipped += 1
        return .skip
    }
}
