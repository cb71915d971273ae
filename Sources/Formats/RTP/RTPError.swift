/// Why bytes are no RTP or RTCP.
package enum RTPError: Error, Equatable, Sendable {
    /// A length in the packet points past its end.
    case truncated
    /// The version is not 2.
    case unsupportedVersion
    /// The padding count is zero, or larger than what it pads.
    case badPadding
    /// The payload is not what its format says.
    case malformedPayload
}
