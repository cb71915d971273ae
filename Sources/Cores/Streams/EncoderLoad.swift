import Primitives

/// Keeps an encoding thread from being overrun: compares the time that pictures take with the time there is, and gives
/// up first the encoder's care, then frames; both come back when there has been time to spare for a while.
package struct EncoderLoad: Sendable {
    /// What the machine bears.
    package struct Allowance: Hashable, Sendable {
        /// libvpx's speed: -16 is the quickest.
        package var speed: Int
        /// The part of the frame rate that there is time for.
        package var frameRate: Double
    }

    private static let steps = [
        Allowance(speed: -8, frameRate: 1), Allowance(speed: -12, frameRate: 1), Allowance(speed: -16, frameRate: 1),
        Allowance(speed: -16, frameRate: 0.75), Allowance(speed: -16, frameRate: 0.5),
        Allowance(speed: -16, frameRate: 0.33), Allowance(speed: -16, frameRate: 0.2),
    ]
    /// More of the time than this is too much: the thread shares its core with others.
    private static let high = 0.7
    private static let low = 0.35
    private static let downAfter = Duration.milliseconds(600)
    private static let upAfter = Duration.seconds(5)
    private static let longestUpAfter = Duration.seconds(60)
    /// Steps lost again within this time of being regained make the next attempt wait twice as long.
    private static let relapse = Duration.seconds(10)
    private static let smoothing = 0.1

    private var step = 0
    /// The part of the time that encoding takes, 0…, smoothed.
    package private(set) var load = 0.0
    private var highSince: Instant?
    private var lowSince: Instant?
    private var raisedAt: Instant?
    private var patience = upAfter

    package init() {}

    package var allowance: Allowance { Self.steps[step] }
    package var isReduced: Bool { step > 0 }

    /// Takes one picture: how long all its encoders took, by the wall clock, and the time until the next one was due.
    package mutating func note(busy: Duration, interval: Duration, now: Instant) {
        guard interval > .zero else { return }
        let sample = min(4, busy / interval)
        load += Self.smoothing * (sample - load)
        highSince = load > Self.high ? highSince ?? now : nil
        lowSince = load < Self.low ? lowSince ?? now : nil
        if let highSince, now - highSince >= Self.downAfter { lower(now: now) }
        if let lowSince, now - lowSince >= patience { raise(now: now) }
    }

    private mutating func lower(now: Instant) {
        highSince = now
        guard step < Self.steps.count - 1 else { return }
        if let raisedAt, now - raisedAt < Self.relapse { patience = min(Self.longestUpAfter, patience * 2) }
        step += 1
    }

    private mutating func raise(now: Instant) {
        lowSince = now
        guard step > 0 else {
            patience = Self.upAfter
            return
        }
        step -= 1
        raisedAt = now
    }
}
