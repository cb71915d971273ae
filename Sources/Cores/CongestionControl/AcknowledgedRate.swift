import Primitives

/// The rate at which packets arrive at the peer, by the peer's clock, over the last half second.
struct AcknowledgedRate: Sendable {
    /// Twenty slices of 25 ms.
    private static let slice = Duration.milliseconds(25)
    private static let slices = 20
    /// Fewer slices than this tell nothing.
    private static let fewest = 6

    private var bytes = [Int](repeating: 0, count: slices)
    private var first: Int64?
    private var newest: Int64 = 0

    mutating func add(bytes count: Int, arrival: Duration) {
        let slice = arrival.nanoseconds / Self.slice.nanoseconds
        guard first != nil, slice < newest + 4 * Int64(Self.slices), slice > newest - 4 * Int64(Self.slices) else {
            return restart(at: slice, count)
        }
        while newest < slice {
            newest += 1
            bytes[index(newest)] = 0
        }
        if slice > newest - Int64(Self.slices) { bytes[index(slice)] += count }
    }

    /// Bits per second over the last half second; nil in the first moments.
    var rate: Double? { rate(over: Self.slices - 1) }

    /// Bits per second over the last fifth of a second: what the link carries when its queue has just filled.
    var recentRate: Double? { rate(over: Self.slices * 2 / 5) }

    /// The slice that is still being filled does not count.
    private func rate(over count: Int) -> Double? {
        guard let first else { return nil }
        let complete = min(Int64(count), newest - first)
        guard complete >= Int64(Self.fewest) else { return nil }
        var sum = 0
        for slice in newest - complete..<newest { sum += bytes[index(slice)] }
        return Double(sum) * 8 / (Double(complete) * Self.slice.seconds)
    }

    private mutating func restart(at slice: Int64, _ count: Int) {
        for i in bytes.indices { bytes[i] = 0 }
        first = slice
        newest = slice
        bytes[index(slice)] = count
    }

    private func index(_ slice: Int64) -> Int {
        let rest = Int(slice % Int64(Self.slices))
        return rest < 0 ? rest + Self.slices : rest
    }
}
