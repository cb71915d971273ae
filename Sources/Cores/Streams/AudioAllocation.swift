import Primitives

/// What the sound that is sent should be like on a path: it comes before pictures, so that it gives way last.
///
/// An owner with several paths and one encoder takes `combined`: the poorest path decides on rate and packets, the worst
/// loss on protection.
package struct AudioAllocation: Hashable, Sendable {
    /// Of the codec, without headers.
    package var bitrate: Bitrate
    /// How much sound a packet holds: headers cost 28 kbit/s at 20 ms, and 9 at 60.
    package var packetTime: Duration
    /// What the other side lost lately, 0...1, for in-band FEC and redundancy.
    package var expectedLoss: Double
    /// Whether there is room to send each packet twice (RFC 2198).
    package var hasRoomForRedundancy: Bool

    package init(bitrate: Bitrate, packetTime: Duration, expectedLoss: Double, hasRoomForRedundancy: Bool) {
        self.bitrate = bitrate
        self.packetTime = packetTime
        self.expectedLoss = expectedLoss
        self.hasRoomForRedundancy = hasRoomForRedundancy
    }

    /// RTP, SRTP, UDP and IP of one packet, in bits.
    private static let headerBits = 560.0
    private static let best = 32_000.0
    private static let least = 8_000.0

    /// `estimate` is what the path carries, everything together.
    package init(estimate: Bitrate, loss: Double) {
        let total = Double(estimate.bitsPerSecond)
        // With more than this there is room for pictures beside the best sound.
        let packetMilliseconds: Int64 = total >= 90_000 ? 20 : total >= 55_000 ? 40 : 60
        let headers = Self.headerBits * 1_000 / Double(packetMilliseconds)
        let share = total >= 90_000 ? total : total * 0.9
        self.init(
            bitrate: Bitrate(bitsPerSecond: Int((share - headers).clamped(to: Self.least...Self.best))),
            packetTime: .milliseconds(packetMilliseconds), expectedLoss: loss.isFinite ? loss.clamped(to: 0...1) : 0,
            hasRoomForRedundancy: total >= 120_000)
    }

    package static func combined(_ all: [AudioAllocation]) -> AudioAllocation? {
        guard var result = all.first else { return nil }
        for other in all.dropFirst() {
            result.bitrate = min(result.bitrate, other.bitrate)
            result.packetTime = max(result.packetTime, other.packetTime)
            result.expectedLoss = max(result.expectedLoss, other.expectedLoss)
            result.hasRoomForRedundancy = result.hasRoomForRedundancy && other.hasRoomForRedundancy
        }
        return result
    }
}
