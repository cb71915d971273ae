/// Turns one row of numbers into another that has no gaps where packets were left out on purpose, and that goes on
/// without a leap when the source changes. Numbers that are missing on the way in stay missing on the way out, so that
/// they can still come, or be asked for.
package struct NumberMap: Sendable {
    private struct Stretch: Sendable {
        /// The first number to which the offset applies.
        var start: Int64
        var offset: Int64
    }

    /// How many recent changes of the offset are known; what is older than all of them is not forwarded.
    private static let capacity = 64

    private var stretches: [Stretch] = []
    private var highestIn: Int64?
    package private(set) var highestOut: Int64

    /// `first` is the number that the first packet gets.
    package init(first: Int64) { highestOut = first - 1 }

    /// The next number of a new source goes out right after the highest one so far. Older ones of it do not go out.
    package mutating func restart(at number: Int64) {
        stretches.removeAll(keepingCapacity: true)
        stretches.append(Stretch(start: number, offset: highestOut + 1 - number))
        highestIn = number - 1
    }

    /// Leaves a number out. Only the newest can be left out without a trace.
    package mutating func drop(_ number: Int64) {
        guard let highest = highestIn, let last = stretches.last, number > highest else { return }
        highestIn = number
        // What was skipped before it keeps its place.
        highestOut = number - 1 + last.offset
        if last.start == number {
            stretches[stretches.count - 1] = Stretch(start: number + 1, offset: last.offset - 1)
            return
        }
        if stretches.count == Self.capacity { stretches.removeFirst() }
        stretches.append(Stretch(start: number + 1, offset: last.offset - 1))
    }

    /// What the number becomes; nil where it is of before the source changed, or too old.
    package mutating func map(_ number: Int64) -> Int64? {
        guard let last = stretches.last else { return nil }
        if number >= last.start {
            let out = number + last.offset
            highestIn = max(highestIn ?? number, number)
            highestOut = max(highestOut, out)
            return out
        }
        return stretches.last { number >= $0.start }.map { number + $0.offset }
    }

    package var hasBegun: Bool { !stretches.isEmpty }
}
