import Testing

@testable import VoiceProcessing

@Suite struct EchoWatchTests {
    private let loud = 3_000.0 * 3_000
    private let noise = 100.0 * 100
    private let silence = 0.0

    /// A filter that takes nearly all of an echo away.
    private func learnt() -> EchoWatch {
        var watch = EchoWatch()
        for _ in 0..<20 { watch.process(far: loud, recorded: loud, sent: loud / 10_000) }
        return watch
    }

    @Test func isHardTillTheFilterHasLearntOrCannot() {
        var watch = EchoWatch()
        for _ in 0..<150 { watch.process(far: loud, recorded: loud, sent: loud) }
        #expect(watch.isHard)
        #expect(!watch.cancelsWell)
        for _ in 0..<100 { watch.process(far: loud, recorded: loud, sent: loud) }
        #expect(!watch.isHard)
    }

    @Test func isLostTillItWasSeenToWork() {
        var watch = EchoWatch()
        #expect(watch.isLost)
        // A syllable's first block, which leaves the canceller later than it came.
        watch.process(far: loud, recorded: loud, sent: silence)
        for _ in 0..<30 { watch.process(far: loud, recorded: loud, sent: loud) }
        #expect(watch.isLost)
        for _ in 0..<20 { watch.process(far: loud, recorded: loud, sent: loud / 10_000) }
        #expect(!watch.isLost)
        watch.learnAgain()
        #expect(watch.isLost)
    }

    @Test func isNotLostWhereThereIsNothingToLearn() {
        var watch = EchoWatch()
        for _ in 0..<100 { watch.process(far: loud, recorded: loud, sent: loud) }
        #expect(!watch.isLost)
        watch.learnAgain()
        #expect(!watch.isLost)
    }

    @Test func isSoftWhileSomebodyTalks() {
        var watch = learnt()
        #expect(watch.isHard)
        for _ in 0..<10 { watch.process(far: loud, recorded: 2 * loud, sent: loud) }
        #expect(!watch.isHard)
        for _ in 0..<30 { watch.process(far: loud, recorded: loud, sent: loud / 10_000) }
        #expect(watch.isHard)
    }

    @Test func takesTheCancellersOwnNoiseForNoTalk() {
        var watch = learnt()
        for _ in 0..<50 { watch.process(far: silence, recorded: silence, sent: noise) }
        for _ in 0..<10 { watch.process(far: loud, recorded: noise, sent: noise) }
        #expect(watch.isHard)
    }

    @Test func saysThatItCancelsWellForASecondOfSound() {
        var watch = learnt()
        #expect(watch.cancelsWell)
        for _ in 0..<100 { watch.process(far: silence, recorded: silence, sent: silence) }
        #expect(watch.cancelsWell, "nothing was heard")
        for _ in 0..<70 { watch.process(far: loud, recorded: loud, sent: loud) }
        #expect(!watch.cancelsWell)
    }
}
