/// Words and numbers that LiveKit's clients and servers agree on.
package enum LiveKit {
    /// The version this side speaks: everything a client can use but packet trailers.
    package static let protocolVersion: Int32 = 16
    /// Offered by both sides on the connection they send on, in-band.
    package static let reliableLabel = "_reliable"
    package static let lossyLabel = "_lossy"
    /// The topic of chat as a text stream.
    package static let chatTopic = "lk.chat"
    /// Topics of user packets that older user interfaces take for chat.
    package static let olderChatTopics: Set<String> = ["lk-chat-topic", "chat"]
    /// The longest content of a chunk of a data stream, in bytes.
    package static let maximumChunkBytes = 15_000
}

/// The parameters in the query of `/rtc` (signalling v0).
package enum LiveKitQuery {
    package static let accessToken = "access_token"
    package static let protocolVersion = "protocol"
    package static let clientProtocol = "client_protocol"
    package static let capabilities = "capabilities"
    package static let autoSubscribe = "auto_subscribe"
    package static let reconnect = "reconnect"
    package static let participant = "sid"
    package static let attributes = "attributes"
}
