import Media

/// Measures how loud a stream of sound is and tells whether somebody speaks.
package struct LevelMeter: Sendable {
    /// RMS of the last block in dBFS (see `Decibels`).
    package private(set) var rmsDb = Decibels.floor
    /// What a meter shows: the highest sample of late in dBFS, falling 20 dB a second.
    package private(set) var peakDb = Decibels.floor
    /// Whether there is speech, or was within the hangover of 300 ms.
    package private(set) var isVoice = false

    private var noiseFloorDb = -60.0
    private var hangover = 0

    /// Peaks fall by 20 dB a second.
    private static let decayPerBlock = 20.0 * Double(AudioFormat.blockMilliseconds) / 1_000
    /// Speech stands out of the noise by this much, and is never softer than `softestVoice`.
    private static let voiceAboveNoise = 9.0
    private static let softestVoice = -55.0
    /// The noise floor follows louder sound by 3 dB a second, and never higher than this, so that a loud steady tone
    /// counts as voice however long it lasts.
    private static let rise = 3.0 * Double(AudioFormat.blockMilliseconds) / 1_000
    private static let highestFloor = -40.0
    /// Pauses within words are shorter than 300 ms.
    private static let hangoverBlocks = 300 / AudioFormat.blockMilliseconds

    package init() {}

    /// The level as the audio-level header extension carries it: 0 loudest, 127 silence (RFC 6464 §3).
    package var rfc6464Level: UInt8 { UInt8(min(127, max(0, -rmsDb.rounded()))) }

    /// Takes the next block of 20 ms.
    package mutating func process(_ block: [Int16]) {
        let (sum, highest) = block.withUnsafeBufferPointer { samples in
            var sum: Int64 = 0
            var highest: Int32 = 0
            for sample in samples {
                let value = Int32(sample)
                sum &+= Int64(value &* value)
                highest = max(highest, abs(value))
            }
            return (sum, highest)
        }
        rmsDb = block.isEmpty ? Decibels.floor : Decibels.fromPower(Double(sum) / Double(block.count) / 1_073_741_824)
        peakDb = max(peakDb - Self.decayPerBlock, Decibels.fromAmplitude(Double(highest) / 32_768))
        decide()
    }

    private mutating func decide() {
        if rmsDb > max(Self.softestVoice, noiseFloorDb + Self.voiceAboveNoise) {
            hangover = Self.hangoverBlocks
        } else {
            hangover = max(0, hangover - 1)
        }
        isVoice = hangover > 0
        noiseFloorDb =
            rmsDb < noiseFloorDb
            ? max(-90, noiseFloorDb + 0.3 * (rmsDb - noiseFloorDb))
            : min(Self.highestFloor, noiseFloorDb + Self.rise, rmsDb)
    }
}
