import Primitives

/// The VP8 payload descriptor in front of each packet's share of a frame (RFC 7741 §4.2).
///
/// ```
///        0 1 2 3 4 5 6 7
///       +-+-+-+-+-+-+-+-+
///       |X|R|N|S|R| PID |
///  X:   |I|L|T|K| RSV   |
///  I:   |M| PictureID   |  seven bits, or fifteen where M is set
///  L:   |   TL0PICIDX   |
///  T/K: |TID|Y| KEYIDX  |
/// ```
package struct VP8Descriptor: Equatable, Sendable {
    /// N: no other frame refers to this one.
    package var isNonReference = false
    /// S: the packet begins a partition.
    package var startsPartition = false
    /// PID, 0...7.
    package var partition: UInt8 = 0
    /// Seven or fifteen bits, as `hasLongPictureID` tells.
    package var pictureID: UInt16?
    /// M; without meaning where there is no picture id.
    package var hasLongPictureID = true
    /// Counts the base layer's frames.
    package var baseLayerIndex: UInt8?
    /// TID, 0...3.
    package var temporalLayer: UInt8?
    /// Y: the frame refers to the base layer alone. Only written along with `temporalLayer`.
    package var isLayerSync = false
    /// KEYIDX, 0...31: counts key frames.
    package var keyIndex: UInt8?

    package init() {}

    /// Whether this is the first packet of a frame.
    package var startsFrame: Bool { startsPartition && partition == 0 }
}

extension VP8Descriptor {
    /// Parses the descriptor in front of `payload` and says where the frame's data begin.
    package static func parse(
        _ payload: ArraySlice<UInt8>
    ) throws(RTPError) -> (descriptor: VP8Descriptor, data: ArraySlice<UInt8>) {
        var reader = ByteReader(payload)
        guard let first = reader.u8() else { throw .truncated }
        var descriptor = VP8Descriptor()
        descriptor.isNonReference = first & 0x20 != 0
        descriptor.startsPartition = first & 0x10 != 0
        descriptor.partition = first & 0x07
        if first & 0x80 != 0 {
            guard let flags = reader.u8() else { throw .truncated }
            try descriptor.parseExtensions(flags: flags, from: &reader)
        }
        // §4.3: a packet carries at least one octet of the frame.
        guard reader.remaining > 0 else { throw .truncated }
        return (descriptor, payload[reader.offset...])
    }

    private mutating func parseExtensions(flags: UInt8, from reader: inout ByteReader) throws(RTPError) {
        if flags & 0x80 != 0 {
            guard let byte = reader.u8() else { throw .truncated }
            hasLongPictureID = byte & 0x80 != 0
            pictureID = UInt16(byte & 0x7f)
            if hasLongPictureID {
                guard let low = reader.u8() else { throw .truncated }
                pictureID = UInt16(byte & 0x7f) << 8 | UInt16(low)
            }
        }
        if flags & 0x40 != 0 {
            guard let byte = reader.u8() else { throw .truncated }
            baseLayerIndex = byte
        }
        if flags & 0x30 != 0 {
            guard let byte = reader.u8() else { throw .truncated }
            if flags & 0x20 != 0 {
                temporalLayer = byte >> 6
                isLayerSync = byte & 0x20 != 0
            }
            if flags & 0x10 != 0 { keyIndex = byte & 0x1f }
        }
    }

    /// How many octets `write` appends.
    package var length: Int {
        guard hasExtensions else { return 1 }
        return 2 + (pictureID == nil ? 0 : hasLongPictureID ? 2 : 1) + (baseLayerIndex == nil ? 0 : 1)
            + (temporalLayer == nil && keyIndex == nil ? 0 : 1)
    }

    private var hasExtensions: Bool {
        pictureID != nil || baseLayerIndex != nil || temporalLayer != nil || keyIndex != nil
    }

    /// Appends the descriptor to `out`.
    package func write(to out: inout [UInt8]) {
        out.append(
            (hasExtensions ? 0x80 : 0) | (isNonReference ? 0x20 : 0) | (startsPartition ? 0x10 : 0) | partition & 0x07)
        guard hasExtensions else { return }
        out.append(
            (pictureID == nil ? 0 : 0x80) | (baseLayerIndex == nil ? 0 : 0x40) | (temporalLayer == nil ? 0 : 0x20)
                | (keyIndex == nil ? 0 : 0x10))
        if let pictureID {
            if hasLongPictureID {
                out.appendU16(0x8000 | pictureID)
            } else {
                out.append(UInt8(pictureID & 0x7f))
            }
        }
        if let baseLayerIndex { out.append(baseLayerIndex) }
        if temporalLayer != nil || keyIndex != nil {
            let layer = temporalLayer.map { $0 << 6 | (isLayerSync ? 0x20 : 0) } ?? 0
            out.append(layer | (keyIndex ?? 0) & 0x1f)
        }
    }
}
