import Media
import Primitives
import RTP

/// Cuts VP8 frames into payloads of about equal size and numbers them (RFC 7741 §4).
///
/// Equal sizes, for a full packet followed by a tiny one costs as much on the way as two halves and is lost as easily.
struct VP8Packetiser: Sendable {
    /// Fifteen bits, rising by one a frame.
    private var pictureID: UInt16
    /// Rises with each base-layer frame.
    private var baseLayerIndex: UInt8

    init(pictureID: UInt16, baseLayerIndex: UInt8) {
        self.pictureID = pictureID & 0x7fff
        self.baseLayerIndex = baseLayerIndex
    }

    /// Payloads of at most `budget` octets each, which must be more than the descriptor's six.
    mutating func payloads(for frame: EncodedFrame, budget: Int) -> [[UInt8]] {
        guard !frame.bytes.isEmpty else { return [] }
        var descriptor = nextDescriptor(for: frame)
        let room = budget - descriptor.length
        precondition(room > 0, "a packet needs room for more than its descriptor")
        let count = (frame.bytes.count + room - 1) / room
        var payloads: [[UInt8]] = []
        payloads.reserveCapacity(count)
        var offset = 0
        for i in 0..<count {
            // The first `remainder` packets carry one octet more.
            let size = frame.bytes.count / count + (i < frame.bytes.count % count ? 1 : 0)
            descriptor.startsPartition = i == 0
            var payload: [UInt8] = []
            payload.reserveCapacity(descriptor.length + size)
            descriptor.write(to: &payload)
            payload.append(contentsOf: frame.bytes[offset..<offset + size])
            payloads.append(payload)
            offset += size
        }
        return payloads
    }

    private mutating func nextDescriptor(for frame: EncodedFrame) -> VP8Descriptor {
        let layer = UInt8(frame.temporalLayer.clamped(to: 0...3))
        pictureID = (pictureID &+ 1) & 0x7fff
        if layer == 0 { baseLayerIndex &+= 1 }
        var descriptor = VP8Descriptor()
        descriptor.isNonReference = frame.isDiscardable
        descriptor.pictureID = pictureID
        descriptor.baseLayerIndex = baseLayerIndex
        descriptor.temporalLayer = layer
        descriptor.isLayerSync = frame.isLayerSync
        return descriptor
    }
}
