import Primitives

/// Why a picture or a block of sound could not be encoded or decoded.
package enum CodecError: Error, Equatable, Sendable {
    /// The bytes are no packet of this codec, or are damaged.
    case malformed
    /// A picture larger than allowed, or a block of a length the codec does not have.
    case unsupportedSize
    /// The frame refers to others that were never decoded; only a key frame helps.
    case needsKeyFrame
    /// The library refused settings or input, in its words.
    case refused(String)
}
