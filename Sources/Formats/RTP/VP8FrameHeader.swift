import Primitives

/// The uncompressed data at the start of a VP8 frame (RFC 6386 §9.1).
package struct VP8FrameHeader: Equatable, Sendable {
    package var isKeyFrame: Bool
    /// Whether the frame is for showing; an alternate reference frame is not.
    package var isShown: Bool
    /// Of key frames alone, in pixels.
    package var width: Int?
    package var height: Int?

    /// Parses the first octets of a frame; ten suffice for a key frame, three for any other.
    package init(parsing data: ArraySlice<UInt8>) throws(RTPError) {
        var reader = ByteReader(data)
        guard let tag = reader.u8(), reader.skip(2) else { throw .truncated }
        isKeyFrame = tag & 1 == 0
        isShown = tag & 0x10 != 0
        guard isKeyFrame else { return }
        guard let start = reader.u24(), let width = reader.u16(), let height = reader.u16() else { throw .truncated }
        guard start == 0x9d_012a else { throw .malformedPayload }
        // Little-endian, the two upper bits being a scale that nobody uses.
        self.width = Int(width.byteSwapped & 0x3fff)
        self.height = Int(height.byteSwapped & 0x3fff)
    }
}
