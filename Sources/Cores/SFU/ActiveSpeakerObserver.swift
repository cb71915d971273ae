import Primitives

/// Somebody whose voice is heard now, or, with `isSpeaking` false, no longer.
package struct ActiveSpeaker: Equatable, Sendable {
    /// As given to `record`.
    package var source: Int
    /// 0...1.
    package var level: Double
    package var isSpeaking: Bool
}

/// Tells from the packets' audio levels who speaks (RFC 6464): loud for at least 40 % of a window of 400 ms.
package struct ActiveSpeakerObserver: Sendable {
    package static let window = Duration.milliseconds(400)
    /// In -dBov; what is quieter is not speech.
    private static let threshold: UInt8 = 35
    private static let packetTime = Duration.milliseconds(20)
    private static let neededTime = Duration.milliseconds(160)
    /// Levels are told in eighths, so that not every breath is news.
    private static let steps = 8.0
    /// 10^(-dB/20).
    private static let linear: [Double] = (0..<127).reduce(into: [1]) { levels, _ in
        levels.append(levels[levels.count - 1] * 0.891_250_938_133_745_6)
    }

    private struct Source: Sendable {
        var loudest: UInt8 = 127
        var loudTime = Duration.zero
        /// What was told last; 0 is silence.
        var told = 0.0
    }

    private var sources: [Int: Source] = [:]
    package private(set) var nextDeadline: Instant?

    package init() {}

    /// A packet's level, 0 (loudest) to 127.
    package mutating func record(_ source: Int, level: UInt8, now: Instant) {
        if nextDeadline == nil { nextDeadline = now + Self.window }
        guard level <= Self.threshold else {
            if sources[source] == nil { sources[source] = Source() }
            return
        }
        sources[source, default: Source()].loudTime += Self.packetTime
        sources[source, default: Source()].loudest = min(sources[source]?.loudest ?? 127, level)
    }

    /// What changed, and that it is over for somebody who left.
    package mutating func remove(_ source: Int) -> ActiveSpeaker? {
        guard let old = sources.removeValue(forKey: source), old.told > 0 else { return nil }
        return ActiveSpeaker(source: source, level: 0, isSpeaking: false)
    }

    /// Ends a window: the changes, loudest first.
    package mutating func handleTimeout(now: Instant) -> [ActiveSpeaker] {
        guard let due = nextDeadline, due <= now else { return [] }
        nextDeadline = sources.isEmpty ? nil : now + Self.window
        var changes: [ActiveSpeaker] = []
        for (id, source) in sources {
            let level = Self.level(of: source)
            sources[id] = Source(told: level)
            guard level != source.told else { continue }
            changes.append(ActiveSpeaker(source: id, level: level, isSpeaking: level > 0))
        }
        return changes.sorted { ($0.level, $1.source) > ($1.level, $0.source) }
    }

    /// Who speaks now, loudest first.
    package var speakers: [ActiveSpeaker] {
        sources.filter { $0.value.told > 0 }
            .map { ActiveSpeaker(source: $0.key, level: $0.value.told, isSpeaking: true) }
            .sorted { ($0.level, $1.source) > ($1.level, $0.source) }
    }

    private static func level(of source: Source) -> Double {
        guard source.loudTime >= neededTime else { return 0 }
        let share = min(1, source.loudTime.seconds / window.seconds)
        let level = linear[Int(source.loudest)] * share
        return max(1, (level * steps).rounded(.up)) / steps
    }
}
