import Primitives
import RTP

/// The newest packets of one voice as they were sent, to be repeated in those that follow (RFC 2198).
struct RedundancyHistory: Sendable {
    private var sent: [(timestamp: UInt32, payload: [UInt8])] = []

    static let mostCopies = 2

    /// The payload with up to `copies` earlier ones in front, and remembers it.
    mutating func wrap(_ payload: [UInt8], type: PayloadType, timestamp: UInt32, copies: Int) -> (
        payload: [UInt8], copies: Int
    ) {
        let chosen = sent.suffix(copies).map { (offset: timestamp &- $0.timestamp, data: $0.payload) }
        remember(payload, timestamp)
        // A copy that is too old for its header was sent before a pause; what is older still cannot be of use either.
        let usable = chosen.drop { $0.offset == 0 || $0.offset > RedundantAudio.longestOffset }
        return (RedundantAudio.payload(of: payload, type: type, copies: usable), usable.count)
    }

    mutating func remember(_ payload: [UInt8], _ timestamp: UInt32) {
        if sent.count == Self.mostCopies { sent.removeFirst() }
        // What does not fit a header ends the row, for numbers are counted back without gaps.
        if payload.count > RedundantAudio.longestCopy { sent.removeAll() } else { sent.append((timestamp, payload)) }
    }
}
