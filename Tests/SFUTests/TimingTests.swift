import Primitives
import RTP
import Testing

@testable import SFU

struct KeyFrameThrottleTests {
    @Test func requestsOfManyBecomeOne() {
        var throttle = KeyFrameThrottle()
        let answers = (0..<100).map { throttle.request(now: .milliseconds($0)) }
        #expect(answers.filter { $0 }.count == 1 && answers[0])
        #expect(throttle.nextDeadline == Instant.zero + KeyFrameThrottle.pause)
        let isDue = throttle.handleTimeout(now: Instant.zero + KeyFrameThrottle.pause)
        #expect(isDue)
        #expect(throttle.sent == 2)
    }

    @Test func aKeyFrameAnswersEverybody() {
        var throttle = KeyFrameThrottle()
        _ = throttle.request(now: .zero)
        _ = throttle.request(now: .milliseconds(10))
        throttle.keyFrameArrived()
        #expect(throttle.nextDeadline == nil)
        let isNew = throttle.request(now: .milliseconds(400))
        #expect(isNew)
    }

    @Test func whatIsNotAnsweredIsRepeatedAFewTimes() {
        var throttle = KeyFrameThrottle()
        _ = throttle.request(now: .zero)
        var now = Instant.zero
        for _ in 0..<1_000 {
            now += .milliseconds(100)
            _ = throttle.handleTimeout(now: now)
        }
        #expect(throttle.sent == 6)
    }
}

struct ActiveSpeakerObserverTests {
    /// A window of packets every 20 ms, of which `loud` are loud.
    private func window(_ observer: inout ActiveSpeakerObserver, source: Int, loud: Int, start: Instant) {
        for index in 0..<20 {
            observer.record(source, level: index < loud ? 10 : 90, now: start + .milliseconds(Int64(index) * 20))
        }
    }

    @Test(arguments: [(7, false), (8, true), (20, true)])
    func twoFifthsOfAWindowMustBeLoud(loud: Int, speaks: Bool) {
        var observer = ActiveSpeakerObserver()
        window(&observer, source: 1, loud: loud, start: .zero)
        let changes = observer.handleTimeout(now: .milliseconds(400))
        #expect(changes.map(\.isSpeaking) == (speaks ? [true] : []))
        #expect(observer.speakers.count == (speaks ? 1 : 0))
    }

    @Test func silenceIsToldOnce() {
        var observer = ActiveSpeakerObserver()
        window(&observer, source: 1, loud: 20, start: .zero)
        _ = observer.handleTimeout(now: .milliseconds(400))
        let changes = observer.handleTimeout(now: .milliseconds(800))
        #expect(changes == [ActiveSpeaker(source: 1, level: 0, isSpeaking: false)])
        let later = observer.handleTimeout(now: .milliseconds(1_200))
        #expect(later.isEmpty)
    }

    @Test func theLoudestComesFirst() {
        var observer = ActiveSpeakerObserver()
        for step in Int64(0)..<20 {
            observer.record(1, level: 30, now: .milliseconds(step * 20))
            observer.record(2, level: 5, now: .milliseconds(step * 20))
        }
        let changes = observer.handleTimeout(now: .milliseconds(400))
        #expect(changes.map(\.source) == [2, 1])
        let gone = observer.remove(2)
        #expect(gone?.isSpeaking == false)
    }
}

struct SenderClockTests {
    private let report = SenderReport(
        ssrc: SSRC(1), ntpTime: NTPTime(bits: 1_000 << 32), rtpTime: 90_000, packetCount: 5, octetCount: 6)

    @Test func aReportIsMovedToNowAndToTheSubscribersNumbers() {
        let clock = SenderClock(report, clockRate: 90_000, arrival: .seconds(10))
        let moved = clock.rewritten(ssrc: 7, timestampOffset: 100, packets: 1, octets: 2, now: .milliseconds(12_500))
        #expect(moved.ssrc == SSRC(7))
        #expect(moved.rtpTime == 90_000 + 225_000 + 100)
        #expect(abs(moved.ntpTime.seconds - 1_002.5) < 0.001)
        #expect(moved.packetCount == 1 && moved.octetCount == 2)
    }

    @Test func twoLayersOfOnePublisherAreComparedByItsClock() {
        let low = SenderClock(report, clockRate: 90_000, arrival: .zero)
        var other = report
        other.rtpTime = 5_000_000
        let high = SenderClock(other, clockRate: 90_000, arrival: .zero)
        let elapsed = high.elapsed(to: 5_000_000 + 9_000, since: low, at: 90_000)
        #expect(elapsed.map { abs($0.seconds - 0.1) < 0.001 } ?? false)
        #expect(high.elapsed(to: 5_000_000 &+ 90_000_000, since: low, at: 90_000) == nil, "not believed")
    }
}

struct LayerRatesTests {
    @Test func ratesAddUpOverTemporalLayers() {
        var rates = LayerRates()
        for step in Int64(0)..<100 {
            rates.add(bytes: 125, temporalLayer: Int(step % 2), now: .milliseconds(step * 10))
        }
        let base = rates.rate(upTo: 0, now: .milliseconds(990)).kilobitsPerSecond
        let all = rates.rate(upTo: 3, now: .milliseconds(990)).kilobitsPerSecond
        #expect(45...55 ~= base && 90...110 ~= all)
        #expect(rates.rate(upTo: 3, now: .seconds(10)) == .zero)
    }
}

struct ProbeScheduleTests {
    @Test func paddingComesInStepsAndRests() {
        var probes = ProbeSchedule()
        var now = Instant.zero
        probes.update(isWanted: true, flow: .kilobits(200), now: now)
        var sent: [Int] = []
        for _ in 0..<600 {
            now += .milliseconds(10)
            probes.update(isWanted: true, flow: .kilobits(200), now: now)
            let bytes = probes.handleTimeout(estimate: .kilobits(300), now: now)
            if bytes > 0 { sent.append(bytes) }
        }
        // Two of six seconds at 175 kbit/s: five quarters of the estimate, less what flows.
        let bits = sent.reduce(0, +) * 8
        #expect(150_000...360_000 ~= bits)
        #expect(sent.allSatisfy { $0 <= 500 })
        probes.update(isWanted: false, flow: .kilobits(200), now: now)
        #expect(probes.nextDeadline == nil)
    }

    @Test func paddingEndsWhenMoreFlows() {
        var probes = ProbeSchedule()
        probes.update(isWanted: true, flow: .kilobits(200), now: .zero)
        #expect(probes.handleTimeout(estimate: .kilobits(300), now: .milliseconds(2_000)) > 0)
        probes.update(isWanted: true, flow: .kilobits(210), now: .milliseconds(2_010))
        #expect(probes.handleTimeout(estimate: .kilobits(300), now: .milliseconds(2_020)) > 0)
        probes.update(isWanted: true, flow: .kilobits(300), now: .milliseconds(2_030))
        #expect(probes.nextDeadline == .milliseconds(4_030))
    }

    @Test func paddingEndsWhenTheEstimateFalls() {
        var probes = ProbeSchedule()
        probes.update(isWanted: true, flow: .kilobits(200), now: .zero)
        #expect(probes.handleTimeout(estimate: .kilobits(300), now: .milliseconds(2_000)) > 0)
        #expect(probes.handleTimeout(estimate: .kilobits(290), now: .milliseconds(2_020)) > 0)
        #expect(probes.handleTimeout(estimate: .kilobits(280), now: .milliseconds(2_040)) == 0)
        #expect(probes.nextDeadline == .milliseconds(4_040))
        #expect(probes.handleTimeout(estimate: .kilobits(280), now: .milliseconds(4_040)) > 0)
    }
}
