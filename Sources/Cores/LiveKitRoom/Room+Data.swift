import LiveKitProtocol

/// Data packets: the server says who sent them and passes them on, in the channel they came in.
extension Room {
    /// A little more than SDKs send in one message.
    static let maximumDataBytes = 64 << 10

    mutating func forward(_ packet: LKDataPacket, reliable: Bool, from id: ParticipantID) {
        guard let sender = participants[id] else { return }
        var packet = packet
        // Whoever says to be somebody else does not get far.
        packet.participantIdentity = sender.identity
        packet.participantSid = id.text
        packet.kind = reliable ? .reliable : .lossy
        if reliable, packet.sequence > sender.lastSequence { participants[id]?.lastSequence = packet.sequence }
        var sids: [String] = []
        if case .user(var user) = packet.value {
            user.participantIdentity = sender.identity
            user.participantSid = id.text
            if packet.destinationIdentities.isEmpty { packet.destinationIdentities = user.destinationIdentities }
            sids = user.destinationSids
            packet.value = .user(user)
        }
        deliver(packet, reliable: reliable, to: packet.destinationIdentities, sids: sids, except: id)
    }

    /// To those named, or to everybody where nobody is.
    mutating func deliver(
        _ packet: LKDataPacket, reliable: Bool, to identities: [String], sids: [String], except: ParticipantID? = nil
    ) {
        let bytes = packet.wire(.binary)
        let isForAll = identities.isEmpty && sids.isEmpty
        for participant in participants.values where participant.id != except {
            if isForAll || identities.contains(participant.identity) || sids.contains(participant.id.text) {
                command(.sendData(participant.id, bytes, reliable: reliable))
            }
        }
    }
}
