import CongestionControl
import Primitives
import RTP
import Testing

private func path(_ capacity: Int, start: Int = 300, max: Int = 5_000) -> SimulatedPath {
    SimulatedPath(
        estimator: BandwidthEstimator(start: .kilobits(start), min: .kilobits(50), max: .kilobits(max)),
        capacity: .kilobits(capacity))
}

@Test(arguments: [200, 500, 1_000, 3_000])
func findsWhatTheLinkCarries(capacity: Int) {
    var path = path(capacity)
    path.run(seconds: 10)
    path.resetLongestDelay()
    let mean = path.run(seconds: 30)
    #expect(mean > .kilobits(capacity * 70 / 100))
    #expect(mean < .kilobits(capacity * 105 / 100))
    #expect(path.longestDelay < .milliseconds(300))
}

@Test func reachesOneMegabitWithinThreeSeconds() {
    var path = path(1_000)
    path.run(seconds: 3)
    #expect(path.estimator.target > .kilobits(700))
}

@Test func followsASuddenDropWithinThreeSecondsAndRecovers() {
    var path = path(2_000)
    path.run(seconds: 15)
    #expect(path.estimator.target > .kilobits(1_400))
    path.capacity = .kilobits(300)
    path.run(seconds: 3)
    #expect(path.estimator.target < .kilobits(330))
    let low = path.run(seconds: 10)
    #expect(low > .kilobits(190))
    #expect(low < .kilobits(310))
    path.capacity = .kilobits(2_000)
    path.run(seconds: 20)
    #expect(path.estimator.target > .kilobits(1_400))
}

@Test(arguments: [0.01, 0.05])
func randomLossAloneDoesNotStarve(loss: Double) {
    var path = path(1_500)
    path.loss = loss
    path.run(seconds: 10)
    #expect(path.run(seconds: 20) > .kilobits(900))
}

/// Sending less is tried first; where it does not help, the rate stays.
@Test func lossThatSendingLessDoesNotCureIsLivedWith() {
    var path = path(5_000)
    path.run(seconds: 10)
    let before = path.estimator.target.bitsPerSecond
    path.loss = 0.3
    var lowest = Int.max
    for _ in 0..<50 {
        path.run(seconds: 0.1)
        lowest = min(lowest, path.estimator.target.bitsPerSecond)
    }
    #expect(lowest < before * 9 / 10)
    path.run(seconds: 20)
    #expect(path.estimator.target.bitsPerSecond > before * 4 / 10)
    path.loss = 0
    path.run(seconds: 15)
    #expect(path.estimator.target.bitsPerSecond > before / 2)
}

/// A queue too short to show in delays.
@Test func lossThatSendingLessCuresLowersTheRate() {
    var path = path(1_000, start: 900)
    path.longestQueue = .milliseconds(12)
    path.run(seconds: 10)
    let mean = path.run(seconds: 20)
    #expect(mean > .kilobits(600))
    #expect(mean < .kilobits(1_250))
}

@Test(arguments: [5, 20])
func jitterIsNotMistakenForQueues(milliseconds: Int64) {
    var path = path(2_000)
    path.jitter = .milliseconds(milliseconds)
    path.run(seconds: 15)
    #expect(path.run(seconds: 30) > .kilobits(1_000))
}

@Test func unusedRateIsNotBelieved() {
    var path = path(100_000)
    path.applicationLimit = .kilobits(200)
    path.run(seconds: 30)
    #expect(path.estimator.target <= .kilobits(330))
}

@Test func staysWithinItsBounds() {
    var path = path(10_000, start: 300, max: 800)
    path.run(seconds: 10)
    #expect(path.estimator.target == .kilobits(800))
    path.estimator.setMaximum(.kilobits(100))
    #expect(path.estimator.target == .kilobits(100))
    path.estimator.setMaximum(.kilobits(10))
    #expect(path.estimator.target == .kilobits(50))
    path.estimator.setMaximum(.kilobits(1_000))
    path.run(seconds: 10)
    #expect(path.estimator.target == .kilobits(1_000))
}

@Test func receiversLimitIsObeyed() {
    var path = path(3_000)
    path.estimator.receiveREMB(.kilobits(250), now: .zero)
    path.run(seconds: 5)
    #expect(path.estimator.target == .kilobits(250))
    path.estimator.receiveREMB(.kilobits(4_000), now: path.now)
    path.run(seconds: 10)
    #expect(path.estimator.target > .kilobits(2_000))
}

@Test func silenceOfThePeerLowersTheRate() {
    var path = path(1_000)
    path.run(seconds: 10)
    let before = path.estimator.target.bitsPerSecond
    path.sendsFeedback = false
    path.run(seconds: 5)
    #expect(path.estimator.target.bitsPerSecond < before * 7 / 10)
    path.sendsFeedback = true
    path.run(seconds: 15)
    #expect(path.estimator.target > .kilobits(650))
}

@Test func peerWithoutTransportFeedbackIsServedByItsReports() {
    var estimator = BandwidthEstimator(start: .kilobits(300), min: .kilobits(50), max: .kilobits(1_000))
    #expect(estimator.target == .kilobits(300))
    #expect(estimator.nextDeadline == nil)
    for second in 1...30 {
        estimator.receiveLoss(fraction: 0, roundTrip: .milliseconds(40), now: .seconds(Int64(second)))
    }
    #expect(estimator.target == .kilobits(1_000))
    estimator.receiveLoss(fraction: 0.05, roundTrip: nil, now: .seconds(31))
    #expect(estimator.target == .kilobits(1_000))
    estimator.receiveLoss(fraction: 0.5, roundTrip: nil, now: .seconds(32))
    #expect(estimator.target == .kilobits(750))
    estimator.receiveLoss(fraction: .nan, roundTrip: .milliseconds(-5), now: .seconds(33))
    #expect(estimator.target == .kilobits(750))
}

@Test func nonsenseFromThePeerIsHarmless() {
    var estimator = BandwidthEstimator(start: .kilobits(300), min: .kilobits(50), max: .kilobits(1_000))
    var random = SeededGenerator(seed: 9)
    for step in 0..<3_000 {
        let now = Instant.milliseconds(Int64(step) * 10)
        estimator.packetSent(sequence: UInt16(truncatingIfNeeded: step), bytes: 1_000, now: now)
        let packets = (0..<20).map { _ in
            TransportFeedback.Packet(
                sequence: UInt16(truncatingIfNeeded: step &- Int.random(in: 0...40, using: &random)),
                arrival: Bool.random(using: &random)
                    ? .microseconds(Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random)) : nil)
        }
        estimator.receive(
            TransportFeedback(
                sender: SSRC(1), media: SSRC(1), baseSequence: 0, feedbackCount: 0, referenceTime: 0, packets: packets),
            now: now)
        #expect(.kilobits(50)...(.kilobits(1_000)) ~= estimator.target)
    }
    estimator.receiveREMB(Bitrate(bitsPerSecond: .max), now: .zero)
    estimator.receiveREMB(Bitrate(bitsPerSecond: 0), now: .zero)
    #expect(estimator.target == .kilobits(50))
}
