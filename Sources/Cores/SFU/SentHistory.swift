import Primitives

/// What went out under which number to one subscriber, so that a NACK finds the packet in the publisher's store.
struct SentHistory: Sendable {
    struct Entry: Sendable {
        var sequence: UInt16
        /// The number it had on the way in, and of which layer.
        var source: UInt16
        var layer: UInt8
        var baseLayerIndex: UInt8
        var pictureID: UInt16
        var timestamp: UInt32
        /// Milliseconds, wrapping: when it was last sent again.
        var repeated: UInt32
        /// How often that was.
        var repetitions: UInt8 = 0
    }

    /// Some three seconds of video; a power of two.
    private static let capacity = 256
    private static let mostDoublings: UInt8 = 4
    private static let nothing = Entry(
        sequence: 0, source: 0, layer: .max, baseLayerIndex: 0, pictureID: 0, timestamp: 0, repeated: 0)

    private var entries = [Entry](repeating: nothing, count: capacity)

    mutating func insert(_ entry: Entry) { entries[index(entry.sequence)] = entry }

    /// The packet, unless it was sent again less than `pause` milliseconds ago: the one under way answers this request
    /// too. With each time that pause doubles, as a queue may have grown in which all of them wait.
    mutating func take(_ sequence: UInt16, nowMilliseconds: UInt32, pause: UInt32) -> Entry? {
        let index = index(sequence)
        let entry = entries[index]
        guard entry.layer != .max, entry.sequence == sequence else { return nil }
        let pause = pause << UInt32(min(max(entry.repetitions, 1) - 1, Self.mostDoublings))
        guard entry.repetitions == 0 || nowMilliseconds &- entry.repeated >= pause else { return nil }
        entries[index].repeated = nowMilliseconds
        entries[index].repetitions = entry.repetitions == .max ? .max : entry.repetitions + 1
        return entry
    }

    private func index(_ sequence: UInt16) -> Int { Int(sequence) & (Self.capacity - 1) }
}
