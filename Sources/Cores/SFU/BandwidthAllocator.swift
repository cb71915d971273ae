import Primitives

/// Shares what a subscriber's network bears among the pictures it sees. Sound is never touched: its rate is taken off
/// beforehand.
///
/// Everybody's lowest layer comes first, in order of priority; then the most important picture gets as much as it can
/// use, then the next. So the speaker stays sharp while thumbnails starve.
package enum BandwidthAllocator {
    package struct Demand: Sendable {
        /// Higher is more important.
        package var priority: Int
        /// What the subscriber can use at most; nil where it is not shown.
        package var preferred: Layers?
        /// Rates by spatial, then temporal layer, each with those below it within the same spatial layer. Zero where
        /// nothing comes.
        package var rates: [[Bitrate]]

        package init(priority: Int, preferred: Layers?, rates: [[Bitrate]]) {
            self.priority = priority
            self.preferred = preferred
            self.rates = rates
        }
    }

    package struct Layers: Equatable, Sendable {
        package var spatial: Int
        package var temporal: Int

        package init(spatial: Int, temporal: Int) {
            self.spatial = spatial
            self.temporal = temporal
        }
    }

    package struct Allocation: Sendable {
        /// What each demand gets, nil where nothing.
        package var layers: [Layers?]
        /// What these take in all.
        package var used: Bitrate
        /// Whether all got what they prefer.
        package var isEnough: Bool
    }

    package static func allocate(_ demands: [Demand], available: Bitrate) -> Allocation {
        var left = available.bitsPerSecond
        var layers = [Layers?](repeating: nil, count: demands.count)
        var isEnough = true
        let order = demands.indices.filter { demands[$0].preferred != nil }
            .sorted { (demands[$0].priority, $1) > (demands[$1].priority, $0) }
        for (place, index) in order.enumerated() {
            guard let lowest = demands[index].steps.first else { continue }
            // The most important picture is never taken away altogether.
            guard lowest.rate <= left || place == 0 else {
                isEnough = false
                continue
            }
            layers[index] = lowest.layers
            left -= lowest.rate
        }
        for index in order {
            guard let base = layers[index], let first = demands[index].steps.first else { continue }
            let best = demands[index].steps.last { $0.rate - first.rate <= left } ?? first
            if best.layers != base {
                layers[index] = best.layers
                left -= best.rate - first.rate
            }
            if best.layers != demands[index].steps.last?.layers { isEnough = false }
        }
        let used = Bitrate(bitsPerSecond: available.bitsPerSecond - left)
        return Allocation(layers: layers, used: used, isEnough: isEnough)
    }
}

extension BandwidthAllocator.Demand {
    /// The choices there are, from least to most: layers that nothing comes of are left out, unless there is no other.
    fileprivate var steps: [(layers: BandwidthAllocator.Layers, rate: Int)] {
        guard let preferred else { return [] }
        var steps: [(layers: BandwidthAllocator.Layers, rate: Int)] = []
        for (spatial, temporal) in rates.enumerated() where spatial <= preferred.spatial {
            guard let top = temporal.last, top > .zero else { continue }
            for (layer, rate) in temporal.enumerated() where layer <= preferred.temporal {
                // A higher one that costs no more is the same one.
                if let last = steps.last, last.layers.spatial == spatial, last.rate >= rate.bitsPerSecond {
                    steps[steps.count - 1].layers.temporal = layer
                    continue
                }
                steps.append((.init(spatial: spatial, temporal: layer), rate.bitsPerSecond))
            }
        }
        if steps.isEmpty { steps.append((preferred, 0)) }
        return steps
    }
}
