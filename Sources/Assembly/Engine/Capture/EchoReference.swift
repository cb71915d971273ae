import MediaProcessing
import Primitives
import Runtime

/// Carries what goes to the speaker over to the microphone's thread, for the echo canceller.
package final class EchoReference: Sendable {
    private let played = Protected(PlayedSound())
    private let wanted = AtomicFlag()

    package init() {}

    /// Whether somebody compares; till then nothing is kept.
    var isWanted: Bool {
        get { wanted.isSet }
        set { wanted.set(newValue) }
    }

    /// `start` is when the block's first sample is heard.
    func put(_ block: [Int16], heardAt start: Instant) {
        guard wanted.isSet else { return }
        played.withLock { $0.append(block, heardAt: start) }
    }

    /// What `alignment` finds for a block of the microphone; nil before anything was played.
    func sound(for block: [Int16], recordedAt start: Instant, by alignment: inout EchoAlignment) -> [Int16]? {
        played.withLock { alignment.sound(for: block, recordedAt: start, in: $0) }
    }
}
