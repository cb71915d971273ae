import COpus
import Media
import Primitives

/// Encodes speech as Opus (RFC 6716): 48 kHz, one channel, with in-band FEC and DTX. Used by one thread at a time.
package final class OpusEncoder {
    package struct Configuration: Equatable, Sendable {
        package var bitrate: Bitrate
        /// What the peer lost lately, 0...1: from a few per cent on, packets carry a coarse copy of the one before.
        package var expectedLoss: Double
        package var usesFEC: Bool
        /// In silence one packet each 400 ms instead of fifty a second.
        package var usesDTX: Bool
        /// 0...10; 5 costs 0.14 ms for 20 ms of sound, 8 costs 0.22 ms and is heard: 3.93 of PESQ's scale, not 3.69. More
        /// costs 0.24 ms and is not.
        package var complexity: Int
        /// Whether sound above 8 kHz is left out: at lower rates what is left is better for it.
        package var isWideband: Bool

        package init(
            bitrate: Bitrate = .kilobits(32), expectedLoss: Double = 0, usesFEC: Bool = true, usesDTX: Bool = true,
            complexity: Int = 8, isWideband: Bool = false
        ) {
            self.bitrate = bitrate
            self.expectedLoss = expectedLoss
            self.usesFEC = usesFEC
            self.usesDTX = usesDTX
            self.complexity = complexity
            self.isWideband = isWideband
        }

        /// Chooses a rate with which packets that each repeat `copies` earlier ones take no more than twice `rate`.
        package mutating func makeRoom(forCopies copies: Int, rate: Bitrate) {
            bitrate = Bitrate(bitsPerSecond: rate.bitsPerSecond * 2 / max(2, copies + 1))
            isWideband = copies > 1
        }
    }

    /// Takes effect with the next block.
    package var configuration: Configuration {
        didSet { if configuration != oldValue { apply() } }
    }

    /// Blocks louder than this (RMS, 316 of 32768 or -40 dBFS) are always sent. Opus's own voice detector takes music,
    /// tones and steady noise for silence, however loud they are.
    private static let loudestSilence = 316 * 316

    private let encoder: OpaquePointer
    private var allowsDTX = false
    /// The longest packet of 120 ms has 3 * 1275 bytes and its framing (RFC 6716 §3.2).
    private var buffer = [UInt8](repeating: 0, count: 4000)

    package init(_ configuration: Configuration = Configuration()) throws(CodecError) {
        var status: Int32 = 0
        guard let encoder = opus_encoder_create(Int32(AudioFormat.sampleRate), 1, OPUS_APPLICATION_VOIP, &status) else {
            throw opusError(status)
        }
        self.encoder = encoder
        self.configuration = configuration
        apply()
    }

    deinit { opus_encoder_destroy(encoder) }

    /// One packet for a block of 2.5 to 60 ms (`AudioFormat.blockSamples` as a rule). Nil where DTX sends nothing: time
    /// goes on, the sequence number does not.
    package func encode(_ samples: [Int16]) throws(CodecError) -> [UInt8]? {
        guard [120, 240, 480, 960, 1920, 2880].contains(samples.count) else { throw .unsupportedSize }
        allowDTX(configuration.usesDTX && Self.power(samples) < Self.loudestSilence)
        let count = opus_encode(encoder, samples, Int32(samples.count), &buffer, Int32(buffer.count))
        guard count > 0 else { throw opusError(count) }
        // "If the return value is 2 bytes or less, then the packet does not need to be transmitted (DTX)."
        return count <= 2 ? nil : Array(buffer[..<Int(count)])
    }

    private func apply() {
        let loss = Int32((configuration.expectedLoss * 100).rounded().clamped(to: 0...100))
        let settings: [(Int32, Int32)] = [
            (OPUS_SET_BITRATE_REQUEST, Int32(configuration.bitrate.bitsPerSecond.clamped(to: 6_000...510_000))),
            (OPUS_SET_INBAND_FEC_REQUEST, configuration.usesFEC ? 1 : 0),
            (OPUS_SET_PACKET_LOSS_PERC_REQUEST, loss),
            (OPUS_SET_COMPLEXITY_REQUEST, Int32(configuration.complexity.clamped(to: 0...10))),
            (
                OPUS_SET_MAX_BANDWIDTH_REQUEST,
                configuration.isWideband ? OPUS_BANDWIDTH_WIDEBAND : OPUS_BANDWIDTH_FULLBAND
            ),
            (OPUS_SET_SIGNAL_REQUEST, OPUS_SIGNAL_VOICE),
        ]
        for (request, value) in settings { set(request, value) }
    }

    private func allowDTX(_ allow: Bool) {
        guard allow != allowsDTX else { return }
        allowsDTX = allow
        set(OPUS_SET_DTX_REQUEST, allow ? 1 : 0)
    }

    private func set(_ request: Int32, _ value: Int32) {
        let status = confab_opus_set(encoder, request, value)
        precondition(status == OPUS_OK, "libopus takes every value in range")
    }

    /// The mean square of the samples.
    private static func power(_ samples: [Int16]) -> Int {
        var sum: Int64 = 0
        for sample in samples { sum &+= Int64(Int32(sample) &* Int32(sample)) }
        return Int(sum) / samples.count
    }
}

func opusError(_ status: Int32) -> CodecError {
    switch status {
    case OPUS_INVALID_PACKET: .malformed
    default: .refused(opus_strerror(status).map { String(cString: $0) } ?? "libopus error \(status)")
    }
}
