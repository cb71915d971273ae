import Primitives

/// How loud a packet's sound is (RFC 6464 §3).
package struct AudioLevel: Equatable, Sendable {
    /// Loudness as -dBov: 0 is the loudest, 127 silence.
    package var level: UInt8
    /// Whether the sender thinks that somebody speaks.
    package var voice: Bool

    package init(level: UInt8, voice: Bool) {
        self.level = min(level, 127)
        self.voice = voice
    }
}

/// A moment in seconds modulo 64, with 18 bits of fraction, as abs-send-time carries it.
package struct AbsoluteSendTime: Equatable, Sendable {
    /// 24 bits.
    package let value: UInt32

    package init(masking value: UInt32) { self.value = value & 0xff_ffff }

    package init(_ time: Instant) {
        let wrapped = UInt64(bitPattern: time.nanoseconds) % 64_000_000_000
        self.init(masking: UInt32(truncatingIfNeeded: wrapped << 18 / 1_000_000_000))
    }
}

/// The header extensions of one packet by meaning rather than by number.
package struct HeaderExtensions: Equatable, Sendable {
    package var audioLevel: AudioLevel?
    package var mid: String?
    package var rid: String?
    package var repairedRid: String?
    package var absoluteSendTime: AbsoluteSendTime?
    package var transportSequence: UInt16?

    package init() {}

    /// Reads the extensions that `map` knows; others and those of a wrong length are left out.
    package init(_ block: ExtensionBlock?, map: HeaderExtensionMap) {
        guard let block else { return }
        var read = HeaderExtensions()
        block.forEachElement { id, data in
            if let kind = map.kind(of: id) { read.set(kind, from: data) }
        }
        self = read
    }

    private mutating func set(_ kind: HeaderExtensionKind, from data: ArraySlice<UInt8>) {
        var reader = ByteReader(data)
        switch kind {
        case .audioLevel:
            audioLevel = reader.u8().map { AudioLevel(level: $0 & 0x7f, voice: $0 & 0x80 != 0) }
        case .mid: mid = Self.text(data)
        case .rid: rid = Self.text(data)
        case .repairedRid: repairedRid = Self.text(data)
        case .absoluteSendTime: absoluteSendTime = reader.u24().map(AbsoluteSendTime.init(masking:))
        case .transportSequence: transportSequence = reader.u16()
        }
    }

    private static func text(_ data: ArraySlice<UInt8>) -> String? {
        data.isEmpty ? nil : String(decoding: data, as: UTF8.self)
    }

    /// The block to put into a packet, or nil where there is nothing to say or `map` has no number for it.
    package func block(map: HeaderExtensionMap) -> ExtensionBlock? {
        var elements = ElementWriter(map: map)
        if let audioLevel { elements.add(.audioLevel, [audioLevel.level | (audioLevel.voice ? 0x80 : 0)]) }
        if let time = absoluteSendTime?.value {
            elements.add(
                .absoluteSendTime, [UInt8(time >> 16 & 0xff), UInt8(time >> 8 & 0xff), UInt8(time & 0xff)])
        }
        if let transportSequence {
            elements.add(.transportSequence, [UInt8(transportSequence >> 8), UInt8(transportSequence & 0xff)])
        }
        if let mid { elements.add(.mid, [UInt8](mid.utf8)) }
        if let rid { elements.add(.rid, [UInt8](rid.utf8)) }
        if let repairedRid { elements.add(.repairedRid, [UInt8](repairedRid.utf8)) }
        return elements.block
    }
}

/// Collects elements, then lays them out in the one-byte form if all of them fit it (RFC 8285 §4.1.2).
private struct ElementWriter {
    let map: HeaderExtensionMap
    private var entries: [(id: UInt8, data: [UInt8])] = []

    init(map: HeaderExtensionMap) { self.map = map }

    mutating func add(_ kind: HeaderExtensionKind, _ data: [UInt8]) {
        guard let id = map[kind], 1...255 ~= data.count else { return }
        entries.append((id, data))
    }

    var block: ExtensionBlock? {
        guard !entries.isEmpty else { return nil }
        let fitsOneByte = entries.allSatisfy { $0.id < 15 && $0.data.count <= 16 }
        var out: [UInt8] = []
        for (id, data) in entries {
            if fitsOneByte {
                out.append(id << 4 | UInt8(data.count - 1))
            } else {
                out.append(id)
                out.append(UInt8(data.count))
            }
            out.append(contentsOf: data)
        }
        return ExtensionBlock(
            profile: fitsOneByte ? ExtensionBlock.oneByteProfile : ExtensionBlock.twoByteProfile, elements: out[...])
    }
}
