import Media
import Primitives

/// Holds the packets of one remote voice until they are due, and tells the playout thread what to do next.
///
/// The sender's timestamps are a timeline; the buffer plays it late by a delay that it adapts to how unevenly packets
/// arrive (`ArrivalDelays`). A packet that is not there when its time comes is recovered from its successor or concealed;
/// if it was the last one known, the timeline waits, and goes on where it stopped when the packet comes after all. Where
/// the sender was silent (DTX) the silence is made longer or shorter, so that each burst of talk begins with the right
/// delay; within talk `advice` asks to stretch or squeeze the sound.
///
/// Timestamps and lengths are samples at 48 kHz. Lives on the playout thread.
package struct JitterBuffer: Sendable {
    package struct Configuration: Sendable {
        package var minimumDelay = Duration.milliseconds(10)
        /// Until arrivals tell more.
        package var initialDelay = Duration.milliseconds(30)
        package var maximumDelay = Duration.milliseconds(500)
        /// In packets; then the oldest goes.
        package var capacity = 512

        package init() {}
    }

    /// What to append to the decoded sound. Lengths are multiples of 120.
    package enum Step: Equatable, Sendable {
        /// Nothing is known of what to play: nothing came yet, or for too long.
        case silence(samples: Int)
        /// The sender is silent and said so; a decoder's concealment makes comfort noise of it.
        case comfort(samples: Int)
        case decode([UInt8])
        /// The packet before this one is lost: decode the copy that this one carries.
        case recover(fecFrom: [UInt8], samples: Int)
        case conceal(samples: Int)
    }

    /// Whether playout is to go faster or slower for a moment.
    package enum Stretch: Equatable, Sendable {
        case none
        /// `urgent` where the delay is so large that a flaw may be heard rather than wait for a good place.
        case accelerate(urgent: Bool)
        case expand
    }

    package struct Statistics: Equatable, Sendable {
        /// Packets taken, not counting the following three.
        package var received = 0
        package var late = 0
        package var duplicated = 0
        package var malformed = 0
        /// Packets that arrived after one that was sent later.
        package var reordered = 0
        /// Packets thrown away because the buffer held far too much.
        package var discarded = 0
        package var concealedSamples = 0
        package var recoveredSamples = 0

        package var concealedMs: Int { concealedSamples / 48 }
    }

    private struct Packet: Sendable {
        var sequence: Int64
        var timestamp: Int64
        var samples: Int
        var payload: [UInt8]
    }

    package private(set) var statistics = Statistics()

    private let configuration: Configuration
    private var delays = ArrivalDelays()
    /// By sequence number.
    private var packets: [Packet] = []
    private var received = ReceivedSequences()
    /// Where the next packet begins that has not been played, and its number; nil before the first one is played.
    private var position: Int64?
    private var expected: Int64 = 0
    /// What was played since in place of it.
    private var stalled = 0
    /// The part of `stalled` that counts as concealment unless it turns out that the sender was silent.
    private var unexplained = 0
    private var lastWasDTX = false
    private var lastSamples = AudioFormat.blockSamples
    /// How long before a packet is taken out the fastest way would have brought it, in nanoseconds: smoothed, and the
    /// least since `advice` was asked. It is less than the delay of playout by what was decoded ahead.
    private var slack: Int64?
    private var newestSlack: Int64?
    /// The delay of what is played, smoothed, in nanoseconds.
    private var playout: Int64?

    package init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
        packets.reserveCapacity(64)
    }
}

// MARK: - Arrival

extension JitterBuffer {
    /// More than this behind or ahead of the newest number is a new stream, if the next packet agrees
    /// (RFC 3550 appendix A.1).
    private static let largestMisorder: Int64 = 100
    private static let largestDropout: Int64 = 3_000
    /// A jump of the timestamps against the clock by more than this is a new stream at once.
    private static let largestTimeJump: Int64 = 5_000_000_000

    /// `isRedundant` is a copy that came with a later packet, before that one.
    package mutating func insert(
        sequence: Int64, timestamp: Int64, payload: [UInt8], arrival: Instant, isRedundant: Bool = false
    ) {
        guard let samples = OpusFraming.samples(payload) else {
            statistics.malformed += 1
            return
        }
        let packet = Packet(sequence: sequence, timestamp: timestamp, samples: samples, payload: payload)
        if isRedundant { return insertCopy(packet, arrival) }
        switch received.judge(sequence, misorder: Self.largestMisorder, dropout: Self.largestDropout) {
        case .duplicate:
            statistics.duplicated += 1
            return
        case .implausible: return
        case .restarted: restart()
        case .reordered: statistics.reordered += 1
        case .next: break
        }
        if hasJumped(timestamp, arrival) { restart() }
        received.add(sequence)
        delays.observe(timestamp: timestamp, arrival: arrival)
        take(packet, arrival)
    }

    /// Its arrival says nothing of the path, but how long a repair takes.
    private mutating func insertCopy(_ packet: Packet, _ arrival: Instant) {
        guard received.mayBeRepaired(packet.sequence, misorder: Self.largestMisorder) else { return }
        received.add(packet.sequence)
        delays.observeRepair(timestamp: packet.timestamp, arrival: arrival)
        take(packet, arrival)
    }

    private mutating func take(_ packet: Packet, _ arrival: Instant) {
        if OpusFraming.mayHaveFEC(packet.payload), received.mayBeRepaired(packet.sequence - 1, misorder: 3) {
            delays.observeRepair(timestamp: packet.timestamp - Int64(packet.samples), arrival: arrival)
        }
        if position != nil, packet.sequence < expected {
            statistics.late += 1
            return
        }
        statistics.received += 1
        store(packet)
    }

    private mutating func store(_ packet: Packet) {
        var place = packets.count
        while place > 0, packets[place - 1].sequence > packet.sequence { place -= 1 }
        packets.insert(packet, at: place)
        if packets.count > configuration.capacity {
            packets.removeFirst()
            statistics.discarded += 1
        }
    }

    private func hasJumped(_ timestamp: Int64, _ arrival: Instant) -> Bool {
        guard let base = delays.base else { return false }
        let transit = arrival.nanoseconds &- ArrivalDelays.nanoseconds(timestamp: timestamp)
        return abs(transit &- base) > Self.largestTimeJump
    }

    /// Another stream begins: nothing that was learned holds for it.
    private mutating func restart() {
        packets.removeAll(keepingCapacity: true)
        received = ReceivedSequences()
        delays = ArrivalDelays()
        position = nil
        slack = nil
        stalled = 0
        unexplained = 0
        lastWasDTX = false
    }
}

// MARK: - Playout

extension JitterBuffer {
    /// After this long without a packet concealment is a drone, and silence is better.
    private static let longestConcealment = 9_600
    /// Senders in DTX send something every 400 ms; after this long they are gone.
    private static let longestComfort = 48_000
    /// Beyond the delay aimed at by this much, packets are thrown away.
    private static let largestExcess = Duration.milliseconds(300)

    /// What to append to the sound that is decoded and not yet played, of which there are `queued` samples. `now` is when
    /// the first of those will be played.
    package mutating func next(now: Instant, queued: Int = 0) -> Step {
        let wanted = Self.rounded(AudioFormat.blockSamples - queued)
        discardExcess(now: now)
        guard let head = packets.first else { return underrun(wanted) }
        guard let position else { return begin(head, wanted: wanted, now: now) }
        let gap = head.timestamp - position
        if gap <= 0 { return play(head, now: now) }
        if isBurstOfTalk(head, gap: gap) { return begin(head, wanted: wanted, now: now) }
        let missing = gap - Int64(stalled)
        if missing < Int64(OpusFraming.unit) { return play(head, now: now) }
        if missing <= Int64(head.samples) { return recover(head, missing: Int(missing)) }
        let before = Self.rounded(Int(min(missing - Int64(head.samples), Int64(wanted))))
        return conceal(before)
    }

    /// Whether the gap before `head` is silence of the sender rather than loss, so that its length does not matter.
    private func isBurstOfTalk(_ head: Packet, gap: Int64) -> Bool {
        let lost = head.sequence - expected
        return lost == 0 || gap > 2 * lost * Int64(lastSamples) || stalled > Self.longestConcealment
    }

    private mutating func underrun(_ wanted: Int) -> Step {
        guard position != nil else { return .silence(samples: wanted) }
        if lastWasDTX {
            stalled += wanted
            return stalled <= Self.longestComfort ? .comfort(samples: wanted) : .silence(samples: wanted)
        }
        unexplained += wanted
        stalled += wanted
        return stalled <= Self.longestConcealment ? .conceal(samples: wanted) : .silence(samples: wanted)
    }

    /// Begins to play at `head` as soon as its delay is what it shall be.
    private mutating func begin(_ head: Packet, wanted: Int, now: Instant) -> Step {
        guard slack(of: head.timestamp, now: now) >= (target - Self.margin).nanoseconds else {
            stalled += wanted
            return lastWasDTX ? .comfort(samples: wanted) : .silence(samples: wanted)
        }
        if position != nil {
            // What was not lost was silence of the sender after all.
            unexplained = min(unexplained, Int(max(0, head.sequence - expected)) * lastSamples)
        }
        slack = nil
        return play(head, now: now)
    }

    private mutating func play(_ head: Packet, now: Instant) -> Step {
        packets.removeFirst()
        if stalled > 0 { slack = nil }
        explainStall()
        let headSlack = slack(of: head.timestamp, now: now)
        newestSlack = min(newestSlack ?? headSlack, headSlack)
        position = head.timestamp + Int64(head.samples)
        expected = head.sequence + 1
        lastWasDTX = OpusFraming.isDTX(head.payload)
        lastSamples = head.samples
        return .decode(head.payload)
    }

    private mutating func recover(_ head: Packet, missing: Int) -> Step {
        let samples = min(Self.rounded(missing), head.samples)
        let hasFEC = OpusFraming.mayHaveFEC(head.payload)
        explainStall()
        position = head.timestamp
        expected = head.sequence
        guard hasFEC else {
            statistics.concealedSamples += samples
            return .conceal(samples: samples)
        }
        statistics.recoveredSamples += samples
        return .recover(fecFrom: head.payload, samples: samples)
    }

    private mutating func conceal(_ samples: Int) -> Step {
        stalled += samples
        unexplained += samples
        return stalled <= Self.longestConcealment ? .conceal(samples: samples) : .silence(samples: samples)
    }

    private mutating func explainStall() {
        statistics.concealedSamples += unexplained
        unexplained = 0
        stalled = 0
    }

    /// Throws away what is too old where far too much is waiting, as after an outage that the network stored.
    private mutating func discardExcess(now: Instant) {
        guard let head = packets.first, let last = packets.last,
            slack(of: head.timestamp, now: now) > (target + Self.largestExcess).nanoseconds
        else { return }
        let kept = target.nanoseconds * 6 / 125_000
        var dropped = 0
        while dropped + 1 < packets.count, last.timestamp - packets[dropped].timestamp > kept,
            slack(of: packets[dropped].timestamp, now: now) > target.nanoseconds
        {
            dropped += 1
        }
        guard dropped > 0 else { return }
        packets.removeFirst(dropped)
        statistics.discarded += dropped
        if position != nil {
            explainStall()
            position = packets[0].timestamp
            expected = packets[0].sequence
            slack = nil
        }
    }

    /// Samples in whole units, at least one.
    private static func rounded(_ samples: Int) -> Int {
        max(1, (samples + OpusFraming.unit - 1) / OpusFraming.unit) * OpusFraming.unit
    }
}

// MARK: - Delay

extension JitterBuffer {
    /// What the histogram's classes and the playout thread's own unevenness ask for beyond the spread of arrivals.
    private static let margin = Duration.milliseconds(3)
    /// So many packets have to come before the initial delay may be undercut.
    private static let packetsToTrust = 25
    /// Above the target by more than the length of a usual packet, playout is hurried.
    private static let hurryAbove = Duration.milliseconds(20)
    private static let urgentAbove = Duration.milliseconds(100)

    /// The delay aimed at. What repairs a lost packet counts as its arrival.
    package var target: Duration {
        var delay = max(configuration.minimumDelay, delays.spread + Self.margin)
        if delays.packets < Self.packetsToTrust { delay = max(delay, configuration.initialDelay) }
        return min(delay, configuration.maximumDelay)
    }

    /// How long what is played now lay here, had it come by the fastest way.
    package var playoutDelay: Duration { .nanoseconds(max(0, playout ?? 0)) }

    /// Packets waiting, as time.
    package var buffered: Duration {
        .nanoseconds(packets.reduce(0) { $0 + Int64($1.samples) } * 62_500 / 3)
    }

    /// The timestamp that is played `queued` samples before what `next` gives; nil where nothing was played yet.
    package func timestampPlaying(queued: Int) -> Int64? {
        position.map { $0 + Int64(stalled) - Int64(queued) }
    }

    /// Whether to stretch the sound that is played at `now`. Ask once for each block, when it is decoded; `queued` counts
    /// its samples and those decoded beyond.
    package mutating func advice(now: Instant, queued: Int) -> Stretch {
        guard let position else { return .none }
        let delay = slack(of: position + Int64(stalled - queued), now: now)
        playout = playout.map { $0 + (delay - $0) / 16 } ?? delay
        guard stalled == 0, let newest = newestSlack else { return .none }
        newestSlack = nil
        // The least slack is what decides whether packets come in time, so it is followed faster.
        let smoothed = slack.map { $0 + (newest - $0) / (newest < $0 ? 4 : 32) } ?? newest
        slack = smoothed
        guard !lastWasDTX else { return .none }
        let target = target
        let hasMore = packets.first?.timestamp == position || queued >= 2 * AudioFormat.blockSamples
        if smoothed > (target + Self.hurryAbove).nanoseconds, hasMore {
            return .accelerate(urgent: smoothed > (target + Self.urgentAbove).nanoseconds)
        }
        return smoothed < (target - Self.margin).nanoseconds ? .expand : .none
    }

    /// Tells that the advice made the sound longer (or shorter, if negative) by this.
    package mutating func stretched(by samples: Int) {
        if let slack { self.slack = slack + Int64(samples) * 62_500 / 3 }
    }

    /// How long ago the sound of a timestamp would have come by the fastest way, in nanoseconds.
    private func slack(of timestamp: Int64, now: Instant) -> Int64 {
        now.nanoseconds - ArrivalDelays.nanoseconds(timestamp: timestamp) - (delays.base ?? 0)
    }
}

/// Which of the newest 128 numbers arrived, and whether a number is plausible at all.
private struct ReceivedSequences: Sendable {
    enum Judgement { case next, reordered, duplicate, implausible, restarted }

    private var first: Int64?
    private var highest: Int64?
    /// Bit n stands for highest - n.
    private var seen: UInt128 = 0
    /// The number that would confirm that a new stream has begun.
    private var probation: Int64?

    mutating func judge(_ sequence: Int64, misorder: Int64, dropout: Int64) -> Judgement {
        guard let highest else { return .next }
        let ahead = sequence - highest
        guard -misorder...dropout ~= ahead else {
            defer { probation = sequence + 1 }
            return sequence == probation ? .restarted : .implausible
        }
        probation = nil
        if ahead > 0 { return .next }
        return seen >> UInt128(-ahead) & 1 == 1 ? .duplicate : .reordered
    }

    /// Whether a packet that is not far from the newest has not come yet.
    func mayBeRepaired(_ sequence: Int64, misorder: Int64) -> Bool {
        // What was sent before the first packet that came is not missed.
        guard let highest, let first, sequence > first else { return false }
        let ahead = sequence - highest
        guard -misorder...misorder ~= ahead else { return false }
        return ahead > 0 || seen >> UInt128(-ahead) & 1 == 0
    }

    mutating func add(_ sequence: Int64) {
        guard let last = highest else {
            first = sequence
            highest = sequence
            seen = 1
            return
        }
        let ahead = sequence - last
        if ahead > 0 {
            seen = ahead < 128 ? seen << UInt128(ahead) | 1 : 1
            highest = sequence
        } else if ahead > -128 {
            seen |= 1 << UInt128(-ahead)
        }
    }
}
