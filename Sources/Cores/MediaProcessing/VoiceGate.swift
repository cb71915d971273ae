import Media
import Primitives

/// Lets sound through while somebody speaks, and for a while after, so that pauses between words stay whole.
package struct VoiceGate: Sendable {
    private var openUntil: Int?
    /// Blocks seen so far.
    private var time = 0

    /// Half a second: longer than pauses within a sentence.
    private static let hold = 500 / AudioFormat.blockMilliseconds

    package init() {}

    /// Whether the next block shall be heard.
    package mutating func process(isVoice: Bool) -> Bool {
        time &+= 1
        if isVoice { openUntil = time &+ Self.hold }
        return openUntil.map { time <= $0 } ?? false
    }
}
