import Media
import MediaProcessing
import Testing

@Suite struct TempoChangerTests {
    /// Two seconds of a tone through the changer, and how much input it took.
    private func play(_ frequency: Double, speed: Double) -> (output: [Int16], taken: Int) {
        var changer = TempoChanger()
        changer.speed = speed
        var tone = ToneGenerator(frequency: frequency)
        var output: [Int16] = []
        var taken = 0
        for _ in 0..<100 {
            while changer.missing > 0 {
                var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
                tone.fill(&block)
                taken += block.count
                changer.append(block)
            }
            output += changer.read()
        }
        return (output, taken)
    }

    @Test(arguments: [0.5, 0.75, 1, 1.25, 1.5, 2, 3])
    func pitchStaysWhileTheTempoChanges(speed: Double) throws {
        let (output, taken) = play(440, speed: speed)
        #expect(output.count == 96_000)
        #expect(abs(Double(taken) / 96_000 - speed) < 0.03)
        // Upward zero crossings of a second: the pitch, and no clicks beside it.
        let second = output[24_000..<72_000]
        let crossings = zip(second, second.dropFirst()).count { $0 < 0 && $1 >= 0 }
        #expect(abs(crossings - 440) <= 6, "\(crossings) Hz")
        let steps = zip(second, second.dropFirst()).map { abs(Int($1) - Int($0)) }
        let largest = 2 * Double.pi * 440 / 48_000 * Double(second.map { abs(Int($0)) }.max() ?? 0)
        #expect(Double(steps.max() ?? 0) < largest * 2)
    }
}
