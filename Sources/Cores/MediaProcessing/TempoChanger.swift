import Media

/// Plays sound quicker or slower at its own pitch: pieces of 20 ms are taken from the input at another pace than they
/// are put out, each from where it continues the one before best (waveform similarity, WSOLA), and blended.
package struct TempoChanger: Sendable {
    /// Input samples for each output sample; 1 passes sound through.
    package var speed = 1.0
    private var input: [Int16] = []
    /// Where in `input` the next piece is due.
    private var position = 0.0
    /// How the piece before would have gone on.
    private var continuation: [Int16] = []

    private static let piece = AudioFormat.blockSamples
    private static let overlap = 240
    /// A piece is looked for so far on either side: half a period of the lowest voice.
    private static let reach = 320

    package init() {}

    /// Forgets everything, for another place in the film.
    package mutating func reset() {
        input.removeAll(keepingCapacity: true)
        continuation.removeAll(keepingCapacity: true)
        position = 0
    }

    /// How many more samples `read` wants.
    package var missing: Int {
        let needed = speed == 1 ? Self.piece : Int(position) + Self.piece + Self.overlap + 2 * Self.reach
        return max(0, needed - input.count)
    }

    package mutating func append(_ samples: [Int16]) { input += samples }

    /// The next block; silence where input is missing.
    package mutating func read() -> [Int16] {
        if missing > 0 { input += [Int16](repeating: 0, count: missing) }
        guard speed != 1 else { return passOn() }
        let start = bestStart()
        var block = Array(input[start..<start + Self.piece])
        blend(&block)
        continuation = Array(input[start + Self.piece..<start + Self.piece + Self.overlap])
        position += Double(Self.piece) * speed
        // Only what lies before the reach of the next search is done with.
        let done = max(0, min(input.count, Int(position) - Self.reach))
        input.removeFirst(done)
        position -= Double(done)
        return block
    }

    private mutating func passOn() -> [Int16] {
        let start = min(Int(position), max(0, input.count - Self.piece))
        position = 0
        var block = Array(input[start..<start + Self.piece])
        blend(&block)
        continuation.removeAll(keepingCapacity: true)
        input.removeFirst(start + Self.piece)
        return block
    }

    private func bestStart() -> Int {
        let middle = Int(position)
        guard !continuation.isEmpty else { return middle }
        var best = (start: middle, likeness: -Double.infinity)
        for start in stride(from: max(0, middle - Self.reach), through: middle + Self.reach, by: 4) {
            let likeness = likeness(at: start)
            if likeness > best.likeness { best = (start, likeness) }
        }
        return best.start
    }

    /// Correlation with what would have followed, related to the loudness of the candidate.
    private func likeness(at start: Int) -> Double {
        var product = 0.0
        var energy = 1.0
        for index in stride(from: 0, to: Self.overlap, by: 4) {
            let a = Double(continuation[index])
            let b = Double(input[start + index])
            product += a * b
            energy += b * b
        }
        return product / energy.squareRoot()
    }

    private func blend(_ block: inout [Int16]) {
        for index in 0..<min(continuation.count, block.count) {
            let share = Float(index) / Float(continuation.count)
            block[index] = Int16(Float(continuation[index]) * (1 - share) + Float(block[index]) * share)
        }
    }
}
