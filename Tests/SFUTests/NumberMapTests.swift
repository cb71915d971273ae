import Testing

@testable import SFU

struct NumberMapTests {
    @Test func goesOnWhereTheLastSourceEnded() {
        var map = NumberMap(first: 100)
        map.restart(at: 7_000)
        #expect(map.map(7_000) == 100)
        #expect(map.map(7_001) == 101)
        map.restart(at: 20)
        #expect(map.map(20) == 102)
        #expect(map.map(19) == nil, "older packets of the new source were never to be seen")
    }

    @Test func whatIsLeftOutLeavesNoGap() {
        var map = NumberMap(first: 0)
        map.restart(at: 10)
        #expect(map.map(10) == 0)
        map.drop(11)
        map.drop(12)
        #expect(map.map(13) == 1)
        map.drop(14)
        #expect(map.map(15) == 2)
    }

    @Test func whatIsMissingKeepsItsPlace() {
        var map = NumberMap(first: 0)
        map.restart(at: 10)
        #expect(map.map(10) == 0)
        #expect(map.map(13) == 3)
        map.drop(14)
        #expect(map.map(15) == 4)
        #expect(map.map(12) == 2, "late, but with its own number")
        map.drop(17)
        #expect(map.map(16) == 5)
        #expect(map.map(18) == 6)
    }

    @Test func aNewSourceAfterAGapBeforeADropDoesNotRepeatNumbers() {
        var map = NumberMap(first: 0)
        map.restart(at: 10)
        #expect(map.map(10) == 0)
        map.drop(14)  // 11...13 may still come as 1...3
        map.restart(at: 500)
        #expect(map.map(500) == 4)
    }
}
