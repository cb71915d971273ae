import Testing

@testable import Streams

@Suite struct SequenceValidatorTests {
    @Test func numbersAreWidenedAcrossTheWrap() {
        var validator = SequenceValidator()
        #expect(validator.validate(65_535) == .new(131_071))
        #expect(validator.validate(0) == .new(131_072))
        #expect(validator.validate(65_534) == .new(131_070))
        #expect(validator.validate(2) == .new(131_074))
        #expect(validator.highest == 131_074)
    }

    @Test func repeatedPacketsAreToldFromLateOnes() {
        var validator = SequenceValidator()
        _ = validator.validate(10)
        _ = validator.validate(13)
        #expect(validator.validate(12) == .new(65_548))
        #expect(validator.validate(12) == .duplicate)
        #expect(validator.validate(13) == .duplicate)
        #expect(validator.validate(11) == .new(65_547))
    }

    @Test func ringPositionsAreForgottenBeforeTheyAreUsedAgain() {
        var validator = SequenceValidator()
        for sequence in stride(from: UInt16(0), to: 10_000, by: 2) {
            #expect(validator.validate(sequence) == .new(Int64(sequence) + 65_536))
        }
        for sequence in stride(from: UInt16(9_001), to: 9_999, by: 2) {
            #expect(validator.validate(sequence) == .new(Int64(sequence) + 65_536))
        }
    }

    @Test func aSingleStrangerIsNotBelieved() {
        var validator = SequenceValidator()
        _ = validator.validate(100)
        #expect(validator.validate(30_000) == .implausible)
        #expect(validator.validate(101) == .new(65_637))
        #expect(validator.validate(30_001) == .implausible)
    }

    @Test func twoStrangersInARowBeginAnew() {
        var validator = SequenceValidator()
        _ = validator.validate(100)
        #expect(validator.validate(40_000) == .implausible)
        #expect(validator.validate(40_001) == .restarted(105_537))
        #expect(validator.validate(40_002) == .new(105_538))
    }

    @Test func anAncientRetransmissionIsNoStranger() {
        var validator = SequenceValidator()
        _ = validator.validate(10_000)
        #expect(validator.validate(1_000, isRecovered: true) == .ancient)
        #expect(validator.validate(1_001, isRecovered: true) == .ancient)
        #expect(validator.validate(10_001) == .new(75_537))
    }
}
