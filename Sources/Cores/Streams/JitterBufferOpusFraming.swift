/// What an Opus packet tells without being decoded (RFC 6716 §3).
package enum OpusFraming {
    /// 120 ms at 48 kHz, the longest there is.
    static let longest = 5_760
    /// The shortest frame, 2.5 ms: concealment works in multiples of it.
    static let unit = 120

    /// Samples at 48 kHz, `unit`...`longest`; nil where the bytes are no Opus packet.
    package static func samples(_ payload: [UInt8]) -> Int? {
        guard let toc = payload.first else { return nil }
        let frames: Int
        switch toc & 3 {
        case 0: frames = 1
        case 1, 2: frames = 2
        default:
            guard payload.count >= 2 else { return nil }
            frames = Int(payload[1] & 0x3f)
        }
        let samples = frames * frameSamples(toc)
        return unit...longest ~= samples ? samples : nil
    }

    /// Whether the packet may carry a coarse copy of the one before (LBRR, §2.1.7). Where that takes more than a glance
    /// the answer is yes: the decoder then conceals.
    static func mayHaveFEC(_ payload: [UInt8]) -> Bool {
        guard payload.count >= 2, payload[0] < 0x80 else { return false }  // CELT alone has none
        guard payload[0] & 3 == 0 else { return true }
        // §4.2.3: one voice-activity bit for each 20 ms, then the LBRR flag.
        let frames = max(1, frameSamples(payload[0]) / 960)
        return payload[1] >> UInt8(7 - frames) & 1 == 1
    }

    /// An encoder in discontinuous transmission marks the beginning of silence by a packet without a frame.
    static func isDTX(_ payload: [UInt8]) -> Bool { payload.count <= 2 }

    /// Table 2 of §3.1.
    private static func frameSamples(_ toc: UInt8) -> Int {
        let config = Int(toc >> 3)
        switch config {
        case 0..<12: return [480, 960, 1_920, 2_880][config & 3]
        case 12..<16: return config & 1 == 0 ? 480 : 960
        default: return unit << (config & 3)
        }
    }
}
