/// Finds what somebody may have meant.
package enum NearestName {
    /// The candidate that differs least from `name`, where it is near enough to be a slip of the hand.
    package static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        let limit = max(1, min(3, name.count / 2))
        let nearest = candidates.map { (distance(name, $0), $0) }.min { $0 < $1 }
        return nearest.flatMap { $0.0 <= limit ? $0.1 : nil }
    }

    /// Insertions, deletions, substitutions and swaps of neighbours that lead from one to the other (the optimal string
    /// alignment distance).
    static func distance(_ a: String, _ b: String) -> Int {
        let a = Array(a.prefix(64)), b = Array(b.prefix(64))
        var before: [Int] = []
        var previous = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var best = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, before[j - 1] + 1) }
                row.append(best)
            }
            before = previous
            previous = row
        }
        return previous[b.count]
    }
}
