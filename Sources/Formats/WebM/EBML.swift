/// Identifiers of the elements that a recording is made of (RFC 8794, RFC 9559).
enum ElementID {
    static let ebml: UInt32 = 0x1a45_dfa3
    static let ebmlVersion: UInt32 = 0x4286
    static let ebmlReadVersion: UInt32 = 0x42f7
    static let ebmlMaximumIDLength: UInt32 = 0x42f2
    static let ebmlMaximumSizeLength: UInt32 = 0x42f3
    static let documentType: UInt32 = 0x4282
    static let documentTypeVersion: UInt32 = 0x4287
    static let documentTypeReadVersion: UInt32 = 0x4285
    static let void: UInt32 = 0xec

    static let segment: UInt32 = 0x1853_8067
    static let seekHead: UInt32 = 0x114d_9b74
    static let seek: UInt32 = 0x4dbb
    static let seekID: UInt32 = 0x53ab
    static let seekPosition: UInt32 = 0x53ac

    static let info: UInt32 = 0x1549_a966
    static let timestampScale: UInt32 = 0x2a_d7b1
    static let duration: UInt32 = 0x4489
    static let dateUTC: UInt32 = 0x4461
    static let title: UInt32 = 0x7ba9
    static let muxingApplication: UInt32 = 0x4d80
    static let writingApplication: UInt32 = 0x5741

    static let tracks: UInt32 = 0x1654_ae6b
    static let trackEntry: UInt32 = 0xae
    static let trackNumber: UInt32 = 0xd7
    static let trackUID: UInt32 = 0x73c5
    static let trackType: UInt32 = 0x83
    static let flagDefault: UInt32 = 0x88
    static let flagLacing: UInt32 = 0x9c
    static let name: UInt32 = 0x536e
    static let language: UInt32 = 0x22_b59c
    static let codecID: UInt32 = 0x86
    static let codecPrivate: UInt32 = 0x63a2
    static let codecDelay: UInt32 = 0x56aa
    static let seekPreRoll: UInt32 = 0x56bb
    static let video: UInt32 = 0xe0
    static let pixelWidth: UInt32 = 0xb0
    static let pixelHeight: UInt32 = 0xba
    static let audio: UInt32 = 0xe1
    static let samplingFrequency: UInt32 = 0xb5
    static let channels: UInt32 = 0x9f

    static let cluster: UInt32 = 0x1f43_b675
    static let timestamp: UInt32 = 0xe7
    static let simpleBlock: UInt32 = 0xa3

    static let cues: UInt32 = 0x1c53_bb6b
    static let cuePoint: UInt32 = 0xbb
    static let cueTime: UInt32 = 0xb3
    static let cueTrackPositions: UInt32 = 0xb7
    static let cueTrack: UInt32 = 0xf7
    static let cueClusterPosition: UInt32 = 0xf1
}

/// Writes EBML elements (RFC 8794 §4–§7): an identifier, the length of the body as a variable-size integer, the body.
extension [UInt8] {
    /// The identifier carries its own length marker and is written without leading zeros.
    mutating func appendElementID(_ id: UInt32) {
        for shift in [24, 16, 8, 0] as [UInt32] where id >> shift != 0 {
            append(UInt8(truncatingIfNeeded: id >> shift))
        }
    }

    /// A length in eight bytes, so that it can be patched later.
    mutating func appendLongLength(_ length: Int) { appendU64(1 << 56 | UInt64(length)) }

    /// The length that says "until the next element of this level or above" (§6.2), in eight bytes.
    mutating func appendUnknownLength() { appendU64(0x01ff_ffff_ffff_ffff) }

    /// A length in as few bytes as it takes.
    mutating func appendLength(_ length: Int) {
        var bytes = 1
        // All ones are reserved for "unknown".
        while bytes < 8, length >= 1 << (7 * bytes) - 1 { bytes += 1 }
        let marked = UInt64(length) | 1 << UInt64(7 * bytes)
        for index in (0..<bytes).reversed() { append(UInt8(truncatingIfNeeded: marked >> UInt64(8 * index))) }
    }

    mutating func appendElement(_ id: UInt32, _ body: [UInt8]) {
        appendElementID(id)
        appendLength(body.count)
        append(contentsOf: body)
    }

    mutating func appendElement(_ id: UInt32, text: String) { appendElement(id, [UInt8](text.utf8)) }

    mutating func appendElement(_ id: UInt32, unsigned value: UInt64) {
        let count = Swift.max(1, (71 - value.leadingZeroBitCount) / 8)
        appendElementID(id)
        appendLength(count)
        for index in (0..<count).reversed() { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }

    mutating func appendElement(_ id: UInt32, unsigned value: Int) { appendElement(id, unsigned: UInt64(value)) }

    mutating func appendElement(_ id: UInt32, float value: Double) {
        appendElementID(id)
        appendLength(8)
        appendU64(value.bitPattern)
    }

    mutating func appendElement(_ id: UInt32, signed value: Int64) {
        appendElementID(id)
        appendLength(8)
        appendU64(UInt64(bitPattern: value))
    }

    /// Room of exactly `count` bytes, at least 9, that readers skip and that can be written over.
    mutating func appendVoid(_ count: Int) {
        appendElementID(ElementID.void)
        appendLongLength(count - 9)
        append(contentsOf: repeatElement(0, count: count - 9))
    }
}
