import LiveKitClient
import Media
import Primitives

/// Which layers of the own picture are worth sending to a media server, and with how many bits.
struct LayerPlan {
    let layers: [SimulcastLayer]
    /// Those that anybody looks at; all of them until the server tells.
    var wanted = Set(SimulcastLayer.Quality.allCases)
    /// What the way to the server bears.
    var budget = Bitrate.kilobits(300)

    /// A layer with less than this part of what it needs is not worth its bits.
    private static let worthwhile = 0.6

    /// Lowest first; nil stops a layer. The lowest one that is wanted is sent whatever the network bears.
    func targets(framesPerSecond: Int) -> [(layer: SimulcastLayer, target: VideoTarget?)] {
        var left = budget.bitsPerSecond
        var isFirst = true
        return layers.map { layer in
            // One layer alone answers whatever quality is asked for.
            guard layers.count == 1 ? !wanted.isEmpty : wanted.contains(layer.quality) else { return (layer, nil) }
            // More bits than this make no better picture; fewer than 100 kbit/s cost frames.
            let useful = min(layer.bitrate.bitsPerSecond, max(100_000, layer.size.area * framesPerSecond / 6))
            guard isFirst || Double(left) >= Double(useful) * Self.worthwhile else { return (layer, nil) }
            isFirst = false
            let bitrate = max(60_000, min(useful, left))
            left -= bitrate
            return (
                layer,
                VideoTarget(
                    size: layer.size, framesPerSecond: framesPerSecond, bitrate: Bitrate(bitsPerSecond: bitrate))
            )
        }
    }
}
