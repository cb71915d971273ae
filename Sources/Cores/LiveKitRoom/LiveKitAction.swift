import LiveKitProtocol

/// One socket. The owner numbers them and never uses a number twice.
package struct ConnectionID: Hashable, Sendable {
    package var value: UInt64
    package init(_ value: UInt64) { self.value = value }
}

package enum LiveKitAction: Equatable, Sendable {
    case send(LKSignalResponse, to: ConnectionID)
    /// Close the socket after what was sent to it; `disconnected` need not follow.
    case close(ConnectionID)
    case media(MediaCommand)
    case report(LiveKitReport)
}

/// What somebody who watches the server would like to know.
package enum LiveKitReport: Equatable, Sendable {
    case joined(room: String, identity: String, ParticipantID)
    case resumed(room: String, identity: String)
    case left(room: String, identity: String, ParticipantID, LKDisconnectReason)
    case published(room: String, identity: String, TrackID)
    case unpublished(room: String, TrackID)
    /// Nobody is in it any more, and it will not wait.
    case ended(room: String)
}

/// Somebody whose token was found good.
package struct LiveKitArrival: Sendable {
    package var room: String
    package var identity: String
    package var name: String
    package var metadata: String
    package var attributes: [String: String]
    package var kind: String?
    package var permissions: Permissions
    package var client: ClientDescription

    package init(
        room: String, identity: String, name: String = "", metadata: String = "", attributes: [String: String] = [:],
        kind: String? = nil, permissions: Permissions = Permissions(), client: ClientDescription = ClientDescription()
    ) {
        self.room = room
        self.identity = identity
        self.name = name
        self.metadata = metadata
        self.attributes = attributes
        self.kind = kind
        self.permissions = permissions
        self.client = client
    }
}
