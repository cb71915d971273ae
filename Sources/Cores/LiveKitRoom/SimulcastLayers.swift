import LiveKitProtocol

/// Which of a track's simulcast layers serves which wish. LiveKit's clients name them q, h and f, and leave out the upper
/// ones of small pictures.
struct SimulcastLayers {
    /// From the smallest to the largest.
    private(set) var rids: [String]
    /// What the publisher said of each; in the same order, empty where it said nothing that fits.
    private var sizes: [LKVideoLayer]

    private static let names = ["q", "h", "f"]

    init(rids: [String], announced: [LKVideoLayer]) {
        self.rids = rids
        // Layers are announced by quality, or by rid where the client is new enough.
        let byName = rids.compactMap { rid in
            announced.first { $0.rid == rid }
                ?? announced.first { layer in Self.names.firstIndex(of: rid) == layer.quality.rawValue }
        }
        sizes = byName.count == rids.count ? byName : []
    }

    /// The layer for a quality; nil where there is no choice, or the best is meant.
    func index(for quality: LKVideoQuality) -> Int? {
        guard rids.count > 1 else { return nil }
        let wanted = min(max(quality.rawValue, 0), 2)
        guard rids.allSatisfy({ Self.names.contains($0) }) else { return min(wanted, rids.count - 1) }
        let fitting = rids.lastIndex { (Self.names.firstIndex(of: $0) ?? 0) <= wanted }
        return fitting ?? 0
    }

    /// The smallest layer that covers a picture of that size. Of layers said to be of one size the better one.
    func index(covering width: Int, _ height: Int) -> Int? {
        guard rids.count > 1, !sizes.isEmpty else { return nil }
        let covering = sizes.indices.first { Int(sizes[$0].width) >= width && Int(sizes[$0].height) >= height }
        guard let covering else { return rids.count - 1 }
        let size = (sizes[covering].width, sizes[covering].height)
        return sizes.indices.last { (sizes[$0].width, sizes[$0].height) == size } ?? covering
    }
}
