import Primitives

/// How a voice is guarded against loss.
package struct VoiceProtection: Equatable, Sendable {
    /// How many earlier packets each packet repeats (RED, RFC 2198): they give back all of what was lost, for its bits.
    package var copies = 0
    /// What to tell the Opus encoder, so that its packets hold a coarse copy of the one before (RFC 6716 §2.1.7): for
    /// listeners without RED, for at the same rate it costs much of the quality of what is not lost.
    package var expectedLoss = 0.0

    package init(copies: Int = 0, expectedLoss: Double = 0) {
        self.copies = copies
        self.expectedLoss = expectedLoss
    }

    /// What serves two listeners who hear the same encoder.
    package func combined(with other: VoiceProtection) -> VoiceProtection {
        VoiceProtection(
            copies: max(copies, other.copies), expectedLoss: max(expectedLoss, other.expectedLoss))
    }
}

/// Decides how a voice is guarded, from what its listener says it lost: it begins with the first loss that is more than
/// an accident, and goes on for a while after the last.
struct AudioProtection: Sendable {
    /// What was lost of late, 0...1: it rises with the first bad reports and falls slowly.
    private(set) var loss = 0.0
    private var copies = 0

    /// A report covers some 50 packets, so one lost packet is no rate.
    private static let rise = 0.5
    private static let fall = 0.1
    /// From each of these on, one copy more; and until loss has fallen to half of it.
    private static let steps = [0.015, 0.08]

    /// Takes what the newest receiver report says.
    mutating func receive(fractionLost: Double) {
        loss += (fractionLost > loss ? Self.rise : Self.fall) * (fractionLost - loss)
        while copies < Self.steps.count, loss >= Self.steps[copies] { copies += 1 }
        while copies > 0, loss < Self.steps[copies - 1] / 2 { copies -= 1 }
    }

    /// libopus spends bits on its coarse copy only where it expects a tenth or more to be lost.
    func plan(understandsCopies: Bool) -> VoiceProtection {
        guard !understandsCopies else { return VoiceProtection(copies: copies) }
        return VoiceProtection(expectedLoss: copies == 0 ? 0 : (loss * 1.5).clamped(to: 0.1...0.5))
    }
}
