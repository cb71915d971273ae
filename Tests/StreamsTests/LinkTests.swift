import LinkModel
import Primitives
import Testing

/// Calls over scripted links: the same model as `make bench-network`, with bounds.
struct LinkTests {
    @Test(arguments: [LinkScenario.steps, .deepSteps])
    func followsAStepDownWithinTwoSecondsAndUpWithinTen(scenario: LinkScenario) {
        let reports = [100, 200, 300].map { LinkCall.run(scenario, seed: $0) }
        // The first half second after a step is not judged, as the mean over a second still holds what was before.
        #expect(median(reports) { $0.settled(after: .seconds(20)) } <= .milliseconds(2_500))
        #expect(median(reports) { $0.settled(after: .seconds(40)) } <= .seconds(10))
        for report in reports {
            #expect(report.use(from: .seconds(25), to: .seconds(40)) > 0.8)
            #expect(report.use(from: .seconds(52), to: .seconds(65)) > 0.8)
            #expect(report.queueingDelay(percentile: 0.95) < .milliseconds(150))
            #expect(report.audioLost(except: [.seconds(20)]) < 0.001)
        }
    }

    /// What never came counts as an hour.
    private func median(_ reports: [LinkReport], _ value: (LinkReport) -> Duration?) -> Duration {
        reports.map { value($0) ?? .seconds(3_600) }.sorted()[reports.count / 2]
    }

    @Test func holdsItsGroundBesideTCP() {
        let report = LinkCall.run(.beside, seed: 100)
        let share = report.use(from: .seconds(20), to: .seconds(60))
        #expect(0.25...0.75 ~= share)
        #expect(report.tcpPackets * 1_200 * 8 > 60 * 2_000_000 / 5)
    }

    @Test func aRadioLinkIsUsedWithoutDelay() {
        let report = LinkCall.run(.wireless, seed: 100)
        #expect(report.use(from: .seconds(20), to: .seconds(60)) > 0.55)
        #expect(report.queueingDelay(percentile: 0.95) < .milliseconds(100))
        #expect(report.longestFreeze < .milliseconds(300))
    }

    @Test func aDeepBufferStaysEmpty() {
        let report = LinkCall.run(.deep, seed: 100)
        #expect(report.use(from: .seconds(20), to: .seconds(60)) > 0.88)
        #expect(report.queueingDelay(percentile: 0.95) < .milliseconds(100))
    }

    @Test(arguments: [(0.05, 0.95), (0.1, 0.9)])
    func picturesSurviveLoss(loss: Double, share: Double) {
        for seed in [100, 200, 300] as [UInt64] {
            let report = LinkCall.run(.lossy(loss), seed: seed)
            #expect(report.shownShare >= share)
            #expect(report.longestFreeze <= .milliseconds(500))
            #expect(report.use(from: .seconds(20), to: .seconds(60)) > 0.6)
        }
    }

    @Test func lostFeedbackIsNotTakenForLostPackets() {
        let report = LinkCall.run(.oneWay, seed: 100)
        #expect(report.use(from: .seconds(20), to: .seconds(60)) > 0.7)
    }

    @Test func aPeerThatOnlyTellsALimitIsServed() {
        let report = LinkCall.run(.remb, seed: 100)
        #expect(report.use(from: .seconds(20), to: .seconds(60)) > 0.7)
        #expect(report.shownShare > 0.95)
    }

    /// The estimate does not wait until the picture needs it.
    @Test func aStillPictureTriesOutTheLink() {
        let report = LinkCall.run(.applicationLimited, seed: 100)
        #expect(report.meanEstimate(from: .seconds(15), to: .seconds(30)) > .kilobits(1_200))
        #expect(report.use(from: .seconds(34), to: .seconds(60)) > 0.8)
    }
}
