import Media
import Primitives
import Testing

@testable import Streams

struct VideoAdaptationTests {
    private let full = PixelSize(640, 360)

    @Test func givesUpFramesThenSizeThenThePicture() {
        var adaptation = VideoAdaptation()
        var last: VideoAdaptation.Choice?
        var order: [String] = []
        for kilobits in stride(from: 1_000, through: 10, by: -5) {
            let choice = adaptation.choose(
                limit: full, framesPerSecond: 30, bitrate: .kilobits(kilobits), now: .zero)
            if let last, choice != last {
                order.append(choice.size.isNone ? "none" : choice.size == last.size ? "rate" : "size")
                #expect(choice.framesPerSecond <= last.framesPerSecond && choice.size.area <= last.size.area)
            }
            last = choice
        }
        #expect(order.prefix(2) == ["rate", "rate"])
        #expect(order.last == "none")
        #expect(order.contains("size"))
    }

    @Test func comesBackStepByStepAndOnlyWithAMargin() {
        var adaptation = VideoAdaptation()
        func choose(_ kilobits: Int, at seconds: Int64) -> VideoAdaptation.Choice {
            adaptation.choose(limit: full, framesPerSecond: 30, bitrate: .kilobits(kilobits), now: .seconds(seconds))
        }
        let low = choose(60, at: 0)
        #expect(low.size.area < full.area)
        var before = low
        var changes = 0
        for second in 1...30 {
            let choice = choose(1_000, at: Int64(second))
            if choice != before { changes += 1 }
            before = choice
        }
        #expect(before == .init(size: full, framesPerSecond: 30))
        #expect(changes >= 3)
    }

    @Test func aRateAtTheEdgeDoesNotMakeThePictureFlutter() {
        var adaptation = VideoAdaptation()
        var changes = 0
        var last: VideoAdaptation.Choice?
        for tenth in 0..<600 {
            let choice = adaptation.choose(
                limit: full, framesPerSecond: 30, bitrate: .kilobits(tenth % 2 == 0 ? 260 : 275),
                now: .milliseconds(Int64(tenth) * 100))
            if let last, last != choice { changes += 1 }
            last = choice
        }
        #expect(changes <= 1)
    }

    @Test func aTerminalsTileNeedsLittle() {
        var adaptation = VideoAdaptation()
        let choice = adaptation.choose(
            limit: PixelSize(80, 48), framesPerSecond: 30, bitrate: .kilobits(60), now: .zero)
        #expect(choice == .init(size: PixelSize(80, 48), framesPerSecond: 30))
    }

    @Test(arguments: [PixelSize(16, 16), PixelSize(33, 4_096), PixelSize(1_920, 1_080), PixelSize(2, 2)])
    func sizesAreAlwaysUsable(size: PixelSize) {
        for kilobits in [0, 15, 21, 50, 300, 100_000] {
            var adaptation = VideoAdaptation()
            let choice = adaptation.choose(
                limit: size, framesPerSecond: 15, bitrate: .kilobits(kilobits), now: .zero)
            #expect(choice.size.isNone || choice.size.width > 0 && choice.size.height > 0)
            #expect(choice.framesPerSecond > 0)
        }
    }

    @Test func aBusyMachineTakesFrames() {
        var adaptation = VideoAdaptation()
        let choice = adaptation.choose(
            limit: full, framesPerSecond: 30, bitrate: .kilobits(1_000), processor: 0.5, now: .zero)
        #expect(choice == .init(size: full, framesPerSecond: 15))
    }
}
