import Media
import Primitives
import Testing

@testable import Streams

/// Gives the same 20 ms of a 200 Hz tone for everything that was received, and -1 for everything that was not, so that
/// tests can tell them apart.
private struct FakeDecoder: AudioDecoder {
    static let tone: [Int16] = (0..<OpusFraming.longest).map { Int16(($0 % 240 - 120).magnitude * 100) - 6_000 }

    func decode(_ payload: [UInt8], into pcm: inout [Int16]) throws {
        guard payload.count < 2 || payload[1] != 0xee else { throw Broken() }
        pcm += Self.tone.prefix(OpusFraming.samples(payload) ?? 960)
    }
    func decodeFEC(_ payload: [UInt8], samples: Int, into pcm: inout [Int16]) throws {
        pcm += Self.tone.prefix(samples)
    }
    func conceal(samples: Int, into pcm: inout [Int16]) throws {
        pcm += repeatElement(-1, count: samples)
    }

    struct Broken: Error {}
}

/// A sender, a network that a test describes packet by packet, and a speaker that reads every 20 ms.
private struct Line {
    var receiver: AudioReceiver<FakeDecoder>
    /// How long packet n takes; nil where it is lost.
    var network: (Int) -> Duration? = { _ in .milliseconds(10) }
    /// What packet n holds; nil where the sender stays silent.
    var payload: (Int) -> [UInt8]? = { _ in Line.voice }
    var packetSamples: Int64 = 960
    /// Sender's clock against ours: 1.0001 is 100 ppm fast.
    var senderRate = 1.0
    /// Added to sequence numbers and timestamps.
    var sequenceBase: Int64 = 70_000
    var timestampBase: Int64 = 5_000_000_000
    /// Looks at each block that was read.
    var listen: ([Int16], Instant) -> Void = { _, _ in }

    /// The speaker reads up to this much too late.
    var readingJitter = Duration.zero

    private var random = SeededGenerator(seed: 5)
    private(set) var now = Instant.milliseconds(1_000)
    private var sent = 0
    private var sequence: Int64 = 0
    private var pending: [(arrival: Instant, sequence: Int64, timestamp: Int64, payload: [UInt8])] = []
    private var block: [Int16] = []

    /// SILK, 20 ms, mono, with LBRR.
    static let voice: [UInt8] = [0x48, 0xc0, 1, 2]
    static let withoutFEC: [UInt8] = [0x48, 0x80, 1, 2]
    static let dtx: [UInt8] = [0x48]

    init(_ configuration: JitterBuffer.Configuration = .init()) {
        receiver = AudioReceiver(decoder: FakeDecoder(), configuration: configuration)
    }

    var statistics: JitterBuffer.Statistics { receiver.buffer.statistics }

    mutating func run(seconds: Double) {
        let end = now + Duration(seconds: seconds)
        while now < end {
            now += .milliseconds(20)
            send()
            let late = Duration.nanoseconds(Int64.random(in: 0...readingJitter.nanoseconds, using: &random))
            deliver(until: now + late)
            receiver.read(into: &block, now: now + late)
            #expect(block.count == 960)
            listen(block, now)
        }
    }

    private mutating func send() {
        while true {
            let at =
                Instant.milliseconds(1_000)
                + Duration(seconds: Double(sent) * Double(packetSamples) / 48_000 / senderRate)
            guard at <= now else { return }
            if let payload = payload(sent) {
                if let delay = network(sent) {
                    let timestamp = timestampBase + Int64(sent) * packetSamples
                    pending.append((at + delay, sequenceBase + sequence, timestamp, payload))
                }
                sequence += 1
            }
            sent += 1
        }
    }

    private mutating func deliver(until time: Instant) {
        let due = pending.filter { $0.arrival <= time }.sorted { $0.arrival < $1.arrival }
        pending.removeAll { $0.arrival <= time }
        for packet in due {
            receiver.insert(
                sequence: packet.sequence, timestamp: packet.timestamp, payload: packet.payload, arrival: packet.arrival
            )
        }
    }
}

/// Independent, uniform delays of 10...10+most ms.
private func jitter(_ most: Int64, seed: UInt64 = 1) -> (Int) -> Duration? {
    { n in
        var random = SeededGenerator(seed: seed &* 1_000_003 &+ UInt64(n))
        return .microseconds(10_000 + Int64.random(in: 0...most * 1_000, using: &random))
    }
}

private func isLost(_ n: Int, rate: Double, seed: UInt64 = 3) -> Bool {
    var random = SeededGenerator(seed: seed &* 7_919 &+ UInt64(n))
    return Double.random(in: 0..<1, using: &random) < rate
}

@Test func localCallHasLittleDelayAndNoFlaw() {
    var line = Line()
    line.network = jitter(2)
    line.run(seconds: 60)
    #expect(line.statistics.concealedMs == 0)
    #expect(line.statistics.late == 0)
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(60))
    #expect(line.receiver.buffer.buffered < .milliseconds(61))
}

@Test func playsSoonAfterTheFirstPacket() {
    var line = Line()
    var first: Instant?
    line.listen = { block, now in if first == nil, block.contains(where: { $0 != 0 }) { first = now } }
    line.run(seconds: 0.2)
    #expect(first.map { $0 <= Instant.milliseconds(1_060) } ?? false)
}

@Test(arguments: [Int64(20), 50, 100, 200])
func delayFollowsJitter(most: Int64) {
    var line = Line()
    line.network = jitter(most)
    line.run(seconds: 5)
    let before = line.statistics.concealedMs
    line.run(seconds: 60)
    #expect(line.statistics.concealedMs - before < 600)  // 1 %
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(most + 45))
}

@Test func delayComesDownWhenJitterEnds() {
    var line = Line()
    line.network = { n in n < 500 ? jitter(150)(n) : .milliseconds(10) }
    line.run(seconds: 10)
    #expect(line.receiver.buffer.playoutDelay > .milliseconds(100))
    line.run(seconds: 120)
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(60))
    #expect(line.receiver.removedSamples > 48 * 60)
}

@Test func lossIsRepairedFromTheNextPacket() {
    var line = Line()
    line.network = { n in isLost(n, rate: 0.05) ? nil : .milliseconds(10) }
    line.run(seconds: 60)
    let lost = (0..<3_000).filter { isLost($0, rate: 0.05) }.count
    #expect(line.statistics.recoveredSamples > lost * 960 * 85 / 100)
    #expect(line.statistics.concealedMs < lost * 20 * 15 / 100)
}

@Test func lossWithoutCopiesIsConcealed() {
    var line = Line()
    line.payload = { _ in Line.withoutFEC }
    line.network = { n in n % 50 == 25 ? nil : .milliseconds(10) }
    line.run(seconds: 20)
    #expect(line.statistics.recoveredSamples == 0)
    #expect(380...420 ~= line.statistics.concealedMs)
}

/// Each lost packet comes with the one after the next: that is when the buffer has to expect it.
@Test func copiesAreWaitedFor() {
    var receiver = AudioReceiver(decoder: FakeDecoder())
    var block: [Int16] = []
    var lost = 0
    for n in 0..<Int64(3_000) {
        let arrival = Instant.milliseconds(20 * n + 3)
        for age in [Int64(2), 1] where n > 2 && isLost(Int(n - age), rate: 0.1) {
            receiver.insert(
                sequence: n - age, timestamp: (n - age) * 960, payload: Line.withoutFEC, arrival: arrival,
                isRedundant: true)
        }
        if isLost(Int(n), rate: 0.1) {
            lost += 1
        } else {
            receiver.insert(sequence: n, timestamp: n * 960, payload: Line.withoutFEC, arrival: arrival)
        }
        receiver.read(into: &block, now: .milliseconds(20 * n + 11))
    }
    #expect(receiver.buffer.statistics.concealedMs < lost * 20 / 20)
    #expect(receiver.buffer.statistics.duplicated == 0)
    #expect(receiver.buffer.playoutDelay < .milliseconds(75))
}

@Test func burstOfLossCostsNoMoreThanItsLength() {
    var line = Line()
    line.network = { n in n % 250 >= 245 ? nil : .milliseconds(10) }
    line.run(seconds: 50)
    #expect(700...1_050 ~= line.statistics.concealedMs)  // ten bursts of 100 ms, the last 20 of each repaired
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(80))
}

@Test func silenceOfTheSenderIsNotConcealment() {
    // A second of talk, then silence: a marker every 400 ms.
    var line = Line()
    line.network = jitter(15)
    line.payload = { n in n % 150 < 50 ? Line.voice : (n % 150 - 50) % 20 == 0 ? Line.dtx : nil }
    line.run(seconds: 60)
    #expect(line.statistics.concealedMs == 0)
    #expect(line.statistics.late == 0)
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(60))
}

@Test func pauseWithoutMarkerIsNotConcealmentEither() {
    var line = Line()
    line.payload = { n in n % 100 < 60 ? Line.voice : nil }
    line.run(seconds: 39)
    #expect(line.statistics.concealedMs == 0)
    #expect(line.statistics.late == 0)
}

@Test func silenceAfterALostPacketIsNotConcealmentButThePacketIs() {
    var line = Line()
    line.payload = { n in n % 100 < 60 ? Line.voice : nil }
    line.network = { n in n % 100 == 59 ? nil : .milliseconds(10) }
    line.run(seconds: 39)
    #expect(380...400 ~= line.statistics.concealedMs)
}

@Test func outageEndsInSilenceAndComesBack() {
    var line = Line()
    line.network = { n in 100..<250 ~= n ? nil : .milliseconds(10) }
    line.run(seconds: 4.5)
    var silent = true
    line.listen = { block, _ in if block.contains(where: { $0 != 0 }) { silent = false } }
    line.run(seconds: 0.2)
    #expect(silent)
    line.listen = { _, _ in }
    line.run(seconds: 5)
    #expect(2_900...3_100 ~= line.statistics.concealedMs)
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(60))
    #expect(line.receiver.buffer.playoutDelay > .milliseconds(15))
}

@Test func storedPacketsArePlayedLateAndCaughtUp() {
    // The network holds everything back for 250 ms, then delivers it at once.
    var line = Line()
    line.network = { n in 200..<213 ~= n ? .milliseconds(Int64(10 + (213 - n) * 20)) : .milliseconds(10) }
    line.run(seconds: 5)
    #expect(line.receiver.buffer.playoutDelay > .milliseconds(100))
    line.run(seconds: 15)
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(70))
    #expect(line.statistics.discarded == 0)
    #expect(line.statistics.late == 0)
}

@Test func longStoredOutageIsSkipped() {
    var line = Line()
    line.network = { n in 200..<300 ~= n ? .milliseconds(Int64(10 + (300 - n) * 20)) : .milliseconds(10) }
    line.run(seconds: 8)
    #expect(line.statistics.discarded > 60)
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(200))
}

@Test(arguments: [0.9999, 1.0001])
func clocksMayDriftForAnHour(rate: Double) {
    var line = Line()
    line.network = jitter(5)
    line.senderRate = rate
    line.run(seconds: 3_600)
    #expect(line.statistics.concealedMs < 100)
    #expect(line.statistics.late + line.statistics.discarded < 5)
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(60))
    let corrected = rate > 1 ? line.receiver.removedSamples : line.receiver.insertedSamples
    #expect(corrected > 48 * 250)
}

@Test(arguments: [(Int64(120), UInt8(0x80)), (480, 0x40), (1_920, 0x50), (2_880, 0x58), (5_760, 0x59)])
func otherPacketLengthsPlayAsWell(samples: Int64, toc: UInt8) {
    var line = Line()
    line.packetSamples = samples
    line.payload = { _ in [toc, 0xc0, 1, 2] }
    line.network = jitter(5)
    line.run(seconds: 20)
    #expect(OpusFraming.samples([toc, 0xc0, 1, 2]) == Int(samples))
    #expect(line.statistics.concealedMs == 0)
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(60))
}

@Test func newStreamOfTheSameSenderIsTakenUp() {
    var line = Line()
    line.run(seconds: 3)
    line.sequenceBase += 20_000
    line.timestampBase -= 1_000_000_000
    line.run(seconds: 1)
    let before = line.statistics
    line.run(seconds: 10)
    #expect(line.statistics.received - before.received >= 499)
    #expect(line.statistics.concealedMs == before.concealedMs)
    #expect(line.statistics.late == before.late)
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(60))
}

@Test(arguments: [-40_000, 40_000, 4_608_000, -4_608_000] as [Int64])
func timestampsMayJump(by: Int64) {
    var line = Line()
    line.run(seconds: 3)
    line.timestampBase += by
    line.run(seconds: 30)
    let before = line.statistics
    line.run(seconds: 10)
    #expect(line.statistics.received - before.received >= 499)
    #expect(line.statistics.concealedMs == before.concealedMs)
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(70))
}

@Test func everyPacketIsCountedOnce() {
    var buffer = JitterBuffer()
    func insert(_ sequence: Int64, payload: [UInt8] = Line.voice) {
        buffer.insert(
            sequence: sequence, timestamp: sequence * 960, payload: payload, arrival: .milliseconds(sequence * 20))
    }
    for sequence: Int64 in [1_000, 1_002, 1_001, 1_001, 1_000] { insert(sequence) }
    insert(1_003, payload: [])
    insert(1_003, payload: [0x4b, 0])
    insert(900_000)
    #expect(buffer.statistics.received == 3)
    #expect(buffer.statistics.reordered == 1)
    #expect(buffer.statistics.duplicated == 2)
    #expect(buffer.statistics.malformed == 2)
    let start = Instant.milliseconds(20_040)
    for step in 0..<3 {
        #expect(buffer.next(now: start + .milliseconds(Int64(step) * 20)) == .decode(Line.voice))
    }
    insert(999)
    #expect(buffer.statistics.late == 1)
    #expect(buffer.timestampPlaying(queued: 960) == Int64(1_002 * 960))
}

@Test func bufferIsBounded() {
    var configuration = JitterBuffer.Configuration()
    configuration.capacity = 10
    var buffer = JitterBuffer(configuration: configuration)
    for sequence in 0..<Int64(25) {
        buffer.insert(sequence: sequence, timestamp: sequence * 960, payload: Line.voice, arrival: .zero)
    }
    #expect(buffer.buffered == .milliseconds(200))
    #expect(buffer.statistics.discarded == 15)
}

@Test func undecodablePacketIsConcealed() {
    var line = Line()
    line.payload = { n in n == 50 ? [0x48, 0xee] : Line.voice }
    var guesses = 0
    line.listen = { block, _ in guesses += block.filter { $0 == -1 }.count }
    line.run(seconds: 3)
    #expect(line.receiver.undecodable == 1)
    #expect(guesses == 960)
}

@Test func playingTimestampRunsWithTheClock() throws {
    var line = Line()
    line.payload = { n in n < 100 || n > 140 ? Line.voice : nil }
    line.run(seconds: 1)
    let first = try #require(line.receiver.timestampPlaying)
    line.run(seconds: 4)
    let second = try #require(line.receiver.timestampPlaying)
    #expect(abs(second - first - 4 * 48_000) <= 960)
}

private let framings: [(payload: [UInt8], samples: Int?, fec: Bool)] = [
    ([], nil, false), ([0x48], 960, false), ([0x48, 0x40], 960, true), ([0x48, 0x80], 960, false),
    ([0x58, 0x10], 2_880, true), ([0xf8, 0xff], 960, false), ([0x4b, 3], 2_880, true), ([0x4b, 7], nil, true),
    ([0x4b], nil, false), ([0xe0, 0], 120, false), ([0x79, 0], 1_920, true),
]

@Test(arguments: framings)
func opusPacketsTellTheirLength(payload: [UInt8], samples: Int?, fec: Bool) {
    #expect(OpusFraming.samples(payload) == samples)
    #expect(OpusFraming.mayHaveFEC(payload) == fec)
}

@Test func nothingThatArrivesCanTrap() {
    var random = SeededGenerator(seed: 11)
    for seed in 0..<20 as Range<Int64> {
        var receiver = AudioReceiver(decoder: FakeDecoder())
        var (sequence, timestamp, now) = (Int64(70_000), Int64(1) << 32, Instant.seconds(seed))
        var block: [Int16] = []
        for _ in 0..<2_000 {
            now += .microseconds(Int64.random(in: 0...40_000, using: &random))
            sequence += Int64([1, 1, 1, 2, -1, 200, -20_000, 30_000].randomElement(using: &random) ?? 1)
            timestamp += Int64([960, 960, 960, 480, 0, -960, 1 << 30, -(1 << 30)].randomElement(using: &random) ?? 0)
            let length = Int.random(in: 0...4, using: &random)
            let payload = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            receiver.insert(
                sequence: sequence, timestamp: timestamp, payload: payload, arrival: now,
                isRedundant: Int.random(in: 0..<4, using: &random) == 0)
            if Bool.random(using: &random) { receiver.read(into: &block, now: now) }
        }
        #expect(block.count == 960)
        #expect(receiver.buffer.buffered < .seconds(62))
    }
}

@Test func unevenReadingIsToleratedLikeUnevenArrival() {
    var line = Line()
    line.network = jitter(5)
    line.readingJitter = .milliseconds(12)
    line.run(seconds: 60)
    #expect(line.statistics.concealedMs < 300)
    #expect(line.receiver.buffer.playoutDelay < .milliseconds(80))
}
