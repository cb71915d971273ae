import Primitives
import SFU
import Testing

struct LayerDemandTests {
    @Test func moreIsWantedAtOnceAndLessAfterAWhile() {
        var demand = LayerDemand(highest: 2)
        let lessAtOnce = demand.update(0, now: .zero)
        let early = demand.handleTimeout(now: .seconds(4))
        #expect(!lessAtOnce && !early && demand.highest == 2)
        let later = demand.handleTimeout(now: .seconds(5))
        #expect(later && demand.highest == 0 && demand.nextDeadline == nil)
        let more = demand.update(1, now: .seconds(6))
        #expect(more && demand.highest == 1)
    }

    @Test func whoLooksAwayForAMomentChangesNothing() {
        var demand = LayerDemand(highest: 2)
        let away = demand.update(nil, now: .zero)
        let back = demand.update(2, now: .seconds(4))
        #expect(!away && !back && demand.nextDeadline == nil && demand.highest == 2)
    }

    @Test func theLowestLayerStays() {
        var demand = LayerDemand(highest: 1)
        _ = demand.update(nil, now: .zero)
        _ = demand.handleTimeout(now: .seconds(9))
        #expect(demand.highest == 0)
    }
}
