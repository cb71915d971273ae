import Media
import Primitives
import Testing

@testable import Streams

/// Encoder and decoder on a machine that has other things to do.
struct MachineLoadTests {
    private static let interval = Duration.milliseconds(33)

    /// Runs pictures that take `cost(allowance)` each; gives the time at the end.
    private func run(
        _ load: inout EncoderLoad, from start: Instant, seconds: Int, cost: (EncoderLoad.Allowance) -> Duration
    ) -> Instant {
        var now = start
        for _ in 0..<seconds * 30 {
            now += Self.interval
            load.note(busy: cost(load.allowance), interval: Self.interval, now: now)
        }
        return now
    }

    @Test func aQuickMachineIsLeftAlone() {
        var load = EncoderLoad()
        _ = run(&load, from: .zero, seconds: 60) { _ in .milliseconds(3) }
        #expect(!load.isReduced)
    }

    @Test func careGoesBeforeFramesAndBothComeBack() {
        var load = EncoderLoad()
        // Speed -16 takes half the time of -8, and each picture left out costs nothing.
        func cost(_ allowance: EncoderLoad.Allowance, _ full: Double) -> Duration {
            Duration(seconds: full * (allowance.speed == -8 ? 1 : 0.5) * allowance.frameRate)
        }
        var now = run(&load, from: .zero, seconds: 5) { cost($0, 0.030) }
        #expect(load.allowance == .init(speed: -12, frameRate: 1))
        now = run(&load, from: now, seconds: 10) { cost($0, 0.120) }
        #expect(load.allowance.speed == -16 && load.allowance.frameRate < 1)
        #expect(load.load < 0.8)
        now = run(&load, from: now, seconds: 120) { cost($0, 0.004) }
        #expect(!load.isReduced)
    }

    /// What is regained and lost again is tried ever more seldom.
    @Test func aMachineAtItsLimitDoesNotSwing() {
        var load = EncoderLoad()
        var changes = 0
        var last = load.allowance
        var now = Instant.zero
        for _ in 0..<300 * 30 {
            now += Self.interval
            load.note(
                busy: Duration(seconds: load.allowance.speed == -8 ? 0.030 : 0.008), interval: Self.interval, now: now)
            if load.allowance != last { changes += 1 }
            last = load.allowance
        }
        #expect(changes < 24)
    }

    private func frame(key: Bool = false, discardable: Bool = false) -> EncodedFrame {
        EncodedFrame(bytes: [0], isKeyFrame: key, timestamp: 0, time: .zero, isDiscardable: discardable)
    }

    @Test func aLateDecoderLeavesOutWhatNobodyNeedsThenAsksForAKeyFrame() {
        var backlog = DecoderBacklog()
        let start = Instant.seconds(10)
        #expect(backlog.judge(frame(), arrival: start, now: start + .milliseconds(20)) == .decode)
        #expect(backlog.judge(frame(discardable: true), arrival: start, now: start + .milliseconds(20)) == .decode)
        #expect(backlog.judge(frame(discardable: true), arrival: start, now: start + .milliseconds(200)) == .skip)
        #expect(backlog.judge(frame(), arrival: start, now: start + .milliseconds(200)) == .decode)
        #expect(backlog.judge(frame(), arrival: start, now: start + .milliseconds(700)) == .skipAndAsk)
        #expect(backlog.judge(frame(), arrival: start + .milliseconds(700), now: start + .milliseconds(720)) == .skip)
        #expect(backlog.judge(frame(key: true), arrival: start, now: start + .milliseconds(900)) == .decode)
        #expect(backlog.judge(frame(), arrival: start + .milliseconds(900), now: start + .milliseconds(910)) == .decode)
        #expect(backlog.skipped == 3)
    }
}
