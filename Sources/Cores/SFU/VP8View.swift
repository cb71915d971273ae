/// What a forwarder must know of a VP8 packet, and where it stands (RFC 7741 §4.2).
package struct VP8View {
    /// Offsets within the payload; nil where the field is missing.
    private(set) var pictureIDOffset: Int?
    private(set) var hasLongPictureID = false
    private(set) var baseLayerOffset: Int?
    package private(set) var pictureID: UInt16 = 0
    /// TL0PICIDX, which counts the base layer's frames.
    package private(set) var baseLayerIndex: UInt8 = 0
    /// TID, 0 where there are no temporal layers.
    package private(set) var temporalLayer = 0
    /// The frame refers to the base layer alone: going up a temporal layer may begin here.
    package private(set) var isLayerSync = false
    package let startsFrame: Bool
    /// Only told by the first packet of a frame.
    package let startsKeyFrame: Bool

    /// Nil where the descriptor is cut off or no octet of the frame follows it.
    package init?(_ payload: UnsafeRawBufferPointer) {
        guard let first = payload.first else { return nil }
        var offset = 1
        if first & 0x80 != 0 {
            guard payload.count > 1 else { return nil }
            let flags = payload[1]
            offset = 2
            if flags & 0x80 != 0 {
                guard payload.count > offset + 1 else { return nil }
                pictureIDOffset = offset
                hasLongPictureID = payload[offset] & 0x80 != 0
                pictureID = hasLongPictureID ? payload.u16(at: offset) & 0x7fff : UInt16(payload[offset])
                offset += hasLongPictureID ? 2 : 1
            }
            if flags & 0x40 != 0 {
                guard payload.count > offset else { return nil }
                baseLayerOffset = offset
                baseLayerIndex = payload[offset]
                offset += 1
            }
            if flags & 0x30 != 0 {
                guard payload.count > offset else { return nil }
                if flags & 0x20 != 0 {
                    temporalLayer = Int(payload[offset] >> 6)
                    isLayerSync = payload[offset] & 0x20 != 0
                }
                offset += 1
            }
        }
        guard payload.count > offset else { return nil }
        startsFrame = first & 0x17 == 0x10
        // RFC 6386 §9.1: the lowest bit of a frame is clear in key frames.
        startsKeyFrame = startsFrame && payload[offset] & 1 == 0
    }

    /// Writes other numbers into the descriptor of a copied payload.
    func rewrite(_ payload: UnsafeMutableRawBufferPointer, pictureID: UInt16, baseLayerIndex: UInt8) {
        if let offset = pictureIDOffset {
            if hasLongPictureID {
                payload.put(0x8000 | pictureID & 0x7fff, at: offset)
            } else {
                payload[offset] = UInt8(truncatingIfNeeded: pictureID & 0x7f)
            }
        }
        if let offset = baseLayerOffset { payload[offset] = baseLayerIndex }
    }
}
