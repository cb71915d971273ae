import LiveKitProtocol
import LiveKitRoom
import MediaServer
import Runtime

/// A participant's media: the connection it sends on, the one it receives on, and what it gets.
@MediaLoop
final class MediaSeat {
    let id: ParticipantID
    let room: MediaRoom
    /// What those see who are in the room by another protocol.
    let member: MediaRoom.Member
    let publisher: WebRtcTransport
    let subscriber: WebRtcTransport
    var consumers: [TrackID: Consumer] = [:]
    /// Reliable messages for a channel that is not open yet.
    private var waiting: [[UInt8]] = []
    private var waitingBytes = 0
    private var hasOpenedChannels = false
    /// Messages that were dropped because the participant does not take them.
    private(set) var dropped = 0

    private static let maximumWaiting = 256
    private static let maximumWaitingBytes = 1 << 20

    init(
        _ id: ParticipantID, in room: MediaRoom, as member: MediaRoom.Member, publisher: WebRtcTransport,
        subscriber: WebRtcTransport
    ) {
        self.id = id
        self.room = room
        self.member = member
        self.publisher = publisher
        self.subscriber = subscriber
    }

    /// The subscriber's connection is up: its channels are ours to open.
    func openChannels() {
        guard !hasOpenedChannels else { return }
        hasOpenedChannels = true
        subscriber.openDataChannel(label: LiveKit.reliableLabel)
        subscriber.openDataChannel(label: LiveKit.lossyLabel, isOrdered: false, reliability: .retransmissions(0))
    }

    func send(_ bytes: [UInt8], reliable: Bool) {
        guard reliable else {
            if !subscriber.send(bytes, label: LiveKit.lossyLabel) { dropped += 1 }
            return
        }
        if waiting.isEmpty, subscriber.send(bytes, label: LiveKit.reliableLabel) { return }
        guard !subscriber.hasDataChannel(label: LiveKit.reliableLabel), waiting.count < Self.maximumWaiting,
            waitingBytes + bytes.count <= Self.maximumWaitingBytes
        else {
            dropped += 1
            return
        }
        waiting.append(bytes)
        waitingBytes += bytes.count
    }

    /// A channel came up.
    func flush(_ label: String) {
        guard label == LiveKit.reliableLabel else { return }
        for bytes in waiting where !subscriber.send(bytes, label: label) { dropped += 1 }
        waiting = []
        waitingBytes = 0
    }

    func close() {
        room.remove(member)
        publisher.close()
        subscriber.close()
    }
}

/// The name of a producer's track, for the way back from the media plane.
final class TrackTag: Sendable {
    let track: TrackID
    let owner: ParticipantID

    init(_ track: TrackID, of owner: ParticipantID) {
        self.track = track
        self.owner = owner
    }
}
