import Media
import MediaProcessing
import Primitives

/// Peak signal-to-noise ratio of the luma planes in dB, over pictures of the same size.
func lumaPSNR(_ a: VideoFrame, _ b: VideoFrame) -> Double {
    precondition(a.size == b.size)
    var sum = 0
    for index in 0..<a.size.area {
        let difference = Int(a.bytes[index]) - Int(b.bytes[index])
        sum += difference * difference
    }
    guard sum > 0 else { return 99 }
    return Decibels.fromPower(255.0 * 255.0 * Double(a.size.area) / Double(sum))
}

/// A picture without edges, of any size: what chroma and luma look like after resizing can be computed.
func gradient(_ size: PixelSize, captureTime: Instant = .zero) -> VideoFrame {
    var frame = VideoFrame(black: size, captureTime: captureTime)
    for y in 0..<size.height {
        for x in 0..<size.width {
            frame.bytes[y * size.width + x] = UInt8(16 + 180 * x / size.width + 30 * y / size.height)
        }
    }
    for y in 0..<frame.chromaHeight {
        for x in 0..<frame.chromaWidth {
            frame.bytes[frame.uOffset + y * frame.chromaWidth + x] = UInt8(64 + 128 * x / frame.chromaWidth)
            frame.bytes[frame.vOffset + y * frame.chromaWidth + x] = UInt8(64 + 128 * y / frame.chromaHeight)
        }
    }
    return frame
}

/// Blocks of a tone in a row.
func tone(_ frequency: Double, blocks: Int, levelDb: Double = -20) -> [[Int16]] {
    var generator = ToneGenerator(frequency: frequency, levelDb: levelDb)
    return (0..<blocks).map { _ in
        var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
        generator.fill(&block)
        return block
    }
}

func speech(blocks: Int) -> [[Int16]] {
    var generator = SpeechGenerator(seed: 4)
    return (0..<blocks).map { _ in
        var block = [Int16](repeating: 0, count: AudioFormat.blockSamples)
        generator.fill(&block)
        return block
    }
}

func rmsDb(_ samples: [Int16]) -> Double {
    var sum = 0.0
    for sample in samples { sum += Double(sample) * Double(sample) }
    return Decibels.fromPower(sum / Double(max(1, samples.count)) / 1_073_741_824)
}
