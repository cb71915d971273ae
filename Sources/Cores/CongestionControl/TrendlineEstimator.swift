/// The slope of queueing delay over time: a straight line fitted through the smoothed, summed delay variation of the last
/// twenty groups. 0.01 means that packets wait 10 ms more with each second.
struct TrendlineEstimator: Sendable {
    private static let window = 20
    private static let smoothing = 0.9

    private var points: [(time: Double, delay: Double)] = []
    private var oldest = 0
    private var firstArrival: Double?
    private var accumulated = 0.0
    private var smoothed = 0.0
    /// How many groups were seen.
    private(set) var samples = 0
    private(set) var slope = 0.0

    mutating func update(_ deltas: PacketGrouping.Deltas) {
        samples += 1
        let start = firstArrival ?? deltas.arrivalTime
        firstArrival = start
        accumulated += deltas.arrival - deltas.send
        smoothed = Self.smoothing * smoothed + (1 - Self.smoothing) * accumulated
        append((deltas.arrivalTime - start, smoothed))
        if points.count == Self.window { slope = fit() ?? slope }
    }

    private mutating func append(_ point: (time: Double, delay: Double)) {
        if points.count < Self.window {
            points.append(point)
        } else {
            points[oldest] = point
            oldest = (oldest + 1) % Self.window
        }
    }

    /// Least squares.
    private func fit() -> Double? {
        var sumTime = 0.0
        var sumDelay = 0.0
        for point in points {
            sumTime += point.time
            sumDelay += point.delay
        }
        let meanTime = sumTime / Double(points.count)
        let meanDelay = sumDelay / Double(points.count)
        var numerator = 0.0
        var denominator = 0.0
        for point in points {
            numerator += (point.time - meanTime) * (point.delay - meanDelay)
            denominator += (point.time - meanTime) * (point.time - meanTime)
        }
        return denominator > 0 ? numerator / denominator : nil
    }
}
