import Media
import Primitives
import RTP
import Simulation
import Streams
import Testing

/// What a session does on its own, and what two of them do over a path that is good.
@Suite struct RTPSessionTests {
    private func rtp(
        ssrc: UInt32, sequence: UInt16, payloadType: Int = 111, mid: String? = nil, payload: [UInt8] = [1, 2, 3]
    ) -> [UInt8] {
        var packet = RTPPacket(
            payloadType: PayloadType(masking: UInt8(payloadType)), sequence: sequence,
            timestamp: UInt32(sequence) * 960,
            ssrc: SSRC(ssrc), payload: payload[...])
        var values = HeaderExtensions()
        values.mid = mid
        packet.extensionBlock = values.block(map: SessionPair.extensions)
        return packet.serialised()
    }

    // MARK: - Whose packet

    @Test func aStreamIsKnownByItsMIDAndFromThenOnByItsSource() {
        var pair = SessionPair(path: .perfect)
        pair.connect(announced: false)
        // A second sound section with the same payload type: the type alone no longer tells.
        var second = SessionPair.audio(local: 30, remote: nil)
        second.mid = "2"
        pair.left.session.configure(second, now: pair.now)
        pair.left.session.receive(rtp(ssrc: 77, sequence: 1), now: pair.now)
        #expect(pair.left.session.packetsRejected == 1)
        pair.left.session.receive(rtp(ssrc: 77, sequence: 2, mid: "2"), now: pair.now)
        pair.left.session.receive(rtp(ssrc: 77, sequence: 3), now: pair.now)
        pair.left.settle(now: pair.now)
        #expect(pair.left.audio.count == 2)
        #expect(pair.left.statistics("2")?.received.packets == 2)
        #expect(pair.left.sourceChanges == [SSRC(77)])
    }

    @Test func aStreamIsKnownByItsPayloadTypeWhereItIsUnique() {
        var pair = SessionPair(path: .perfect)
        pair.connect(announced: false)
        pair.left.session.receive(rtp(ssrc: 77, sequence: 1), now: pair.now)
        pair.left.settle(now: pair.now)
        #expect(pair.left.audio.map(\.ssrc) == [SSRC(77)])
        #expect(pair.left.audio.map(\.payload) == [[1, 2, 3]])
    }

    @Test func aStrangerTakesThePlaceOnlyOfASilentStream() {
        var pair = SessionPair(path: .perfect)
        pair.connect(announced: false)
        pair.left.session.receive(rtp(ssrc: 77, sequence: 1), now: pair.now)
        pair.left.session.receive(rtp(ssrc: 78, sequence: 1), now: pair.now + .milliseconds(100))
        #expect(pair.left.session.packetsRejected == 1)
        pair.left.session.receive(rtp(ssrc: 78, sequence: 2), now: pair.now + .milliseconds(600))
        pair.left.settle(now: pair.now + .milliseconds(600))
        #expect(pair.left.sourceChanges == [SSRC(77), SSRC(78)])
    }

    @Test func aGoodbyeFreesThePlaceAtOnce() {
        var pair = SessionPair(path: .perfect)
        pair.connect(announced: false)
        pair.left.session.receive(rtp(ssrc: 77, sequence: 1), now: pair.now)
        pair.left.session.receive(RTCP.serialise([.bye(Goodbye(sources: [SSRC(77)]))]), now: pair.now)
        pair.left.session.receive(rtp(ssrc: 78, sequence: 1), now: pair.now)
        pair.left.settle(now: pair.now)
        #expect(pair.left.goodbyes == [SSRC(77)])
        #expect(pair.left.sourceChanges == [SSRC(77), SSRC(78)])
    }

    @Test func aStreamThatStartsOverIsFollowed() {
        var pair = SessionPair(path: .perfect)
        pair.connect()
        for sequence in [100, 101, 40_000, 40_001, 40_002] as [UInt16] {
            pair.left.session.receive(rtp(ssrc: 20, sequence: sequence), now: pair.now)
        }
        pair.left.settle(now: pair.now)
        #expect(pair.left.audio.map { UInt16(truncatingIfNeeded: $0.sequence) } == [100, 101, 40_001, 40_002])
        #expect(pair.left.sourceChanges == [SSRC(20), SSRC(20)])
    }

    @Test func repeatedPacketsAreHeardOnce() {
        var pair = SessionPair(path: .init(latency: .milliseconds(10), duplication: 0.5))
        pair.connect()
        pair.talk(for: .seconds(2))
        pair.run(for: .seconds(1))
        #expect(pair.right.audio.count == pair.left.audioSent)
        #expect(pair.right.frames.count == pair.left.framesSent)
        #expect((pair.right.statistics("0")?.received.duplicates ?? 0) > 20)
    }

    @Test func reorderingIsNoLoss() {
        var pair = SessionPair(
            path: .init(latency: .milliseconds(20), reordering: 0.2, reorderingDelay: .milliseconds(6)))
        pair.connect()
        pair.talk(for: .seconds(5))
        pair.run(for: .seconds(1))
        #expect(pair.right.frames.count == pair.left.framesSent)
        #expect(pair.right.statistics("1")?.received.nacks == 0)
    }

    @Test func soundIsGivenOutAsItArrives() {
        var pair = SessionPair(path: .init(latency: .milliseconds(30), jitter: .milliseconds(30), loss: .random(0.05)))
        pair.connect()
        pair.talk(for: .seconds(10))
        pair.run(for: .seconds(1))
        let sequences = pair.right.audio.map(\.sequence)
        #expect(Set(sequences).count == sequences.count)
        #expect(abs(Double(sequences.count) / Double(pair.left.audioSent) - 0.95) < 0.03)
        #expect(pair.right.audio.allSatisfy { $0.level == AudioLevel(level: 30, voice: true) })
        let first = pair.right.audio[0]
        #expect(
            pair.right.audio.allSatisfy {
                $0.timestamp - first.timestamp == ($0.sequence - first.sequence) * 960
            })
        let lost = pair.right.statistics("0")?.received.lost ?? 0
        #expect(abs(lost - (pair.left.audioSent - sequences.count)) <= 2)
    }

    // MARK: - Repair

    @Test(arguments: [true, false])
    func lostPacketsAreSentAgain(rtx: Bool) {
        var pair = SessionPair(
            path: .init(latency: .milliseconds(30), loss: .random(0.03)), back: .init(latency: .milliseconds(30)))
        pair.connect(rtx: rtx)
        pair.talk(for: .seconds(10))
        pair.run(for: .seconds(1))
        #expect(pair.right.frames.count == pair.left.framesSent)
        let received = pair.right.statistics("1")?.received
        #expect((received?.recovered ?? 0 > 10) == rtx)
        #expect((received?.nacks ?? 0) > 10)
        #expect((pair.left.statistics("1")?.sent.retransmissions ?? 0) > 10)
    }

    @Test func withoutNACKAKeyFrameRepairs() {
        var feedback = SectionParameters.Feedback.everything
        feedback.nack = false
        var pair = SessionPair(path: .init(latency: .milliseconds(30), loss: .random(0.01)))
        pair.connect(feedback: feedback)
        pair.talk(for: .seconds(20))
        pair.run(for: .seconds(1))
        let decoder = DecoderModel(pair.right.frames)
        #expect(decoder.failures == 0)
        #expect(pair.left.keyFramesRequested > 3)
        #expect(pair.right.statistics("1")?.received.nacks == 0)
        #expect(decoder.decoded.count * 10 > pair.left.framesSent * 6)
    }

    @Test func aFloodOfRequestsIsAnsweredWithinABudget() {
        var pair = SessionPair(path: .perfect)
        pair.connect()
        pair.talk(for: .seconds(2))
        let before = pair.left.statistics("1")?.sent.bytes ?? 0
        let flood = RTCP.serialise([
            .nack(GenericNACK(sender: SSRC(22), media: SSRC(12), sequences: Array(0...UInt16.max)))
        ])
        for _ in 0..<100 {
            pair.left.session.receive(flood, now: pair.now)
            pair.run(for: .milliseconds(10))
        }
        let bytes = (pair.left.statistics("1")?.sent.bytes ?? 0) - before
        // Half the rate for one second, and what was saved in the second before.
        #expect(bytes * 8 <= pair.left.session.estimatedBitrate.bitsPerSecond * 5 / 4)
    }

    // MARK: - Key frames

    @Test func keyFramesAreAskedForUntilOneComes() {
        var pair = SessionPair(path: .perfect)
        pair.connect()
        pair.left.session.requestKeyFrame(mid: "1", now: pair.now)
        pair.run(for: .seconds(1))
        // Nobody to ask yet, and nothing to do until there is.
        #expect(pair.right.keyFramesRequested == 0)
        #expect(pair.left.session.nextDeadline.map { $0 > pair.now } ?? true)
        pair.left.session.receive(rtp(ssrc: 22, sequence: 1, payloadType: 96, payload: [0x10, 1]), now: pair.now)
        pair.run(for: .seconds(10))
        let requests = pair.left.rtcpSent.filter { if case .pictureLoss = $0 { true } else { false } }
        #expect((5...8).contains(requests.count))
        #expect(pair.right.keyFramesRequested == requests.count)
        pair.left.session.receive(rtp(ssrc: 22, sequence: 2, payloadType: 96, payload: [0x10, 0x10]), now: pair.now)
    }

    @Test func whereOnlyFullIntraRequestsWereAgreedTheyAreSent() {
        var feedback = SectionParameters.Feedback()
        feedback.fullIntraRequest = true
        var pair = SessionPair(path: .perfect)
        pair.connect(feedback: feedback)
        pair.left.session.receive(rtp(ssrc: 22, sequence: 1, payloadType: 96, payload: [0x10, 1]), now: pair.now)
        pair.run(for: .seconds(2))
        let numbers = pair.left.rtcpSent.compactMap { packet -> UInt8? in
            if case .fullIntraRequest(let request) = packet { request.entries.first?.number } else { nil }
        }
        #expect(numbers == [1, 2, 3])
        #expect(pair.right.keyFramesRequested == 3)
    }

    @Test func manyRequestsMakeOneKeyFrame() {
        var pair = SessionPair(path: .perfect)
        pair.connect()
        let request = RTCP.serialise([
            .pictureLoss(PictureLossIndication(sender: SSRC(22), media: SSRC(12))),
            .fullIntraRequest(FullIntraRequest(sender: SSRC(22), entries: [.init(ssrc: SSRC(12), number: 1)])),
        ])
        for i in 0..<50 { pair.left.session.receive(request, now: pair.now + .milliseconds(Int64(i))) }
        pair.left.settle(now: pair.now)
        #expect(pair.left.keyFramesRequested == 1)
    }

    // MARK: - Reports

    @Test func reportsTellRoundTripLossAndTime() throws {
        var pair = SessionPair(
            path: .init(latency: .milliseconds(80), loss: .random(0.05)), back: .init(latency: .milliseconds(40)))
        pair.connect()
        pair.talk(for: .seconds(10))
        let statistics = try #require(pair.left.statistics("0"))
        let roundTrip = try #require(statistics.roundTrip)
        #expect(abs(roundTrip.milliseconds - 120) <= 2)
        #expect(statistics.sent.fractionLost < 0.25)
        // Lip sync: RTP time and wall clock advance together.
        let reports = pair.right.reports.filter { $0.timestamp - pair.right.reports[0].timestamp >= 0 }
        let first = try #require(pair.right.reports.first)
        #expect(reports.count > 10)
        let arrivals = pair.left.rtcpSent.compactMap { packet -> SenderReport? in
            if case .senderReport(let report) = packet, report.ssrc == SSRC(10) { report } else { nil }
        }
        for (a, b) in zip(arrivals, arrivals.dropFirst()) {
            let wall = b.ntpTime.seconds - a.ntpTime.seconds
            let media = Double(Int32(bitPattern: b.rtpTime &- a.rtpTime)) / 48_000
            #expect(abs(wall - media) < 0.001)
        }
        #expect(first.time.seconds > 3.9e9)
    }

    @Test func theFirstReportLeavesWithTheFirstPacket() {
        var pair = SessionPair(path: .perfect)
        pair.connect()
        pair.sendAudio()
        pair.run(for: .milliseconds(1))
        #expect(pair.left.rtcpSent.contains { if case .senderReport = $0 { true } else { false } })
        #expect(
            pair.left.rtcpSent.contains(.sourceDescription([SourceDescription(ssrc: SSRC(10), cname: "left")])))
    }

    @Test func reportsComeAboutOnceASecond() {
        var pair = SessionPair(path: .perfect)
        pair.connect()
        pair.talk(for: .seconds(20))
        let compounds = pair.left.rtcpSent.filter { if case .sourceDescription = $0 { true } else { false } }
        #expect((17...26).contains(compounds.count))
    }

    @Test func feedbackFollowsAReportWhereReducedSizeWasNotAgreed() {
        var feedback = SectionParameters.Feedback.everything
        feedback.reducedSize = false
        var pair = SessionPair(path: .perfect)
        pair.connect(feedback: feedback)
        pair.left.session.receive(rtp(ssrc: 22, sequence: 1, payloadType: 96, payload: [0x10, 1]), now: pair.now)
        pair.left.settle(now: pair.now)
        #expect(pair.left.rtcpSent.count == 3)
        #expect(pair.left.rtcpSent.first == .receiverReport(ReceiverReport(ssrc: SSRC(10), blocks: [])))
        #expect(pair.left.rtcpSent.last == .pictureLoss(PictureLossIndication(sender: SSRC(12), media: SSRC(22))))
    }

    @Test func theGoodbyeIsTheLastWord() {
        var pair = SessionPair(path: .perfect)
        pair.connect()
        pair.talk(for: .milliseconds(200))
        pair.hangUp()
        pair.run(for: .milliseconds(10))
        #expect(Set(pair.right.goodbyes) == [SSRC(10), SSRC(12)])
        let sent = pair.left.path.sent
        pair.talk(for: .seconds(1))
        #expect(pair.left.path.sent == sent)
        #expect(pair.left.session.nextDeadline == nil)
    }

    // MARK: - Bandwidth

    @Test func theEstimateRisesOnAWidePath() {
        var pair = SessionPair(path: .init(latency: .milliseconds(20)), maxBitrate: .kilobits(4_000))
        pair.connect()
        pair.talk(for: .seconds(20), adaptive: true)
        #expect(pair.left.session.targetBitrate > .kilobits(2_000))
        #expect(pair.right.frames.count >= pair.left.framesSent - 2)
    }

    @Test func theEstimateFitsANarrowPath() {
        var pair = SessionPair(path: .init(latency: .milliseconds(30), rate: .kilobits(500), queue: .milliseconds(400)))
        pair.connect()
        pair.talk(for: .seconds(40), adaptive: true)
        pair.run(for: .seconds(2))
        let late = pair.left.targets.filter { $0.time > pair.now - .seconds(20) }.map(\.bitrate.kilobitsPerSecond)
        let mean = late.reduce(0, +) / max(1, late.count)
        #expect((200...520).contains(mean))
        let decoder = DecoderModel(pair.right.frames)
        #expect(decoder.failures == 0)
        #expect(decoder.decoded.count * 100 >= pair.left.framesSent * 95)
    }

    @Test func aReceiverTellsItsEstimateWhereNothingNewerWasAgreed() {
        var feedback = SectionParameters.Feedback.everything
        feedback.transportCC = false
        var pair = SessionPair(path: .perfect)
        var audio = SessionPair.audio(local: 10, remote: 20)
        audio.feedback = feedback
        pair.connect(feedback: feedback)
        pair.left.session.configure(audio, now: pair.now)
        audio = SessionPair.audio(local: 20, remote: 10)
        audio.feedback = feedback
        pair.right.session.configure(audio, now: pair.now)
        pair.talk(for: .seconds(5), bitrate: .kilobits(1_000))
        let estimates = pair.right.rtcpSent.compactMap { packet -> Bitrate? in
            if case .remb(let remb) = packet { remb.bitrate } else { nil }
        }
        #expect((3...5).contains(estimates.count))
        #expect((estimates.last ?? .zero) >= .kilobits(1_000))
        #expect(!pair.right.rtcpSent.contains { if case .transportFeedback = $0 { true } else { false } })
    }

    @Test func aKeyFrameIsSpreadOverTime() {
        var pair = SessionPair(path: .perfect)
        pair.connect()
        let frame = EncodedFrame(
            bytes: [UInt8](repeating: 0x10, count: 40_000), isKeyFrame: true, timestamp: 0, time: pair.now)
        pair.left.session.sendVideo(mid: "1", frame: frame, now: pair.now)
        #expect(pair.left.session.sendBacklog > .milliseconds(300))
        pair.run(for: .milliseconds(20))
        #expect(pair.left.path.sent < 12)
        pair.run(for: .milliseconds(1_500))
        #expect(pair.right.frames.count == 1)
        #expect(pair.left.session.sendBacklog == .zero)
    }

    @Test func videoThatThePathCannotTakeIsDroppedInWholeFrames() {
        var pair = SessionPair(path: .init(latency: .milliseconds(30), rate: .kilobits(250), queue: .milliseconds(300)))
        pair.connect()
        pair.talk(for: .seconds(20), bitrate: .kilobits(500))
        pair.run(for: .seconds(5))
        let decoder = DecoderModel(pair.right.frames)
        #expect(decoder.failures == 0)
        #expect(decoder.decoded.count > 20)
        #expect((pair.left.statistics("1")?.sent.framesDropped ?? 0) > 50)
    }

    @Test func aVeryNarrowPathStillShowsMovingPictures() {
        var pair = SessionPair(path: .init(latency: .milliseconds(30), rate: .kilobits(200), queue: .milliseconds(300)))
        pair.connect()
        pair.talk(for: .seconds(30), adaptive: true)
        pair.run(for: .seconds(1))
        let decoder = DecoderModel(pair.right.frames)
        #expect(decoder.failures == 0)
        #expect(decoder.decoded.count * 10 >= pair.left.framesSent * 8)
    }

    // MARK: - Negotiation again

    @Test func agreeingAgainLeavesRunningStreamsAlone() {
        var pair = SessionPair(path: .init(latency: .milliseconds(10)))
        pair.connect()
        for _ in 0..<5 {
            pair.talk(for: .seconds(1))
            pair.connect()
        }
        pair.run(for: .seconds(1))
        #expect(pair.right.frames.count + 5 >= pair.left.framesSent)
        #expect(pair.right.sourceChanges.count == 2)
        #expect(pair.right.statistics("0")?.received.lost == 0)
        #expect(pair.right.statistics("1")?.received.lost == 0)
    }

    @Test func aRemovedSectionSaysGoodbye() {
        var pair = SessionPair(path: .perfect)
        pair.connect()
        pair.talk(for: .milliseconds(200))
        pair.left.session.removeSection(mid: "1", now: pair.now)
        pair.run(for: .milliseconds(100))
        #expect(pair.right.goodbyes == [SSRC(12)])
        #expect(pair.left.session.statistics.map(\.mid) == ["0"])
        let frame = EncodedFrame(bytes: [1], isKeyFrame: true, timestamp: 0, time: pair.now)
        let isSent = pair.left.session.sendVideo(mid: "1", frame: frame, now: pair.now)
        #expect(!isSent)
    }

    @Test func whatIsNotToBeSentIsNotSent() {
        var pair = SessionPair(path: .perfect)
        pair.connect()
        var audio = SessionPair.audio(local: 10, remote: 20)
        audio.sends = false
        pair.left.session.configure(audio, now: pair.now)
        pair.sendAudio()
        pair.run(for: .milliseconds(10))
        #expect(pair.right.audio.isEmpty)
        audio.receives = false
        pair.left.session.configure(audio, now: pair.now)
        pair.left.session.receive(rtp(ssrc: 20, sequence: 1), now: pair.now)
        pair.left.settle(now: pair.now)
        #expect(pair.left.audio.isEmpty)
    }

    // MARK: - Hostile input

    @Test func nothingThatAPeerSendsTraps() {
        var random = SeededGenerator(seed: 9)
        var pair = SessionPair(path: .perfect)
        pair.connect()
        pair.talk(for: .milliseconds(400))
        var sources: [UInt32] = [10, 11, 12, 13, 20, 21, 22, 23]
        sources.append(contentsOf: (0..<80).map { $0 + 1_000 })
        for i in 0..<20_000 {
            pair.now += .microseconds(Int64.random(in: 0...20_000, using: &random))
            let payload = (0..<Int.random(in: 0...40, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            var bytes = rtp(
                ssrc: sources.randomElement(using: &random) ?? 0, sequence: .random(in: 0...65_535, using: &random),
                payloadType: [96, 97, 111, 127].randomElement(using: &random) ?? 0,
                mid: ["0", "1", "9", nil].randomElement(using: &random) ?? nil, payload: payload)
            if i.isMultiple(of: 3) {
                bytes =
                    [0x80 | UInt8.random(in: 0...31, using: &random), .random(in: 200...206, using: &random), 0, 5] + [
                        0, 0, 0, 22, 0, 0, 0, 12,
                    ] + payload
                bytes += [UInt8](repeating: 0, count: max(0, 24 - bytes.count))
                bytes = Array(bytes.prefix(24))
            }
            pair.left.session.receive(bytes, now: pair.now)
            pair.left.settle(now: pair.now)
        }
        // And it still works.
        let heard = pair.left.audio.count
        pair.now += .seconds(5)
        for sequence in 0..<50 as Range<UInt16> {
            pair.left.session.receive(rtp(ssrc: 20, sequence: sequence), now: pair.now)
        }
        pair.left.settle(now: pair.now)
        #expect(pair.left.audio.count >= heard + 48)
    }
}
