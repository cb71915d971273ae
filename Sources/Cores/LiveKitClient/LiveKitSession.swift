import LiveKitProtocol
import Media
import Primitives
import Signalling

/// The client's side of LiveKit signalling (v0): who is there and what they publish, what to send, when to connect again.
///
/// The owner carries out the actions: it keeps one WebSocket and two media connections. What this side sends goes over
/// the *publisher*, which this side offers; what others send comes over the *subscriber*, which the server offers. A lost
/// socket is resumed, with an ICE restart and the media as it was; where the server has forgotten us, everything begins
/// anew under the same identity.
package struct LiveKitSession: Sendable {
    package enum Target: Hashable, Sendable {
        case publisher, subscriber
    }

    package enum Action: Hashable, Sendable {
        /// Open the socket to `/rtc` with this query and bearer token.
        case connect(query: [LiveKitQuery.Item], token: String)
        /// One binary frame.
        case send([UInt8])
        case closeSocket
        case joined(Joined)
        case participantJoined(LiveKitParticipant)
        case participantLeft(LiveKitParticipant, LeaveReason)
        case participantChanged(LiveKitParticipant, before: LiveKitParticipant)
        /// For the subscriber.
        case offered(sdp: String)
        /// For the publisher.
        case answered(sdp: String)
        case candidate(Target, SignalCandidate)
        /// The server knows a track of ours: it may be offered.
        case published(cid: String, sid: String)
        /// The server muted a track of ours, or lets it speak again.
        case muteAsked(cid: String, Bool)
        /// Of a track of ours: the layers that anybody looks at. The others need not be sent.
        case layersWanted(cid: String, Set<SimulcastLayer.Quality>)
        /// By identity; only what changed.
        case speaking(String, Bool)
        /// A message of somebody who is there.
        case chat(LiveKitParticipant, text: String)
        /// A packet for the data channel of that label.
        case sendData([UInt8], label: String)
        /// The media connections look for new paths.
        case restartICE
        /// Both media connections are of the past; tracks must be published again after `joined`.
        case discardMedia
        case reconnecting(attempt: Int)
        case reconnected(after: Duration)
        case ended(End)
    }

    package struct Joined: Hashable, Sendable {
        package var room: String
        package var identity: String
        package var name: String
        package var iceServers: [ICEServer]
        /// Not the first time: after everything was lost.
        package var isAgain: Bool
    }

    /// How it came to an end.
    package enum End: Hashable, Sendable {
        case left
        /// Never connected.
        case unreachable(String)
        /// The server does not let us in.
        case notAllowed(String)
        /// Was connected and could not be again.
        case lost
        case removed
        case roomClosed
        /// Somebody came with the same identity.
        case replaced
    }

    /// A connection that is being made.
    struct Attempt: Hashable, Sendable {
        var number: Int
        /// Nil at the very first.
        var lostAt: Instant?
        var isResume: Bool
    }

    enum State: Hashable, Sendable {
        case idle
        case connecting(Attempt, until: Instant)
        case waiting(until: Instant, Attempt)
        case open(pingAt: Instant, silentAt: Instant)
        case ended
    }

    /// A track that this side wants to publish.
    struct LocalTrack: Hashable, Sendable {
        var request: LKAddTrackRequest
        /// Empty until the server has answered.
        var sid = ""
    }

    var state = State.idle
    var token: String
    let protocolVersion = LiveKit.protocolVersion
    var pingInterval = Duration.seconds(5)
    var pingTimeout = Duration.seconds(15)
    var participantsBySID: [String: LiveKitParticipant] = [:]
    /// What `update` after a resume must name; whoever is missing has left meanwhile.
    var expectsEverybody = false
    var localTracks: [LocalTrack] = []
    var offersMade: UInt32 = 0
    var answerID: UInt32 = 0
    /// What was asked of the tracks of others.
    var settings: [String: LKUpdateTrackSettings] = [:]
    var speaking: Set<String> = []
    var data = DataExchange()
    var wasOpen = false

    package private(set) var room = ""
    package internal(set) var sid = ""
    package private(set) var identity = ""

    package init(token: String) { self.token = token }

    package var participants: [LiveKitParticipant] { participantsBySID.values.sorted { $0.sid < $1.sid } }
    package func participant(sid: String) -> LiveKitParticipant? { participantsBySID[sid] }
    package func participant(_ identity: String) -> LiveKitParticipant? {
        participantsBySID.values.first { $0.identity == identity }
    }
    package var isOpen: Bool { if case .open = state { true } else { false } }

    mutating func take(_ join: LKJoinResponse) {
        room = join.room.name
        sid = join.participant.sid
        identity = join.participant.identity
        if join.pingInterval > 0 { pingInterval = .seconds(Int64(join.pingInterval)) }
        if join.pingTimeout > 0 { pingTimeout = .seconds(Int64(join.pingTimeout)) }
    }

    func send(_ message: LKSignalRequest.OneOf_Message) -> [Action] {
        isOpen ? [.send(LKSignalRequest(message).wire(.binary))] : []
    }
}

extension LiveKitQuery {
    /// A parameter of the address of `/rtc`.
    package struct Item: Hashable, Sendable {
        package var name: String
        package var value: String

        package init(_ name: String, _ value: String) {
            self.name = name
            self.value = value
        }
    }
}
