import Primitives
import RTP
import Testing

@testable import Streams

@Suite struct ArrivalRecorderTests {
    /// What messages say, as they come off the wire.
    private func read(_ messages: [TransportFeedback]) throws -> [TransportFeedback] {
        try messages.flatMap { message in
            try RTCP.parse(RTCP.serialise([.transportFeedback(message)])).compactMap { packet in
                if case .transportFeedback(let feedback) = packet { feedback } else { nil }
            }
        }
    }

    @Test func everyPacketIsToldOfOnce() throws {
        var recorder = ArrivalRecorder()
        let start = Instant.seconds(5_000_000)  // 24 bits of 64 ms have wrapped several times
        var told: [UInt16: Duration?] = [:]
        var arrivals: [UInt16: Instant] = [:]
        for i in 0..<500 {
            let sequence = UInt16(truncatingIfNeeded: 65_300 + i)
            let now = start + .milliseconds(Int64(i * 7))
            if !i.isMultiple(of: 9) {
                recorder.record(sequence, now: now)
                arrivals[sequence] = now
            }
            for message in try read(recorder.handleTimeout(now: now, sender: SSRC(1), media: SSRC(2))) {
                for packet in message.packets {
                    #expect(told[packet.sequence] == nil)
                    told[packet.sequence] = .some(packet.arrival)
                }
            }
        }
        #expect(told.count > 450)
        let first = try #require(told.keys.first { told[$0] != .some(nil) })
        let offset = try #require(arrivals[first]) - Instant(nanoseconds: try #require(told[first] ?? nil).nanoseconds)
        for (sequence, arrival) in told {
            #expect((arrival != nil) == (arrivals[sequence] != nil))
            if let arrival, let truth = arrivals[sequence] {
                let error = (truth - Instant(nanoseconds: arrival.nanoseconds)) - offset
                #expect(abs(error.microseconds) <= 250)
            }
        }
    }

    @Test func aLatePacketIsToldOfAfterAll() throws {
        var recorder = ArrivalRecorder()
        for sequence in [1, 2, 4] as [UInt16] { recorder.record(sequence, now: .zero) }
        let first = recorder.handleTimeout(now: .milliseconds(100), sender: SSRC(1), media: SSRC(2))
        #expect(first.flatMap(\.packets).filter { !$0.received }.map(\.sequence) == [3])
        recorder.record(3, now: .milliseconds(110))
        let second = recorder.handleTimeout(now: .milliseconds(210), sender: SSRC(1), media: SSRC(2))
        #expect(second.first?.baseSequence == 3)
        #expect(second.flatMap(\.packets).map(\.received) == [true, true])
        #expect(second.first?.feedbackCount == 1)
    }

    @Test func longSilenceAndLeapsAreSplitIntoMessagesThatFit() throws {
        var recorder = ArrivalRecorder()
        recorder.record(1, now: .zero)
        recorder.record(2, now: .seconds(9))  // more than 16 bits of ticks later
        recorder.record(1_500, now: .seconds(9))
        let messages = recorder.handleTimeout(now: .seconds(10), sender: SSRC(1), media: SSRC(2))
        #expect(messages.count >= 3)
        let received = try read(messages).flatMap(\.packets).filter(\.received)
        #expect(received.map(\.sequence) == [1, 2, 1_500])
        #expect(recorder.nextDeadline == nil)
    }
}
