import COpus
import Media
import Primitives

/// What an Opus packet says about itself (RFC 6716 §3).
package enum OpusPacket {
    /// Samples at 48 kHz, 120...5760; nil where the bytes are no Opus packet.
    package static func sampleCount(_ packet: [UInt8]) -> Int? {
        guard !packet.isEmpty else { return nil }
        let count = opus_packet_get_nb_samples(
            packet, Int32(clamping: packet.count), Int32(AudioFormat.sampleRate))
        return 120...OpusDecoder.longestBlock ~= Int(count) ? Int(count) : nil
    }
}

/// Decodes the Opus packets of one stream to 48 kHz mono; stereo is mixed down. Used by one thread at a time.
package final class OpusDecoder {
    /// 120 ms, the longest an Opus packet can be.
    package static let longestBlock = 5760

    private let decoder: OpaquePointer

    package init() throws(CodecError) {
        var status: Int32 = 0
        guard let decoder = opus_decoder_create(Int32(AudioFormat.sampleRate), 1, &status) else {
            throw opusError(status)
        }
        self.decoder = decoder
    }

    deinit { opus_decoder_destroy(decoder) }

    /// The sound of a packet, 2.5 to 120 ms.
    package func decode(_ packet: [UInt8]) throws(CodecError) -> [Int16] {
        guard let count = OpusPacket.sampleCount(packet) else { throw .malformed }
        return try run(packet, samples: count, fec: 0)
    }

    /// The sound of the lost packet before `following`, from the coarse copy in there; concealed where it has none.
    package func decodeFEC(
        following packet: [UInt8], samples: Int = AudioFormat.blockSamples
    ) throws(CodecError) -> [Int16] {
        guard OpusPacket.sampleCount(packet) != nil else { throw .malformed }
        try check(samples)
        return try run(packet, samples: samples, fec: 1)
    }

    /// A guess at what was lost, fading with each call in a row.
    package func conceal(samples: Int = AudioFormat.blockSamples) throws(CodecError) -> [Int16] {
        try check(samples)
        return try run(nil, samples: samples, fec: 0)
    }

    /// Forgets what was heard, for a stream that begins anew.
    package func reset() throws(CodecError) {
        let status = confab_opus_reset(decoder)
        guard status == OPUS_OK else { throw opusError(status) }
    }

    /// Concealment and FEC work in steps of 2.5 ms.
    private func check(_ samples: Int) throws(CodecError) {
        guard 120...Self.longestBlock ~= samples, samples % 120 == 0 else { throw .unsupportedSize }
    }

    private func run(_ packet: [UInt8]?, samples: Int, fec: Int32) throws(CodecError) -> [Int16] {
        var result: Int32 = 0
        let block = [Int16](unsafeUninitializedCapacity: samples) { buffer, count in
            guard let base = buffer.baseAddress else { return }
            let space = Int32(samples)
            result =
                if let packet {
                    opus_decode(decoder, packet, Int32(clamping: packet.count), base, space, fec)
                } else {
                    opus_decode(decoder, nil, 0, base, space, 0)
                }
            count = max(0, min(samples, Int(result)))
        }
        guard result > 0 else { throw opusError(result) }
        return block
    }
}
