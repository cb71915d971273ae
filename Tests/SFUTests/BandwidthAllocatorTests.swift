import Primitives
import Testing

@testable import SFU

struct BandwidthAllocatorTests {
    private typealias Demand = BandwidthAllocator.Demand
    private typealias Layers = BandwidthAllocator.Layers

    /// Three sizes of two frame rates: 60/100, 200/300, 700/1000 kbit/s.
    private let simulcast: [[Bitrate]] = [
        [.kilobits(60), .kilobits(100)], [.kilobits(200), .kilobits(300)], [.kilobits(700), .kilobits(1_000)],
    ]

    private func demand(_ priority: Int, _ preferred: Layers? = Layers(spatial: 3, temporal: 3)) -> Demand {
        Demand(priority: priority, preferred: preferred, rates: simulcast)
    }

    @Test func withEnoughEverybodyGetsTheBest() {
        let result = BandwidthAllocator.allocate([demand(0), demand(1)], available: .kilobits(2_000))
        #expect(result.layers == [Layers(spatial: 2, temporal: 1), Layers(spatial: 2, temporal: 1)])
        #expect(result.isEnough)
    }

    @Test func thumbnailsStarveBeforeTheSpeaker() {
        let result = BandwidthAllocator.allocate(
            [demand(0), demand(5), demand(0)], available: .kilobits(850))
        #expect(result.layers[1] == Layers(spatial: 2, temporal: 0))
        #expect(result.layers[0] == Layers(spatial: 0, temporal: 0))
        #expect(result.layers[2] == Layers(spatial: 0, temporal: 0))
        #expect(!result.isEnough)
    }

    @Test func theMostImportantPictureIsNeverTakenAway() {
        let result = BandwidthAllocator.allocate([demand(0), demand(5)], available: .kilobits(10))
        #expect(result.layers == [nil, Layers(spatial: 0, temporal: 0)])
    }

    @Test func nobodyGetsMoreThanTheyShow() {
        let result = BandwidthAllocator.allocate(
            [demand(0, Layers(spatial: 1, temporal: 0)), demand(0, nil)], available: .kilobits(5_000))
        #expect(result.layers == [Layers(spatial: 1, temporal: 0), nil])
        #expect(result.isEnough)
    }

    @Test func layersThatDoNotComeAreNotChosen() {
        let quiet = Demand(
            priority: 0, preferred: Layers(spatial: 3, temporal: 3), rates: [[.kilobits(100)], [.zero], [.zero]])
        let result = BandwidthAllocator.allocate([quiet], available: .kilobits(5_000))
        #expect(result.layers == [Layers(spatial: 0, temporal: 0)])
    }

    @Test func beforeAnythingHasComeThePreferenceHolds() {
        let unknown = Demand(priority: 0, preferred: Layers(spatial: 3, temporal: 3), rates: [[.zero]])
        let result = BandwidthAllocator.allocate([unknown], available: .kilobits(100))
        #expect(result.layers == [Layers(spatial: 3, temporal: 3)])
    }
}
