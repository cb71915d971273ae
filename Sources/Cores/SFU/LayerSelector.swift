/// Decides for one subscriber which packets of a picture in several sizes and frame rates pass.
///
/// Sizes (spatial layers, each a stream of its own) change at key frames only; frame rates (temporal layers) go down at
/// once, and up where the codec says that a frame needs nothing of what was left out.
package struct LayerSelector: Sendable {
    /// The spatial layer that passes now; nil before the first key frame, and while paused.
    package private(set) var current: Int?
    /// The one that shall pass; nil where nothing shall.
    package private(set) var target: Int?
    package private(set) var temporalTarget = LayerRates.temporalLayers - 1
    private var temporalCurrent = LayerRates.temporalLayers - 1

    package init() {}

    package enum Verdict: Equatable, Sendable {
        /// Goes out.
        case pass
        /// Goes out, as the first of its layer.
        case switchAndPass
        /// Stays out, and its number closes up.
        case drop
        /// Of a layer that is not shown.
        case ignore
    }

    /// What shall pass from now on; nil stops everything at once.
    package mutating func setTarget(_ spatial: Int?, temporal: Int) {
        target = spatial
        temporalTarget = temporal.clamped(to: 0...LayerRates.temporalLayers - 1)
        if spatial == nil { current = nil }
        temporalCurrent = min(temporalCurrent, temporalTarget)
    }

    /// Whether a key frame of `target` is waited for.
    package var needsKeyFrame: Bool { target != nil && target != current }

    /// The source started over: nothing passes until its next key frame.
    package mutating func forget(_ layer: Int) {
        if current == layer { current = nil }
    }

    package mutating func judge(layer: Int, picture: VP8View) -> Verdict {
        if layer == target, layer != current {
            guard picture.startsKeyFrame else { return layer == current ? .pass : .ignore }
            current = layer
            temporalCurrent = temporalTarget
            return .switchAndPass
        }
        guard layer == current else { return .ignore }
        let temporal = picture.temporalLayer
        if temporal > temporalCurrent, temporal <= temporalTarget, picture.startsFrame,
            picture.isLayerSync || picture.startsKeyFrame
        {
            temporalCurrent = temporal
        }
        if picture.startsKeyFrame { temporalCurrent = temporalTarget }
        return temporal <= temporalCurrent ? .pass : .drop
    }
}
