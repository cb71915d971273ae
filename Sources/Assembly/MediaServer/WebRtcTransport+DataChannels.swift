import PeerSession
import SecureTransport
import Signalling

// Messages.
extension WebRtcTransport {
    /// Asks for a channel; before the association is up it waits.
    package func openDataChannel(
        label: String, isOrdered: Bool = true, reliability: DataChannelOpen.Reliability = .reliable
    ) {
        channels?.open(label: label, isOrdered: isOrdered, reliability: reliability)
        drainChannels()
    }

    /// Whether messages can be sent on a channel of that name.
    package func hasDataChannel(label: String) -> Bool { channels?.stream(label: label) != nil }

    /// Whether data channels were agreed.
    package var hasDataChannels: Bool { channels != nil }

    /// False where there is no such channel, the message is too long, or too much waits already.
    @discardableResult
    package func send(_ bytes: [UInt8], isText: Bool = false, label: String) -> Bool {
        let isTaken = channels?.send(bytes, isText: isText, label: label) ?? false
        drainChannels()
        return isTaken
    }

    /// Bytes that wait for the peer.
    package var bufferedAmount: Int { channels?.bufferedAmount ?? 0 }
}
