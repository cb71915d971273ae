import Primitives
import Testing

struct NumbersTests {
    @Test func sequenceNumbersWidenOverTheWrapAndBack() {
        var unwrapper = SequenceUnwrapper()
        let first = unwrapper.unwrap(65_534)
        #expect(unwrapper.unwrap(65_535) == first + 1)
        #expect(unwrapper.unwrap(1) == first + 3)
        #expect(unwrapper.unwrap(0) == first + 2)
        #expect(unwrapper.unwrap(65_000) == first - 534)
        #expect(unwrapper.unwrap(2) == first + 4, "an old packet does not move the reference back")
    }

    @Test func numbersALittleOlderThanTheFirstStayPositive() {
        var unwrapper = SequenceUnwrapper()
        #expect(unwrapper.unwrap(3) == 65_539)
        #expect(unwrapper.unwrap(65_530) == 65_530)
    }

    @Test func timestampsWidenInBothDirections() {
        var unwrapper = TimestampUnwrapper()
        let first = unwrapper.unwrap(0xffff_fff0)
        #expect(unwrapper.unwrap(0x10) == first + 0x20)
        #expect(unwrapper.unwrap(0xffff_fff0) == first)
    }

    @Test(arguments: [(-1, false), (0, true), (127, true), (128, false)])
    func payloadTypesHaveSevenBits(number: Int, isValid: Bool) {
        #expect((PayloadType(number) != nil) == isValid)
    }
}

struct TimeTests {
    @Test func fractionsOfSecondsAreClampedInsteadOfTrapping() {
        #expect(Duration(seconds: 0.25) == .milliseconds(250))
        #expect(Duration(seconds: 1e300) > .seconds(1_000_000_000))
        #expect(Duration(seconds: -1e300) < .seconds(-1_000_000_000))
    }

    @Test func theEarlierDeadlineWinsAndNoneIsNever() {
        #expect(earliest(nil, nil) == nil)
        #expect(earliest(.seconds(2), nil) == .seconds(2))
        #expect(earliest(.seconds(2), .seconds(1)) == .seconds(1))
    }

    @Test func ntpTimeCountsFrom1900WithBinaryFractions() {
        let half = NTPTime(unixNanoseconds: 500_000_000)
        let seconds: UInt64 = 2_208_988_800
        #expect(half.bits == seconds << 32 | 1 << 31)
        #expect(half.compact == UInt32(seconds & 0xffff) << 16 | 0x8000)
    }
}

struct RingBufferTests {
    @Test func keepsItsOrderAcrossTheEndAndRefusesWhenFull() {
        var ring = RingBuffer<Int>(capacity: 3)
        for round in 0..<5 {
            // Begins at another place of the storage in each round.
            ring.append(-1)
            _ = ring.popFirst()
            let taken = (0..<4).map { ring.append(round * 10 + $0) }
            #expect(taken == [true, true, true, false])
            let given = (0..<4).map { _ in ring.popFirst() }
            #expect(given == [round * 10, round * 10 + 1, round * 10 + 2, nil])
            #expect(ring.isEmpty)
        }
    }
}
