import LiveKitProtocol
import Primitives
import Testing

struct SignalCodingTests {
    /// Bytes as another implementation writes them: field 4 of SignalRequest holds an AddTrackRequest.
    @Test func readsARequestByItsFieldNumbers() throws {
        let bytes = try #require(Hex.decode("220c0a036369641801400168c007"))
        let request = try LKSignalRequest(wire: bytes, encoding: .binary)
        guard case .addTrack(let track) = request.message else {
            Issue.record("it is \(request)")
            return
        }
        #expect(track.cid == "cid")
        #expect(track.type == .video)
        #expect(track.source == .camera)
    }

    @Test func offerAndAnswerHaveSwappedNumbers() {
        let offer = LKSessionDescription.with { $0.type = "offer" }
        #expect(LKSignalRequest(.offer(offer)).wire(.binary).first == 0x0a)
        #expect(LKSignalResponse(.offer(offer)).wire(.binary).first == 0x1a)
        #expect(LKSignalResponse(.answer(offer)).wire(.binary).first == 0x12)
    }

    @Test(arguments: [
        #"{"addTrack":{"cid":"c","type":"VIDEO","source":"CAMERA"}}"#,
        #"{"add_track":{"cid":"c","type":1,"source":1}}"#,
        #"{"addTrack":{"cid":"c","type":"VIDEO","source":"CAMERA","fromTheFuture":{"a":[1]}}}"#,
    ])
    func readsEitherSpellingOfJSON(text: String) throws {
        let request = try LKSignalRequest(wire: Array(text.utf8), encoding: .json)
        #expect(request.addTrack.cid == "c")
        #expect(request.addTrack.type == .video)
        #expect(request.addTrack.source == .camera)
    }

    @Test func bothEncodingsReturnWhatWentIn() throws {
        let response = LKSignalResponse(
            .join(
                .with {
                    $0.room.sid = "RM_x"
                    $0.participant.attributes = ["a": "b"]
                    $0.pingInterval = 5
                    $0.otherParticipants = [.with { $0.tracks = [.with { $0.layers = [.with { $0.rid = "q" }] }] }]
                }))
        for encoding in [SignalEncoding.binary, .json] {
            #expect(try LKSignalResponse(wire: response.wire(encoding), encoding: encoding) == response)
        }
    }

    @Test func carriesUserPacketsAsBytes() throws {
        let packet = LKDataPacket.with {
            $0.sequence = 7
            $0.user = LKUserPacket(payload: [1, 2, 3], topic: "t")
        }
        let read = try LKDataPacket(wire: packet.wire(.binary), encoding: .binary)
        #expect(read.user.payloadBytes == [1, 2, 3])
        #expect(read.user.topic == "t")
    }

    @Test func refusesWhatIsNoMessage() {
        #expect(throws: SignalCodingError.malformed) {
            try LKSignalRequest(wire: [0x22, 0xff, 0xff], encoding: .binary)
        }
        #expect(throws: SignalCodingError.malformed) {
            try LKSignalRequest(wire: Array("[".utf8), encoding: .json)
        }
    }
}
