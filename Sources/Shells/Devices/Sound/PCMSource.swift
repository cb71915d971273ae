import Media
import Primitives

/// Samples from a file, FIFO or standard input: raw, or with a WAV header.
///
/// A stream that is slower than the call is silent for as long as it gives nothing: a door bell's script may keep its
/// pipe open all day and ring now and then.
final class PCMSource: AudioSource {
    let name: String
    let keepsTime = false
    private let input: ByteInput
    private var stage: Stage
    private var converter: InputConverter

    private enum Stage {
        /// Not known yet whether a WAV header comes; raw samples have this format.
        case detecting(PCMFormat)
        /// This many bytes of samples are left; nil where the input's end decides.
        case samples(SoundLayout, left: Int?)
        case ended
    }

    /// How long a block waits for a stream before it is silent.
    private static let patience = Duration.milliseconds(Int64(AudioFormat.blockMilliseconds))

    /// With `detectsWAV`, a WAV header overrules `format`; a regular file is looked at now, so that a damaged one is
    /// an error of opening.
    init(_ input: ByteInput, format: PCMFormat, detectsWAV: Bool) throws(DeviceError) {
        name = input.name
        self.input = input
        stage = detectsWAV ? .detecting(format) : .samples(format.layout, left: nil)
        converter = InputConverter(format.layout)
        if input.isRegular { _ = try advance() }
    }

    func read(into block: inout [Int16]) throws(DeviceError) -> Int {
        while converter.count < block.count {
            switch try advance() {
            case .enough: continue
            case .ended:
                converter.finish()
                return converter.pop(into: &block)
            case .later:
                for i in block.indices { block[i] = 0 }
                return block.count
            }
        }
        return converter.pop(into: &block)
    }

    /// Reads the header, or a block's worth of samples.
    private func advance() throws(DeviceError) -> ByteInput.Supply {
        switch stage {
        case .detecting(let format): return try detect(format)
        case .samples(let layout, let left): return try readSamples(layout, left: left)
        case .ended: return .ended
        }
    }

    private func detect(_ format: PCMFormat) throws(DeviceError) -> ByteInput.Supply {
        var needed = 12
        while true {
            let supply = try input.gather(needed, timeout: Self.patience)
            if supply == .later { return .later }
            switch parse() {
            case .success(.header(let header)):
                input.drop(header.dataOffset)
                begin(header.layout, left: header.dataCount)
                return .enough
            case .success(.needs(let count)) where supply == .enough: needed = count
            case .success(.needs) where input.available >= 12:
                throw .unusable("cannot play \(name): it ends before its sound begins")
            case .success(.needs), .failure(.notWAV):
                begin(format.layout, left: nil)
                return .enough
            case .failure(let error): throw .unusable("cannot play \(name): \(error.explanation)")
            }
        }
    }

    private func parse() -> Result<WAVHeader.Parsed, WAVError> {
        do throws(WAVError) {
            return .success(try WAVHeader.parse(input.peek(.max)))
        } catch {
            return .failure(error)
        }
    }

    private func begin(_ layout: SoundLayout, left: Int?) {
        stage = .samples(layout, left: left)
        converter = InputConverter(layout)
    }

    private func readSamples(_ layout: SoundLayout, left: Int?) throws(DeviceError) -> ByteInput.Supply {
        let blockBytes = max(1, layout.rate * AudioFormat.blockMilliseconds / 1_000) * layout.frameBytes
        let wanted = min(blockBytes, left ?? .max)
        let supply = try input.gather(wanted, timeout: Self.patience)
        if supply == .later { return .later }
        // What is left over at the end of a damaged file may be less than a frame.
        let count = min(wanted, input.available) / layout.frameBytes * layout.frameBytes
        if count > 0 { converter.push(input.take(count)) }
        stage = count == 0 || supply == .ended ? .ended : .samples(layout, left: left.map { $0 - count })
        return .enough
    }
}
