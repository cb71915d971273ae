import Primitives
import RTP
import Testing

@Suite struct TransportFeedbackTests {
    private func feedback(
        base: UInt16 = 10, reference: Int32 = 5, _ arrivals: [Duration?]
    ) -> TransportFeedback {
        let packets = arrivals.enumerated().map { index, arrival in
            TransportFeedback.Packet(sequence: base &+ UInt16(index), arrival: arrival)
        }
        return TransportFeedback(
            sender: SSRC(1), media: SSRC(2), baseSequence: base, feedbackCount: 3, referenceTime: reference,
            packets: packets)
    }

    private func roundTrip(_ feedback: TransportFeedback) throws -> TransportFeedback? {
        let bytes = RTCP.serialise([.transportFeedback(feedback)])
        #expect(bytes.count.isMultiple(of: 4))
        guard case .transportFeedback(let read)? = try RTCP.parse(bytes).first else { return nil }
        return read
    }

    @Test func aMessageFromTheDraftsRulesIsRead() throws {
        // Base 0x1234, four packets, reference 1; two-bit vector: small, lost, large, small.
        let bytes: [UInt8] = [
            0xaf, 205, 0, 6, 0, 0, 0, 1, 0, 0, 0, 2, 0x12, 0x34, 0, 4, 0, 0, 1, 9,
            0b1101_0010, 0b0100_0000, 4, 0xff, 0xfe, 8, 0, 2,
        ]
        guard case .transportFeedback(let feedback)? = try RTCP.parse(bytes).first else {
            Issue.record("not read")
            return
        }
        #expect(feedback.baseSequence == 0x1234)
        #expect(feedback.feedbackCount == 9)
        #expect(
            feedback.packets.map(\.arrival) == [
                .milliseconds(65), nil, .microseconds(64_500), .microseconds(66_500),
            ])
    }

    @Test func runsOfLossAndOfArrivalAreReadBack() throws {
        let start = Duration.milliseconds(5 * 64)
        var arrivals: [Duration?] = (0..<40).map { start + .milliseconds($0) }
        arrivals += [Duration?](repeating: nil, count: 9000)
        arrivals += (0..<20).map { start + .milliseconds(200 * $0) }
        let message = feedback(arrivals)
        #expect(try roundTrip(message) == message)
    }

    @Test func numbersAndTimeWrapAround() throws {
        let message = feedback(
            base: 65_534, reference: -1, [.milliseconds(-60), nil, .milliseconds(1), .milliseconds(2)])
        #expect(message.packets.map(\.sequence) == [65_534, 65_535, 0, 1])
        #expect(try roundTrip(message) == message)
    }

    @Test func anyPatternIsReadBack() throws {
        var random = SeededGenerator(seed: 11)
        for _ in 0..<2_000 {
            let lossPercent = Int.random(in: 0...100, using: &random)
            let reference = Int32.random(in: -0x80_0000...0x7f_ffff, using: &random)
            var time = TransportFeedback.referenceUnit * Int64(reference)
            let arrivals = (0..<Int.random(in: 1...120, using: &random)).map { _ -> Duration? in
                guard Int.random(in: 0..<100, using: &random) >= lossPercent else { return nil }
                let ticks = Bool.random(using: &random) ? Int64(3) : Int64.random(in: -32_768...32_767, using: &random)
                time += TransportFeedback.tick * ticks
                return time
            }
            let message = feedback(base: .random(in: 0...65_535, using: &random), reference: reference, arrivals)
            #expect(try roundTrip(message) == message)
        }
    }

    @Test func timesAreRoundedWithoutDrift() throws {
        let arrivals = (0..<100).map { Duration.milliseconds(320) + .microseconds(333 * $0) }
        let read = try #require(try roundTrip(feedback(arrivals)))
        for (packet, arrival) in zip(read.packets, arrivals) {
            let error = arrival - (packet.arrival ?? .zero)
            #expect(error >= .zero && error < TransportFeedback.tick)
        }
    }

    @Test func countsBeyondTheChunksAreRefused() throws {
        let noChunks: [UInt8] = [0x8f, 205, 0, 4, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0xff, 0xff, 0, 0, 1, 9]
        #expect(try RTCP.parse(noChunks).isEmpty)
        let emptyRun: [UInt8] = [0x8f, 205, 0, 5] + noChunks[4...] + [0x20, 0, 0x20, 0]
        #expect(try RTCP.parse(emptyRun).isEmpty)
    }
}
