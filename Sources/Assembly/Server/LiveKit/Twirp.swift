import LiveKitProtocol
import LiveKitRoom
import Primitives
import Runtime
import Signalling
import SignalTransport

/// The admin API (`/twirp/livekit.RoomService/METHOD`), in the two encodings of Twirp v7.
struct TwirpRequest: Sendable {
    let method: String
    let body: [UInt8]
    let encoding: SignalEncoding
    let grants: AccessToken.Grants
}

/// Why a request fails, in Twirp's words.
struct TwirpError: Error, Hashable, Sendable {
    var code: String
    var status: Int
    var message: String

    static func unauthenticated(_ message: String) -> Self {
        .init(code: "unauthenticated", status: 401, message: message)
    }
    static func denied(_ message: String) -> Self { .init(code: "permission_denied", status: 403, message: message) }
    static func malformed(_ message: String) -> Self { .init(code: "malformed", status: 400, message: message) }
    static func badRoute(_ message: String) -> Self { .init(code: "bad_route", status: 404, message: message) }

    init(code: String, status: Int, message: String) {
        self.code = code
        self.status = status
        self.message = message
    }

    init(_ error: AdminError) {
        switch error {
        case .notFound(let message): self.init(code: "not_found", status: 404, message: message)
        case .invalidArgument(let message): self.init(code: "invalid_argument", status: 400, message: message)
        }
    }

    var response: HTTPResponse { .json(["code": .string(code), "msg": .string(message)], status: status) }
}

extension ServerCore {
    /// Checks who asks; the answer comes from the media loop.
    func twirp(_ segments: ArraySlice<Substring>, _ request: HTTPRequest) -> HTTPAnswer {
        guard let host = media?.liveKit else {
            return .response(.refusal(501, "this server carries mesh calls only; it has no media server"))
        }
        do throws(TwirpError) {
            let call = try twirpRequest(segments, request)
            return .later { deliver in
                MediaLoop.post { deliver(host.answer(call)) }
            }
        } catch {
            return .response(error.response)
        }
    }

    private func twirpRequest(
        _ segments: ArraySlice<Substring>, _ request: HTTPRequest
    ) throws(TwirpError) -> TwirpRequest {
        guard segments.count == 2, segments.first == "livekit.RoomService", let method = segments.last else {
            throw .badRoute("no such service")
        }
        guard request.method == "POST" else { throw .badRoute("only POST is understood") }
        let type = request.header("content-type")?.split(separator: ";").first.map(String.init)?.lowercased()
        let encoding: SignalEncoding
        switch type {
        case "application/protobuf": encoding = .binary
        case "application/json": encoding = .json
        default: throw .badRoute("the content type is application/protobuf or application/json")
        }
        guard let text = request.bearerToken else { throw .unauthenticated("there is no access token") }
        do throws(AccessTokenError) {
            let token = try admission.verify(text, now: unixTime)
            return TwirpRequest(method: String(method), body: request.body, encoding: encoding, grants: token.grants)
        } catch {
            throw .unauthenticated(error.message)
        }
    }
}

extension LiveKitHost {
    func answer(_ request: TwirpRequest) -> HTTPResponse {
        do throws(TwirpError) {
            let body = try call(request)
            let type = request.encoding == .json ? "application/json" : "application/protobuf"
            return HTTPResponse(status: 200, headers: [("Content-Type", type)], body: body)
        } catch {
            return error.response
        }
    }

    private func call(_ request: TwirpRequest) throws(TwirpError) -> [UInt8] {
        let now = Clock.now()
        switch request.method {
        case "CreateRoom":
            return try request.run(self, may: \.roomCreate) {
                (service, message: LKCreateRoomRequest) throws(AdminError) in
                (try service.createRoom(message, now: now), [])
            }
        case "ListRooms":
            return try request.run(self, may: \.roomList) { (service, message: LKListRoomsRequest) throws(AdminError) in
                (service.listRooms(message), [])
            }
        case "DeleteRoom":
            // LiveKit wants `roomCreate`; whoever administers a room may end it here, as in a mesh.
            return try request.run(self, may: \.roomCreate, orIn: \.room) {
                (service, message: LKDeleteRoomRequest) throws(AdminError) in
                (LKDeleteRoomResponse(), try service.deleteRoom(message.room, now: now))
            }
        case "UpdateRoomMetadata":
            return try request.run(self, in: \.room) {
                (service, message: LKUpdateRoomMetadataRequest) throws(AdminError) in
                try service.updateRoomMetadata(message, now: now)
            }
        case "SendData":
            return try request.run(self, in: \.room) { (service, message: LKSendDataRequest) throws(AdminError) in
                (LKSendDataResponse(), try service.sendData(message, now: now))
            }
        default: return try callAboutParticipants(request, now)
        }
    }

    private func callAboutParticipants(_ request: TwirpRequest, _ now: Instant) throws(TwirpError) -> [UInt8] {
        switch request.method {
        case "ListParticipants":
            return try request.run(self, in: \.room) {
                (service, message: LKListParticipantsRequest) throws(AdminError) in
                (try service.listParticipants(in: message.room), [])
            }
        case "GetParticipant":
            return try request.run(self, in: \.room) {
                (service, message: LKRoomParticipantIdentity) throws(AdminError) in
                (try service.getParticipant(message), [])
            }
        case "RemoveParticipant":
            return try request.run(self, in: \.room) {
                (service, message: LKRoomParticipantIdentity) throws(AdminError) in
                (LKRemoveParticipantResponse(), try service.removeParticipant(message, now: now))
            }
        case "MutePublishedTrack":
            return try request.run(self, in: \.room) { (service, message: LKMuteRoomTrackRequest) throws(AdminError) in
                let (track, actions) = try service.mutePublishedTrack(message, now: now)
                return (LKMuteRoomTrackResponse.with { $0.track = track }, actions)
            }
        case "UpdateParticipant":
            return try request.run(self, in: \.room) {
                (service, message: LKUpdateParticipantRequest) throws(AdminError) in
                try service.updateParticipant(message, now: now)
            }
        default: throw .badRoute("no such method")
        }
    }
}

extension TwirpRequest {
    typealias Work<Question, Answer> = (inout LiveKitService, Question) throws(AdminError) -> (Answer, [LiveKitAction])

    /// For whoever has the grant, or administers the room that the question names.
    @MediaLoop
    fileprivate func run<Question: LKMessage, Answer: LKMessage>(
        _ host: LiveKitHost, may grant: KeyPath<AccessToken.Grants, Bool>, orIn room: KeyPath<Question, String>? = nil,
        _ work: Work<Question, Answer>
    ) throws(TwirpError) -> [UInt8] {
        if !grants[keyPath: grant] {
            guard let room else { throw .denied("the token does not grant this") }
            return try run(host, in: room, work)
        }
        return try answer(try question(), host, work)
    }

    /// For whoever administers the room that the question names.
    @MediaLoop
    fileprivate func run<Question: LKMessage, Answer: LKMessage>(
        _ host: LiveKitHost, in room: KeyPath<Question, String>, _ work: Work<Question, Answer>
    ) throws(TwirpError) -> [UInt8] {
        let question: Question = try question()
        guard grants.roomAdmin, grants.room == question[keyPath: room] else {
            throw .denied("the token does not grant the administration of this room")
        }
        return try answer(question, host, work)
    }

    private func question<Question: LKMessage>() throws(TwirpError) -> Question {
        do throws(SignalCodingError) {
            return try Question(wire: body, encoding: encoding)
        } catch {
            throw .malformed("the request cannot be read")
        }
    }

    @MediaLoop
    private func answer<Question, Answer: LKMessage>(
        _ question: Question, _ host: LiveKitHost, _ work: Work<Question, Answer>
    ) throws(TwirpError) -> [UInt8] {
        do throws(AdminError) {
            return try host.administer { (service) throws(AdminError) in try work(&service, question) }.wire(encoding)
        } catch {
            throw TwirpError(error)
        }
    }
}
