import LiveKitProtocol
import Primitives

/// Why a request of the admin API fails.
package enum AdminError: Error, Hashable, Sendable {
    case notFound(String)
    case invalidArgument(String)
}

/// The admin API: what a program with the right grants may do to rooms. Who may ask is not checked here.
extension LiveKitService {
    package mutating func createRoom(
        _ request: LKCreateRoomRequest, now: Instant
    ) throws(AdminError) -> LKRoom {
        guard 1...256 ~= request.name.utf8.count else { throw .invalidArgument("a room needs a name") }
        guard request.metadata.utf8.count <= Room.maximumMetadataBytes else {
            throw .invalidArgument("the metadata is too long")
        }
        if makeRoom(request.name, time(now)) {
            let emptyTimeout = request.emptyTimeout > 0 ? Duration.seconds(Int64(request.emptyTimeout)) : nil
            rooms[request.name]?.prepare(request, emptyTimeout: emptyTimeout, now: now)
            noteDeadline(of: request.name)
        }
        guard let room = rooms[request.name] else { throw .notFound("the room is gone") }
        return room.info
    }

    package func listRooms(_ request: LKListRoomsRequest) -> LKListRoomsResponse {
        let chosen = rooms.values.filter { request.names.isEmpty || request.names.contains($0.name) }
        return .with { $0.rooms = chosen.sorted { $0.name < $1.name }.map(\.info) }
    }

    package mutating func deleteRoom(_ name: String, now: Instant) throws(AdminError) -> [LiveKitAction] {
        try find(name)
        return mutateRoom(name, now) { room in
            for id in room.participants.keys { room.dismiss(id, .roomDeleted) }
            room.endNow(now)
        }
    }

    package func listParticipants(in name: String) throws(AdminError) -> LKListParticipantsResponse {
        guard let room = rooms[name] else { throw .notFound("requested room does not exist") }
        return .with { $0.participants = room.participants.values.map(room.wire).sorted { $0.sid < $1.sid } }
    }

    package func getParticipant(_ request: LKRoomParticipantIdentity) throws(AdminError) -> LKParticipantInfo {
        let id = try find(request.room, request.identity)
        guard let room = rooms[request.room], let participant = room.participants[id] else {
            throw .notFound("participant does not exist")
        }
        return room.wire(participant)
    }

    package mutating func removeParticipant(
        _ request: LKRoomParticipantIdentity, now: Instant
    ) throws(AdminError) -> [LiveKitAction] {
        let id = try find(request.room, request.identity)
        return mutateRoom(request.room, now) { $0.dismiss(id, .participantRemoved) }
    }

    package mutating func mutePublishedTrack(
        _ request: LKMuteRoomTrackRequest, now: Instant
    ) throws(AdminError) -> (LKTrackInfo, [LiveKitAction]) {
        let id = try find(request.room, request.identity)
        let track = TrackID(request.trackSid)
        guard rooms[request.room]?.tracks[track]?.owner == id else { throw .notFound("track not found") }
        // To open somebody's microphone from afar is more than muting: LiveKit's servers refuse it by default, too.
        guard request.muted else { throw .invalidArgument("remote unmute is not enabled") }
        let actions = mutateRoom(request.room, now) { $0.silence(track) }
        return (rooms[request.room]?.tracks[track]?.info ?? .init(), actions)
    }

    package mutating func updateParticipant(
        _ request: LKUpdateParticipantRequest, now: Instant
    ) throws(AdminError) -> (LKParticipantInfo, [LiveKitAction]) {
        let id = try find(request.room, request.identity)
        var isChanged = false
        let actions = mutateRoom(request.room, now) { room in
            if request.hasPermission { room.setPermissions(request.permission, of: id) }
            isChanged = room.change(
                id, name: request.name, metadata: request.metadata, attributes: request.attributes)
        }
        guard isChanged else { throw .invalidArgument("names and metadata have limits") }
        let identity = LKRoomParticipantIdentity.with { ($0.room, $0.identity) = (request.room, request.identity) }
        return (try getParticipant(identity), actions)
    }

    package mutating func sendData(_ request: LKSendDataRequest, now: Instant) throws(AdminError) -> [LiveKitAction] {
        try find(request.room)
        let packet = LKDataPacket.with {
            $0.kind = request.kind
            $0.destinationIdentities = request.destinationIdentities
            $0.user.payload = request.data
            $0.user.nonce = request.nonce
            if request.hasTopic { $0.user.topic = request.topic }
        }
        return mutateRoom(request.room, now) { room in
            room.deliver(
                packet, reliable: request.kind == .reliable, to: request.destinationIdentities,
                sids: request.destinationSids)
        }
    }

    package mutating func updateRoomMetadata(
        _ request: LKUpdateRoomMetadataRequest, now: Instant
    ) throws(AdminError) -> (LKRoom, [LiveKitAction]) {
        try find(request.room)
        guard request.metadata.utf8.count <= Room.maximumMetadataBytes else {
            throw .invalidArgument("the metadata is too long")
        }
        let actions = mutateRoom(request.room, now) { room in
            room.metadata = request.metadata
            room.broadcast(.roomUpdate(.with { $0.room = room.info }))
        }
        return (rooms[request.room]?.info ?? .init(), actions)
    }

    private func find(_ room: String) throws(AdminError) {
        guard rooms[room] != nil else { throw .notFound("requested room does not exist") }
    }

    private func find(_ room: String, _ identity: String) throws(AdminError) -> ParticipantID {
        guard let id = rooms[room]?.participant(identity) else { throw .notFound("participant does not exist") }
        return id
    }

    private mutating func mutateRoom(
        _ name: String, _ now: Instant, _ change: (inout Room) -> Void
    ) -> [LiveKitAction] {
        if var room = rooms.removeValue(forKey: name) {
            change(&room)
            rooms[name] = room
        }
        return finish(name, now)
    }
}

extension Room {
    fileprivate mutating func prepare(_ request: LKCreateRoomRequest, emptyTimeout: Duration?, now: Instant) {
        metadata = request.metadata
        if request.maxParticipants > 0 { maximumParticipants = Int(request.maxParticipants) }
        if request.departureTimeout > 0 { departureTimeout = .seconds(Int64(request.departureTimeout)) }
        if let emptyTimeout { wait(emptyTimeout, now: now) }
    }

    /// Muted by somebody else: nothing is forwarded any more, and the owner's client is told to mute.
    fileprivate mutating func silence(_ track: TrackID) {
        guard let published = tracks[track] else { return }
        send(
            .mute(
                .with {
                    $0.sid = track.text
                    $0.muted = true
                }), to: published.owner)
        guard !published.info.muted else { return }
        tracks[track]?.info.muted = true
        command(.setMuted(track, true))
        announce(published.owner)
    }

    fileprivate mutating func setPermissions(_ wire: LKParticipantPermission, of id: ParticipantID) {
        guard let old = participants[id]?.permissions else { return }
        participants[id]?.permissions = Permissions(wire, keeping: old)
        endForbiddenTracks(of: id)
        applySubscribePermission(of: id)
    }
}
