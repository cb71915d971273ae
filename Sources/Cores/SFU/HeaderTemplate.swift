import Primitives
import RTP

/// The header extensions that a subscriber's packets carry, laid out once; only what changes is written per packet.
package struct HeaderTemplate: Sendable {
    /// The whole block with its four bytes of header, or nothing.
    private var block: [UInt8] = []
    private var sendTimeOffset: Int?
    private var transportSequenceOffset: Int?
    private var audioLevelOffset: Int?

    /// `isRepeatable` leaves out what differs from one sending to the next: a packet that is sent again under its own
    /// number must be the same to the last bit, for GCM breaks where one number protects two different packets.
    package init(mid: String, extensions: HeaderExtensionMap, isRepeatable: Bool) {
        var elements: [UInt8] = []
        func add(_ kind: HeaderExtensionKind, _ value: [UInt8]) -> Int? {
            // The one-byte form, which everybody understands (RFC 8285 §4.2).
            guard let id = extensions[kind], 1...14 ~= id, 1...16 ~= value.count else { return nil }
            elements.append(id << 4 | UInt8(value.count - 1))
            elements += value
            return 4 + elements.count - value.count
        }
        _ = add(.mid, Array(mid.utf8))
        if !isRepeatable {
            sendTimeOffset = add(.absoluteSendTime, [0, 0, 0])
            transportSequenceOffset = add(.transportSequence, [0, 0])
        }
        audioLevelOffset = add(.audioLevel, [127])
        guard !elements.isEmpty else { return }
        elements += repeatElement(0, count: -elements.count & 3)
        block.appendU16(ExtensionBlock.oneByteProfile)
        block.appendU16(UInt16(elements.count / 4))
        block += elements
    }

    package var carriesTransportSequence: Bool { transportSequenceOffset != nil }
    var count: Int { block.count }

    /// What one packet says.
    package struct Values: Sendable {
        package var sendTime: AbsoluteSendTime
        package var transportSequence: UInt16
        /// The byte as the publisher wrote it.
        package var audioLevel: UInt8

        package init(sendTime: AbsoluteSendTime, transportSequence: UInt16, audioLevel: UInt8 = 127) {
            self.sendTime = sendTime
            self.transportSequence = transportSequence
            self.audioLevel = audioLevel
        }
    }

    /// Writes the block at `offset`.
    func write(_ values: Values, to out: UnsafeMutableRawBufferPointer, at offset: Int) {
        let target = UnsafeMutableRawBufferPointer(rebasing: out[offset..<offset + block.count])
        block.withUnsafeBytes { target.copyMemory(from: $0) }
        if let place = sendTimeOffset {
            target[place] = UInt8(truncatingIfNeeded: values.sendTime.value >> 16)
            target.put(UInt16(truncatingIfNeeded: values.sendTime.value), at: place + 1)
        }
        if let place = transportSequenceOffset { target.put(values.transportSequence, at: place) }
        if let place = audioLevelOffset { target[place] = values.audioLevel }
    }
}
