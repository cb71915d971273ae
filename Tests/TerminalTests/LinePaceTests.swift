import Primitives
import Testing

@testable import TerminalGraphics

/// A line with a rate and a delay, and a terminal at its end that answers.
private struct SimulatedLine {
    let rate: Double
    let delay: Duration
    var pace = LinePace()
    var now = Instant.zero
    /// When the line has carried all it was given.
    var freeAt = Instant.zero
    var answers: [Instant] = []
    var carried = 0
    /// How long each piece waited and took.
    var lags: [Duration] = []

    mutating func write(_ count: Int) {
        freeAt = max(freeAt, now) + Duration(seconds: Double(count) / rate)
        lags.append(freeAt - now)
        answers.append(freeAt + delay)
        carried += count
        pace.wrote(count, isAsking: true, blocked: .zero, now: now)
    }

    /// Writes as much as is allowed, always.
    mutating func run(_ time: Duration) {
        let end = now + time
        while now < end {
            while let first = answers.first, first <= now {
                answers.removeFirst()
                pace.answered(now: now)
            }
            let allowed = pace.allowance(now: now)
            if allowed > 0 { write(allowed) }
            now += .milliseconds(1)
        }
    }
}

@Suite struct LinePaceTests {
    @Test(arguments: [30_000.0, 100_000, 1_000_000], [1, 40, 200] as [Int64])
    func littleWaitsAndTheLineIsUsed(rate: Double, delay: Int64) {
        var line = SimulatedLine(rate: rate, delay: .milliseconds(delay))
        line.write(60)
        line.run(.seconds(3))
        line.lags = []
        line.carried = 0
        line.run(.seconds(10))
        let late = line.lags.sorted()[line.lags.count * 95 / 100]
        #expect(late < .milliseconds(110), "\(late.milliseconds) ms")
        // Far away the line idles between pieces: what is new matters more than how much.
        let share = delay < 10 ? 0.9 : delay < 100 ? 0.4 : 0.12
        #expect(Double(line.carried) > rate * 10 * share, "\(line.carried / 10) B/s")
    }

    @Test func aLineThatGetsSlowerIsNotFlooded() {
        var line = SimulatedLine(rate: 2_000_000, delay: .milliseconds(20))
        line.write(60)
        line.run(.seconds(3))
        var slow = SimulatedLine(rate: 40_000, delay: .milliseconds(20), pace: line.pace, now: line.now)
        slow.freeAt = line.freeAt
        slow.answers = line.answers
        slow.run(.seconds(6))
        slow.lags = []
        slow.run(.seconds(5))
        #expect(slow.lags.sorted()[slow.lags.count * 95 / 100] < .milliseconds(110))
    }

    @Test func aTerminalThatAnswersNothingIsNotWaitedFor() {
        var pace = LinePace()
        pace.wrote(60, isAsking: true, blocked: .zero, now: .zero)
        pace.wrote(8_000, isAsking: true, blocked: .zero, now: .zero)
        #expect(pace.allowance(now: .milliseconds(10)) == 0)
        #expect(pace.allowance(now: .milliseconds(300)) > 10_000)
        #expect(!pace.wantsAnswer)
    }

    @Test func aCapHolds() {
        var pace = LinePace(cap: 20_000)
        var written = 0
        for millisecond in 0..<5_000 {
            let now = Instant.milliseconds(Int64(millisecond))
            let allowed = pace.allowance(now: now)
            guard allowed > 0 else { continue }
            written += allowed
            pace.wrote(allowed, isAsking: true, blocked: .zero, now: now)
            pace.answered(now: now)
        }
        #expect(80_000...110_000 ~= written)
    }
}
