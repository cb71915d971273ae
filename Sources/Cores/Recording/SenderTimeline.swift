import Primitives

/// Puts the sound and the pictures of one remote participant on our clock, in step with each other.
///
/// RTP timestamps of two streams have nothing in common; sender reports tie each to the sender's wall clock (RFC 3550
/// §6.4.1). What is left is how that clock relates to ours: the shortest delay seen lately between a moment there and
/// the arrival here of what was recorded then. Whatever holds up a thread or a packet makes a moment later, never
/// earlier: so both relations follow what is early at once and what is late slowly, as two clocks drift. Until reports
/// have come a stream runs from its first arrival.
struct SenderTimeline: Sendable {
    enum Medium: Sendable { case audio, video }

    fileprivate struct Stream: Sendable {
        let rate: Double
        /// A moment of the stream in seconds on the sender's wall clock.
        var reported: (seconds: Double, timestamp: UInt32)?
        var anchor: (timestamp: UInt32, arrival: Instant)?

        init(rate: Int) { self.rate = Double(rate) }

        /// Seconds on the sender's wall clock.
        func senderSeconds(at timestamp: UInt32) -> Double? {
            reported.map { $0.seconds + Double(Int32(bitPattern: timestamp &- $0.timestamp)) / rate }
        }

        mutating func receiveReport(_ seconds: Double, timestamp: UInt32) {
            guard let expected = senderSeconds(at: timestamp), abs(seconds - expected) < SenderTimeline.restart else {
                reported = (seconds, timestamp)
                return
            }
            reported = (min(seconds, expected + SenderTimeline.lateness), timestamp)
        }
    }

    private var audio = Stream(rate: 48_000)
    private var video = Stream(rate: 90_000)
    /// Our clock less the sender's, in seconds.
    private var offset: Double?
    private var window = DelayWindow()
    private var adjustedAt = Instant.zero

    /// What is late is followed by at most a millisecond a second,
    private static let slew = 0.001
    /// or half a one a report.
    private static let lateness = 0.0005
    /// A report that is so far from the one before is of a stream that began anew.
    private static let restart = 1.0
    /// A time further than this from its arrival is a stream that began anew and has not been reported on.
    private static let plausible = 5.0

    /// Of a sound source of our own: its samples count from an origin of their own, the moments are those of our clock.
    static func counting(from timestamp: UInt32) -> SenderTimeline {
        var timeline = SenderTimeline()
        timeline.audio.reported = (0, timestamp)
        return timeline
    }

    mutating func receiveReport(_ medium: Medium, ntp: NTPTime, timestamp: UInt32) {
        guard ntp.bits != 0 else { return }  // a sender without a wall clock
        switch medium {
        case .audio: audio.receiveReport(ntp.seconds, timestamp: timestamp)
        case .video: video.receiveReport(ntp.seconds, timestamp: timestamp)
        }
    }

    func isReported(_ medium: Medium) -> Bool { (medium == .audio ? audio : video).reported != nil }

    /// Learns from an arrival how the clocks relate, before anything is placed by it.
    mutating func observe(_ medium: Medium, timestamp: UInt32, arrival: Instant) {
        guard let seconds = (medium == .audio ? audio : video).senderSeconds(at: timestamp) else { return }
        let delay = Double(arrival.nanoseconds) / 1e9 - seconds
        if let offset, abs(delay - offset) > Self.plausible { return }
        adjust(delay, now: arrival)
    }

    /// When what carries this timestamp was recorded, as near as can be told.
    mutating func place(_ medium: Medium, timestamp: UInt32, arrival: Instant) -> Instant {
        guard let seconds = (medium == .audio ? audio : video).senderSeconds(at: timestamp) else {
            return unreported(medium, timestamp: timestamp, arrival: arrival)
        }
        let delay = Double(arrival.nanoseconds) / 1e9 - seconds
        if let offset, abs(delay - offset) > Self.plausible {
            // Either the stream or the sender's clock was set anew.
            return unreported(medium, timestamp: timestamp, arrival: arrival)
        }
        adjust(delay, now: arrival)
        // To the microsecond: the rest is what reports and doubles are rounded by.
        return Instant(nanoseconds: Int64(((seconds + (offset ?? delay)) * 1e6).rounded()) * 1_000)
    }

    private mutating func adjust(_ delay: Double, now: Instant) {
        window.add(delay, now: now)
        let elapsed = max(0, min(1, (now - adjustedAt).seconds))
        adjustedAt = max(adjustedAt, now)
        guard let old = offset else {
            offset = delay
            return
        }
        offset = min(window.minimum, old + Self.slew * elapsed)
    }

    private mutating func unreported(_ medium: Medium, timestamp: UInt32, arrival: Instant) -> Instant {
        switch medium {
        case .audio: audio.run(timestamp, arrival)
        case .video: video.run(timestamp, arrival)
        }
    }
}

extension SenderTimeline.Stream {
    /// Counts from the first arrival, or from this one where that gives no sense any more.
    fileprivate mutating func run(_ timestamp: UInt32, _ arrival: Instant) -> Instant {
        if let anchor {
            let elapsed = Double(Int32(bitPattern: timestamp &- anchor.timestamp)) / rate
            let time = anchor.arrival + Duration(seconds: elapsed)
            if abs((time - arrival).seconds) < 2 { return time }
        }
        anchor = (timestamp, arrival)
        return arrival
    }
}

/// The smallest of the last ten to twenty seconds.
private struct DelayWindow: Sendable {
    private var older = Double.infinity
    private var newer = Double.infinity
    private var turnAt: Instant?

    private static let half = Duration.seconds(10)

    var minimum: Double { min(older, newer) }

    mutating func add(_ value: Double, now: Instant) {
        if let due = turnAt, now >= due {
            older = newer
            newer = .infinity
            turnAt = now + Self.half
        } else if turnAt == nil {
            turnAt = now + Self.half
        }
        newer = min(newer, value)
    }
}
