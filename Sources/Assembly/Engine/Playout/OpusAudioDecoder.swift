import Codecs
import Streams

/// Lets an `AudioReceiver` decode by libopus.
struct OpusAudioDecoder: AudioDecoder {
    private let decoder: OpusDecoder

    init() throws(CodecError) { decoder = try OpusDecoder() }

    mutating func decode(_ payload: [UInt8], into pcm: inout [Int16]) throws {
        pcm += try decoder.decode(payload)
    }

    mutating func decodeFEC(_ payload: [UInt8], samples: Int, into pcm: inout [Int16]) throws {
        pcm += try decoder.decodeFEC(following: payload, samples: samples)
    }

    mutating func conceal(samples: Int, into pcm: inout [Int16]) throws {
        pcm += try decoder.conceal(samples: samples)
    }
}
