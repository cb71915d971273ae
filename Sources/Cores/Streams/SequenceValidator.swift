import Primitives

/// Widens a stream's sequence numbers and tells new packets from repeated, ancient and implausible ones
/// (RFC 3550 appendix A.1).
package struct SequenceValidator: Sendable {
    package enum Verdict: Equatable {
        case new(Int64)
        case duplicate
        /// Too old to know whether it came before.
        case ancient
        /// Far from all that came; believed if the next packet follows on it.
        case implausible
        /// The second packet of a new row of numbers: everything starts over with it.
        case restarted(Int64)
    }

    /// A leap forward by more is implausible (MAX_DROPOUT).
    private static let maxLeap: Int64 = 3_000
    /// How far back repetitions are told from late packets.
    private static let windowLength: Int64 = 2_048

    private var unwrapper = SequenceUnwrapper()
    package private(set) var highest: Int64?
    /// One bit a packet, by sequence number modulo `windowLength`.
    private var seen = [UInt64](repeating: 0, count: Int(windowLength / 64))
    /// The number that would confirm a new row.
    private var suspect: UInt16?

    package init() {}

    /// Judges a packet; `isRecovered` is one that came as a retransmission, whose number may be old without suspicion.
    package mutating func validate(_ sequence: UInt16, isRecovered: Bool = false) -> Verdict {
        var trial = unwrapper
        let extended = trial.unwrap(sequence)
        if let highest, extended > highest + Self.maxLeap || extended <= highest - Self.windowLength {
            return isRecovered ? .ancient : judgeStranger(sequence)
        }
        suspect = nil
        unwrapper = trial
        return accept(extended)
    }

    /// Whether an older packet, known by its widened number, is still missing; from then on it is not.
    mutating func claim(_ sequence: Int64) -> Bool {
        guard let highest, sequence < highest, sequence > highest - Self.windowLength, !isMarked(sequence) else {
            return false
        }
        mark(sequence)
        return true
    }

    private mutating func judgeStranger(_ sequence: UInt16) -> Verdict {
        guard sequence == suspect else {
            suspect = sequence &+ 1
            return .implausible
        }
        self = SequenceValidator()
        let extended = unwrapper.unwrap(sequence)
        _ = accept(extended)
        return .restarted(extended)
    }

    private mutating func accept(_ extended: Int64) -> Verdict {
        guard let last = highest else {
            highest = extended
            mark(extended)
            return .new(extended)
        }
        if extended > last {
            for skipped in last + 1..<extended { unmark(skipped) }
            highest = extended
        } else if isMarked(extended) {
            return .duplicate
        }
        mark(extended)
        return .new(extended)
    }

    private func position(_ sequence: Int64) -> (word: Int, bit: UInt64) {
        let slot = Int(sequence & (Self.windowLength - 1))
        return (slot / 64, 1 << UInt64(slot % 64))
    }

    private func isMarked(_ sequence: Int64) -> Bool {
        let (word, bit) = position(sequence)
        return seen[word] & bit != 0
    }

    private mutating func mark(_ sequence: Int64) {
        let (word, bit) = position(sequence)
        seen[word] |= bit
    }

    private mutating func unmark(_ sequence: Int64) {
        let (word, bit) = position(sequence)
        seen[word] &= ~bit
    }
}
