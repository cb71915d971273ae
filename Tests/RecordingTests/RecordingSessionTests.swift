import Media
import Primitives
import Streams
import Testing
import WebM

@testable import Recording

/// A remote participant whose wall clock and RTP clocks have nothing to do with ours.
private struct Sender {
    let name: String
    /// The sender's clock less ours, in seconds.
    let skew: Double
    let audioBase: UInt32
    let videoBase: UInt32

    func ntp(at time: Instant) -> NTPTime {
        NTPTime(unixNanoseconds: time.nanoseconds + Int64(skew * 1e9) + 1_700_000_000_000_000_000)
    }

    func audio(at time: Instant) -> UInt32 {
        audioBase &+ UInt32(truncatingIfNeeded: time.nanoseconds / 1_000 * 48 / 1_000)
    }

    func video(at time: Instant) -> UInt32 { videoBase &+ UInt32(truncatingIfNeeded: time.nanoseconds / 100_000 * 9) }
}

@Suite struct RecordingSessionTests {
    /// A VP8 key frame of 320x180, as far as its header.
    static let keyFrame: [UInt8] = [0x10, 0, 0, 0x9d, 0x01, 0x2a, 0x40, 0x01, 0xb4, 0x00, 1, 2, 3]
    static let deltaFrame: [UInt8] = [0x11, 0, 0, 1]
    static let opus: [UInt8] = [0x78, 1, 2, 3]  // 20 ms, hybrid

    private struct Block {
        var track: Int
        var time: Int64
        var bytes: [UInt8]
    }

    /// The blocks of what was written.
    private func blocks(_ session: inout RecordingSession) -> [Block] {
        var bytes: [UInt8] = []
        for step in session.takeOutput() {
            if case .append(let new) = step { bytes += new }
        }
        return Self.blocks(in: bytes)
    }

    private static func blocks(in bytes: [UInt8]) -> [Block] {
        // Clusters begin with their identifier and a length of eight bytes, and hold a time and simple blocks.
        var found: [Block] = []
        var position = 0
        while position + 12 < bytes.count {
            guard Array(bytes[position..<position + 4]) == [0x1f, 0x43, 0xb6, 0x75] else {
                position += 1
                continue
            }
            let length = bytes[position + 5..<position + 12].reduce(0) { $0 << 8 | Int($1) }
            var inner = position + 12
            position = inner + length
            var start: Int64 = 0
            while inner < position {
                let id = bytes[inner]
                let width = bytes[inner + 1].leadingZeroBitCount + 1
                let marked = bytes[inner + 1..<inner + 1 + width].reduce(0) { $0 << 8 | Int($1) }
                let body = inner + 1 + width
                let size = marked & (1 << (7 * width) - 1)
                if id == 0xe7 { start = bytes[body..<body + size].reduce(0) { $0 << 8 | Int64($1) } }
                if id == 0xa3 {
                    let offset = Int16(bitPattern: UInt16(bytes[body + 1]) << 8 | UInt16(bytes[body + 2]))
                    found.append(
                        Block(
                            track: Int(bytes[body] & 0x7f), time: start + Int64(offset),
                            bytes: Array(bytes[body + 4..<body + size])))
                }
                inner = body + size
            }
        }
        return found
    }

    /// Feeds `seconds` of a sender whose pictures take longer to arrive than its sound.
    private func feed(
        _ session: inout RecordingSession, _ sender: Sender, seconds: Int64, from begin: Int64 = 0,
        reportAt: Int64 = 500, soundDelay: Int64 = 30, pictureDelay: Int64 = 110,
        withSound: (Int64) -> Bool = { _ in true }
    ) {
        for time in stride(from: begin, to: begin + seconds * 1_000, by: 20) {
            let captured = Instant.milliseconds(time)
            if time - begin >= reportAt, (time - begin - reportAt) % 1_000 == 0 {
                let ntp = sender.ntp(at: captured)
                session.receiveReport(of: sender.name, isAudio: true, ntp: ntp, timestamp: sender.audio(at: captured))
                session.receiveReport(of: sender.name, isAudio: false, ntp: ntp, timestamp: sender.video(at: captured))
            }
            if withSound(time) {
                let arrival = captured + .milliseconds(soundDelay)
                session.receive(
                    RecordingSample(
                        sender.name, .audio, .remote(timestamp: sender.audio(at: captured), arrival: arrival), Self.opus
                    ),
                    now: arrival)
            }
            if time % 40 == 0 {
                let arrival = captured + .milliseconds(pictureDelay)
                let isKey = time % 1_000 == 0
                session.receive(
                    RecordingSample(
                        sender.name, .video(isKey: isKey),
                        .remote(timestamp: sender.video(at: captured), arrival: arrival),
                        isKey ? Self.keyFrame : Self.deltaFrame),
                    now: arrival)
            }
            if time % 100 == 0 { session.advance(now: captured + .milliseconds(pictureDelay)) }
        }
    }

    private let ann = Sender(name: "ann", skew: 4_711.25, audioBase: .max - 5_000, videoBase: 77)

    /// As while joining: were the first packet believed, all that follows would come too early for it and be lost.
    @Test func packetsThatCameLateAtFirstStandWhereTheyBelong() throws {
        var session = RecordingSession(start: .zero, .init())
        session.join("ann", name: "ann")
        for time in stride(from: Int64(0), to: 2_000, by: 20) {
            let captured = Instant.milliseconds(time)
            if time == 0 {
                session.receiveReport(
                    of: ann.name, isAudio: true, ntp: ann.ntp(at: captured), timestamp: ann.audio(at: captured))
            }
            let arrival = captured + .milliseconds(time < 400 ? 100 : 30)
            session.receive(
                RecordingSample(
                    ann.name, .audio, .remote(timestamp: ann.audio(at: captured), arrival: arrival), Self.opus),
                now: arrival)
            if time % 100 == 0 { session.advance(now: captured + .milliseconds(110)) }
        }
        session.finish(now: .seconds(2))
        let sounds = blocks(&session).filter { $0.bytes == Self.opus }.map(\.time)
        #expect(sounds.first == 30)
        #expect(zip(sounds, sounds.dropFirst()).allSatisfy { $1 - $0 == 20 })
    }

    @Test func soundAndPictureOfOneMomentStandAtOneTime() throws {
        var session = RecordingSession(start: .zero, .init())
        session.join("ann", name: "ann")
        feed(&session, ann, seconds: 5)
        session.finish(now: .seconds(5))
        let all = blocks(&session)
        let pictures = all.filter { $0.track == 2 || $0.bytes[0] & 0xfe == 0x10 }.map(\.time)
        let sounds = all.filter { $0.bytes == Self.opus }.map(\.time)
        // Pictures were taken every 40 ms together with a packet of sound.
        for (index, picture) in pictures.enumerated() where index * 2 < sounds.count {
            #expect(
                abs(picture - sounds[index * 2]) <= 1, "picture \(index) at \(picture), sound at \(sounds[index * 2])")
        }
        #expect(pictures.count >= 120)
    }

    @Test func withoutReportsTheFileIsWrittenAllTheSame() {
        var session = RecordingSession(start: .zero, .init())
        session.join("ann", name: "ann")
        feed(&session, ann, seconds: 4, reportAt: 1 << 40)
        session.finish(now: .seconds(4))
        let all = blocks(&session)
        #expect(all.filter { $0.bytes == Self.opus }.count >= 195)
        #expect(all.filter { $0.bytes == Self.keyFrame }.count >= 3)
    }

    @Test func aPauseOfTheVoiceIsFilledWithSilence() {
        var session = RecordingSession(start: .zero, .init())
        session.join("ann", name: "ann")
        feed(&session, ann, seconds: 5) { !(1_000..<3_000).contains($0) }
        session.finish(now: .seconds(5))
        let all = blocks(&session)
        let track = all.first { $0.bytes == Self.opus }?.track
        let sounds = all.filter { $0.track == track }.map(\.time)
        for (a, b) in zip(sounds, sounds.dropFirst()) { #expect(1...40 ~= b - a, "\(a) is followed by \(b)") }
        #expect(all.filter { $0.bytes == [0xf8, 0xff, 0xfe] }.count >= 95)
        #expect((sounds.last ?? 0) > 4_940)
        // Counted in samples the track is as long as the recording: no player can come out of step.
        let samples = all.filter { $0.track == track }.compactMap { OpusFraming.samples($0.bytes) }.reduce(0, +)
        #expect(abs(samples - 240_000) <= 960)
    }

    @Test func picturesBeginWithAKeyFrameAndGoOnWithOneAfterALoss() {
        var session = RecordingSession(start: .zero, .init())
        session.join("me", name: "me")
        func send(_ time: Int64, isKey: Bool) {
            session.receive(
                RecordingSample(
                    "me", .video(isKey: isKey), .own(.milliseconds(time)), isKey ? Self.keyFrame : Self.deltaFrame),
                now: .milliseconds(time))
        }
        send(0, isKey: false)
        send(40, isKey: true)
        send(80, isKey: false)
        session.advance(now: .milliseconds(600))
        session.noteLoss()
        send(600, isKey: false)
        send(640, isKey: true)
        send(680, isKey: false)
        session.finish(now: .seconds(1))
        #expect(blocks(&session).map(\.time) == [40, 80, 640, 680])
    }

    @Test func aKeyFrameTakenJustBeforeTheBeginningCounts() {
        var session = RecordingSession(start: .milliseconds(10), .init())
        session.join("me", name: "me")
        for (time, isKey) in [(Int64(0), true), (40, false)] {
            session.receive(
                RecordingSample(
                    "me", .video(isKey: isKey), .own(.milliseconds(time)), isKey ? Self.keyFrame : Self.deltaFrame),
                now: .milliseconds(time))
        }
        session.finish(now: .seconds(1))
        #expect(blocks(&session).map(\.time) == [0, 30])
    }

    @Test func packetsOutOfOrderAndTwiceComeOnceAndInOrder() {
        var session = RecordingSession(start: .zero, .init())
        session.join("me", name: "me")
        for time: Int64 in [0, 20, 60, 40, 40, 80] {
            session.receive(
                RecordingSample("me", .audio, .own(.milliseconds(time)), Self.opus), now: .milliseconds(100))
        }
        session.finish(now: .milliseconds(100))
        #expect(blocks(&session).map(\.time) == [0, 20, 40, 60, 80])
    }

    @Test func whoComesLateBeginsLate() {
        var session = RecordingSession(start: .zero, .init())
        session.join("ann", name: "ann")
        feed(&session, ann, seconds: 4)
        session.join("bob", name: "bob")
        let bob = Sender(name: "bob", skew: -3, audioBase: 1, videoBase: 2)
        feed(&session, bob, seconds: 3, from: 4_000, reportAt: 0)
        session.finish(now: .seconds(7))
        let all = blocks(&session)
        #expect(Set(all.map(\.track)) == [1, 2, 3, 4])
        let late = all.filter { $0.track > 2 }.map(\.time)
        #expect((late.min() ?? 0) >= 3_990)
        #expect(late.contains { $0 >= 6_900 })
    }

    @Test func reportsOfABusySenderDoNotShakeTheTimeline() {
        var timeline = SenderTimeline()
        var noise = SystemRandomNumberGenerator()
        var placed: [Double] = []
        for second in 0..<60 {
            let local = Instant.seconds(Int64(second))
            // Every other report says up to 80 ms too late when something was recorded.
            let late = second.isMultiple(of: 2) ? 0 : Int64.random(in: 0...80, using: &noise)
            let ntp = NTPTime(unixNanoseconds: local.nanoseconds + late * 1_000_000 + 1_700_000_000_000_000_000)
            timeline.receiveReport(.audio, ntp: ntp, timestamp: UInt32(second * 48_000))
            let time = timeline.place(.audio, timestamp: UInt32(second * 48_000), arrival: local + .milliseconds(30))
            placed.append((time - local).seconds)
        }
        #expect((placed.max() ?? 1) - (placed.min() ?? 0) < 0.003)
    }

    @Test func theClockOfAnotherIsFollowed() {
        // Half a second of drift in an hour, played in steps of ten seconds.
        var timeline = SenderTimeline()
        var worst = 0.0
        for step in 0..<360 {
            let local = Instant.seconds(Int64(step) * 10)
            let there = Double(step) * 10 * (1 + 0.5 / 3_600)
            let ntp = NTPTime(unixNanoseconds: Int64(there * 1e9) + 1_700_000_000_000_000_000)
            let timestamp = UInt32(truncatingIfNeeded: Int64(there * 48_000))
            timeline.receiveReport(.audio, ntp: ntp, timestamp: timestamp)
            let placed = timeline.place(.audio, timestamp: timestamp, arrival: local)
            worst = max(worst, abs((placed - local).seconds))
        }
        #expect(worst < 0.05)
    }
}
