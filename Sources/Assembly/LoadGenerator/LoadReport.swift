import Primitives
import Signalling

/// What a load showed.
package struct LoadReport: Sendable {
    /// The middle of a row of measurements, and its edges.
    package struct Percentiles: Sendable {
        package let count: Int
        package let p50, p90, p95, p99, maximum: Double

        init(_ values: [Double]) {
            let sorted = values.sorted()
            count = sorted.count
            func at(_ share: Double) -> Double {
                sorted.isEmpty ? 0 : sorted[min(sorted.count - 1, Int((share * Double(sorted.count - 1)).rounded()))]
            }
            (p50, p90, p95, p99, maximum) = (at(0.5), at(0.9), at(0.95), at(0.99), at(1))
        }

        var json: JSON {
            [
                "count": JSON(count), "p50": .number(p50), "p90": .number(p90), "p95": .number(p95),
                "p99": .number(p99), "max": .number(maximum),
            ]
        }

        var text: String {
            func short(_ value: Double) -> String { String(Double(Int(value * 100)) / 100) }
            return "p50 \(short(p50))  p90 \(short(p90))  p95 \(short(p95))  p99 \(short(p99))  max \(short(maximum))"
        }
    }

    package var rooms = 0
    package var publishers = 0
    package var subscribers = 0
    package var connected = 0
    package var errors: [String] = []
    package var cipher = "none"
    package var seconds = 0.0
    package var packetsSent = 0
    package var packetsReceived = 0
    package var packetsExpected = 0
    package var bytesReceived = 0
    package var latency = Percentiles([])
    package var firstPacket = Percentiles([])
    package var firstKeyFrame = Percentiles([])

    package var lost: Int { max(0, packetsExpected - packetsReceived) }
    package var lossPercent: Double { packetsExpected > 0 ? 100 * Double(lost) / Double(packetsExpected) : 0 }

    package var json: JSON {
        [
            "rooms": JSON(rooms), "publishers": JSON(publishers), "subscribers": JSON(subscribers),
            "connected": JSON(connected), "errors": .array(errors.map { .string($0) }), "cipher": .string(cipher),
            "seconds": .number(seconds), "packetsSent": JSON(packetsSent), "packetsReceived": JSON(packetsReceived),
            "packetsLost": JSON(lost), "lossPercent": .number(lossPercent),
            "packetsPerSecond": .number(seconds > 0 ? Double(packetsReceived) / seconds : 0),
            "bitsPerSecond": .number(seconds > 0 ? Double(bytesReceived) * 8 / seconds : 0),
            "latencyMs": latency.json, "firstPacketMs": firstPacket.json, "firstKeyFrameMs": firstKeyFrame.json,
        ]
    }

    package var text: String {
        let rate = seconds > 0 ? Int(Double(packetsReceived) / seconds) : 0
        let megabits = seconds > 0 ? Double(bytesReceived) * 8 / seconds / 1e6 : 0
        var lines = [
            "rooms \(rooms), publishers \(publishers), subscribers \(subscribers), \(Int(seconds)) s, \(cipher)",
            "connected           \(connected) of \(publishers + subscribers)",
            "packets             \(packetsReceived) received, \(rate)/s, \(Int(megabits)) Mbit/s",
            "lost                \(lost) (\(Double(Int(lossPercent * 1_000)) / 1_000) %)",
            "latency ms          \(latency.text)",
            "first packet ms     \(firstPacket.text)",
            "first key frame ms  \(firstKeyFrame.text)",
        ]
        lines += errors.prefix(5).map { "error: \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }
}
