import Media
import Primitives
import Streams

/// What was measured of a call over a scripted link.
package struct LinkReport: Sendable {
    /// Tenths of a second.
    private static let slice = Duration.milliseconds(100)

    private struct Slice: Sendable {
        var sent = 0
        var passed = 0
        var script = Bitrate.zero
        var estimate = Bitrate.zero
        var audioSent = 0
        var audioArrived = 0
    }

    private let start: Instant
    private var slices: [Slice] = []
    private var delays: [(at: Instant, delay: Duration)] = []
    private var shownAt: [Instant] = []
    package var framesSent = 0
    package private(set) var framesShown = 0
    package private(set) var sent: SectionStatistics?
    package private(set) var received: SectionStatistics?
    package private(set) var tcpPackets = 0

    init(start: Instant) { self.start = start }

    private func index(_ now: Instant) -> Int { Int((now - start).nanoseconds / Self.slice.nanoseconds) }

    private mutating func slice(_ now: Instant, _ body: (inout Slice) -> Void) {
        let index = index(now)
        while slices.count <= index { slices.append(Slice()) }
        body(&slices[index])
    }

    mutating func noteScript(_ rate: Bitrate, now: Instant) { slice(now) { $0.script = rate } }
    mutating func noteEstimate(_ rate: Bitrate, now: Instant) { slice(now) { $0.estimate = rate } }
    mutating func sent(bytes: Int, now: Instant) { slice(now) { $0.sent += bytes } }
    mutating func audioSent(now: Instant) { slice(now) { $0.audioSent += 1 } }

    mutating func passed(bytes: Int, delay: Duration, isAudio: Bool, now: Instant) {
        slice(now) { $0.passed += bytes }
        delays.append((now, delay))
    }

    mutating func audioArrived(_ packet: ReceivedAudio, now: Instant) { slice(now) { $0.audioArrived += 1 } }

    mutating func frameShown(_ frame: EncodedFrame, now: Instant) {
        framesShown += 1
        shownAt.append(now)
    }

    mutating func finish(sent: [SectionStatistics], received: [SectionStatistics], tcpPackets: Int) {
        self.sent = sent.first { $0.kind == .video }
        self.received = received.first { $0.kind == .video }
        self.tcpPackets = tcpPackets
    }
}

// MARK: - What it comes to

extension LinkReport {
    /// The part of the link's rate that media used, from `from` to `to`.
    package func use(from: Duration, to: Duration) -> Double {
        let part = slices[bounds(from, to)]
        let carried = part.reduce(0) { $0 + $1.script.bitsPerSecond / 80 }
        return Double(part.reduce(0) { $0 + $1.passed }) / Double(max(1, carried))
    }

    /// How long after `from` the sender's mean over a second lies within 90 and 110 % of the link for the first time.
    package func settled(after from: Duration) -> Duration? {
        let first = Int(from.nanoseconds / Self.slice.nanoseconds)
        guard first < slices.count else { return nil }
        for end in first..<slices.count {
            let second = slices[max(0, end - 9)...end]
            let share =
                Double(second.reduce(0) { $0 + $1.sent }) * 8 / Double(second.count) * 10
                / Double(slices[end].script.bitsPerSecond)
            if end >= first + 4, 0.9...1.1 ~= share { return Self.slice * Int64(end + 1 - first) }
        }
        return nil
    }

    /// The time that so many of all packets waited at the narrow place at most.
    package func queueingDelay(percentile: Double, from: Duration = .zero) -> Duration {
        let sorted = delays.filter { $0.at - start >= from }.map(\.delay).sorted()
        guard !sorted.isEmpty else { return .zero }
        return sorted[min(sorted.count - 1, Int(Double(sorted.count) * percentile))]
    }

    /// The part of sound packets that never arrived, seconds that `except` names left aside.
    package func audioLost(except: [Duration] = []) -> Double {
        var sent = 0
        var arrived = 0
        for (index, slice) in slices.enumerated() {
            let at = Self.slice * Int64(index)
            if except.contains(where: { at >= $0 && at < $0 + .seconds(1) }) { continue }
            sent += slice.audioSent
            arrived += slice.audioArrived
        }
        // What is under way at the end, and what moved from one second to the next.
        return max(0, 1 - Double(arrived + 10) / Double(max(1, sent)))
    }

    /// The part of the frames sent that were shown, those under way at the end left aside.
    package var shownShare: Double { min(1, Double(framesShown + 5) / Double(max(1, framesSent))) }

    package var longestFreeze: Duration {
        zip(shownAt, shownAt.dropFirst()).map { $1 - $0 }.max() ?? .zero
    }

    package func meanEstimate(from: Duration, to: Duration) -> Bitrate {
        let part = slices[bounds(from, to)]
        return Bitrate(bitsPerSecond: part.reduce(0) { $0 + $1.estimate.bitsPerSecond } / max(1, part.count))
    }

    /// The estimate and what was sent, second by second in kbit/s.
    package var trace: String {
        stride(from: 0, to: slices.count - 9, by: 10).map { first in
            let second = slices[first..<first + 10]
            return "\(second.reduce(0) { $0 + $1.sent } * 8 / 1_000)/\(slices[first + 9].estimate.kilobitsPerSecond)"
        }.joined(separator: " ")
    }

    private func bounds(_ from: Duration, _ to: Duration) -> Range<Int> {
        let first = Int(from.nanoseconds / Self.slice.nanoseconds).clamped(to: 0...slices.count)
        return first..<Int(to.nanoseconds / Self.slice.nanoseconds).clamped(to: first...slices.count)
    }
}
