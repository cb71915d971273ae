import Testing

@testable import Signalling

@Suite struct MeshMessageTests {
    /// The first example of the protocol's description.
    @Test func readsTheDocumentedWelcome() throws {
        let text =
            #"{"type":"welcome","self":"p-7Q","order":2,"resume":"…","room":"demo","mode":"mesh","peers":[{"id":"p-1A","name":"ann","order":1,"state":{"muted":false,"camera":true}}],"iceServers":[]}"#
        let peer = MeshPeer(id: "p-1A", name: "ann", order: 1, state: .init(camera: true))
        let expected = MeshServerMessage.welcome(
            .init(selfID: "p-7Q", order: 2, resume: "…", room: "demo", mode: "mesh", peers: [peer], iceServers: []))
        #expect(try MeshServerMessage.parse(text) == expected)
    }

    @Test func readsTheDocumentedSignal() throws {
        let text = #"{"type":"signal","to":"p-1A","description":{"type":"offer","sdp":"v=0…"}}"#
        let message = MeshClientMessage.signal(to: "p-1A", .description(.init(type: .offer, sdp: "v=0…")))
        #expect(try MeshClientMessage.parse(text) == message)
        #expect(message.text == text)
    }

    static let serverMessages: [MeshServerMessage] = [
        .welcome(
            .init(
                selfID: "a", order: 3, resume: "r", room: "demo", mode: "mesh",
                peers: [.init(id: "b", name: "Bo \"b\"", order: 1, state: .init(muted: true, hand: true))],
                iceServers: [
                    .init(urls: ["stun:h"]), .init(urls: ["turn:h:1", "turns:h"], username: "u", credential: "c"),
                ])),
        .peerJoined(.init(id: "b", name: "", order: 9)), .peerLeft(id: "b", reason: .timeout),
        .peerState(id: "b", state: .init(screen: true)),
        .signal(from: "b", .description(.init(type: .answer, sdp: "v=0\r\n"))),
        .signal(from: "b", .candidate(nil)),
        .signal(
            from: "b",
            .candidate(.init(candidate: "candidate:1 1 udp", sdpMid: "0", sdpMLineIndex: 0, usernameFragment: "u"))),
        .signal(from: "b", .candidate(.init(candidate: ""))), .upgrade(url: "wss://h/rtc", token: "t"),
        .error(code: .noSuchPeer, message: "nobody"), .pong,
    ]

    @Test(arguments: serverMessages)
    func serverMessagesReadBack(message: MeshServerMessage) throws {
        #expect(try MeshServerMessage.parse(message.text) == message)
    }

    @Test(arguments: [
        MeshClientMessage.signal(to: "b", .candidate(nil)),
        .signal(to: "b", .description(.init(type: .rollback, sdp: ""))),
        .state(.init(muted: true)), .ping, .leave,
    ])
    func clientMessagesReadBack(message: MeshClientMessage) throws {
        #expect(try MeshClientMessage.parse(message.text) == message)
    }

    @Test(arguments: [#"{"type":"future","x":1}"#, #"{"type":"welcome"}"#, #"{"type":""}"#])
    func clientTypesThatAreUnknownAreNoError(text: String) throws {
        #expect(try MeshClientMessage.parse(text) == nil)
    }

    @Test func unknownMembersAndValuesAreIgnored() throws {
        #expect(try MeshClientMessage.parse(#"{"type":"ping","x":[1]}"#) == .ping)
        #expect(try MeshClientMessage.parse(#"{"type":"state","state":{"muted":1,"dance":true}}"#) == .state(.init()))
        #expect(try MeshServerMessage.parse(#"{"type":"error","code":"new"}"#) == .error(code: nil, message: "new"))
        #expect(
            try MeshServerMessage.parse(#"{"type":"peer-left","id":"b","reason":"new"}"#)
                == .peerLeft(id: "b", reason: .left))
    }

    @Test(arguments: [
        ("", MeshMessageError.notJSON(.unexpectedEnd)), ("[]", .noType), (#"{"type":1}"#, .noType),
        (#"{"type":"signal"}"#, .malformed(type: "signal")),
        (#"{"type":"signal","to":"b"}"#, .malformed(type: "signal")),
        (#"{"type":"signal","to":1,"candidate":null}"#, .malformed(type: "signal")),
        (#"{"type":"signal","to":"b","description":{"type":"dance","sdp":""}}"#, .malformed(type: "signal")),
        (#"{"type":"signal","to":"b","description":{"type":"offer"}}"#, .malformed(type: "signal")),
        (#"{"type":"signal","to":"b","description":null}"#, .malformed(type: "signal")),
        (#"{"type":"signal","to":"b","candidate":"x"}"#, .malformed(type: "signal")),
        (#"{"type":"signal","to":"b","candidate":{"sdpMLineIndex":-1}}"#, .malformed(type: "signal")),
        (#"{"type":"state"}"#, .malformed(type: "state")),
    ])
    func malformedClientMessagesAreTypedErrors(text: String, error: MeshMessageError) {
        #expect(throws: error) { try MeshClientMessage.parse(text) }
    }

    @Test func messagesOverTheLimitAreTooLarge() throws {
        func signal(_ size: Int) -> String {
            let bare = MeshClientMessage.signal(to: "b", .description(.init(type: .offer, sdp: ""))).text.utf8.count
            return MeshClientMessage.signal(
                to: "b", .description(.init(type: .offer, sdp: String(repeating: "x", count: size - bare)))
            ).text
        }
        #expect(try MeshClientMessage.parse(signal(65_536)) != nil)
        #expect(throws: MeshMessageError.tooLarge) { try MeshClientMessage.parse(signal(65_537)) }
    }

    @Test func theLastFourErrorsClose() {
        let closing = MeshErrorCode.allCases.filter { $0.closeCode != nil }
        #expect(closing == [.notAllowed, .roomFull, .roomClosed, .replaced])
        for code in closing { #expect(code.closeCode.flatMap { MeshErrorCode(closeCode: $0) } == code) }
    }
}

@Suite struct ChannelMessageTests {
    @Test(arguments: [
        ChannelMessage.chat(id: "1", text: "hello", time: "2026-01-31T12:00:00Z"),
        .viewport(width: 160, height: 90, fps: 15), .viewport(width: 0, height: 0, fps: 0), .moved, .bye,
    ])
    func readsBack(message: ChannelMessage) throws {
        #expect(try ChannelMessage.parse(message.text) == message)
    }

    @Test func viewportsAreBounded() throws {
        #expect(
            try ChannelMessage.parse(#"{"type":"viewport","width":-4,"height":1e300,"fps":1000}"#)
                == .viewport(width: 0, height: 8192, fps: 120))
        #expect(
            try ChannelMessage.parse(#"{"type":"viewport","width":160.7,"height":90}"#)
                == .viewport(width: 160, height: 90, fps: 30))
    }

    @Test func unknownIsIgnoredAndNonsenseThrows() throws {
        #expect(try ChannelMessage.parse(#"{"type":"wave"}"#) == nil)
        #expect(throws: MeshMessageError.self) { try ChannelMessage.parse("wave") }
        #expect(throws: MeshMessageError.malformed(type: "chat")) { try ChannelMessage.parse(#"{"type":"chat"}"#) }
        #expect(throws: MeshMessageError.malformed(type: "viewport")) {
            try ChannelMessage.parse(#"{"type":"viewport","width":"a","height":1}"#)
        }
    }
}

@Suite struct ICEServerTests {
    @Test(arguments: [
        ("stun:stun.example", ICEServer(urls: ["stun:stun.example"])), ("STUN://h:1", .init(urls: ["stun:h:1"])),
        (
            "turn:ann:s3:cret@turn.example:3478?transport=tcp",
            .init(urls: ["turn:turn.example:3478?transport=tcp"], username: "ann", credential: "s3:cret")
        ),
        ("turns:1700000000:a@b@h", .init(urls: ["turns:h"], username: "1700000000", credential: "a@b")),
    ])
    func optionsAreRead(text: String, server: ICEServer) {
        #expect(ICEServer(parsing: text) == server)
        #expect(ICEServer(server.json) == server)
    }

    @Test(arguments: ["", "stun", "stun:", "http:h", "turn:h", "stun:u:p@h", "turn:u@h", "stun:a b"])
    func othersAreNot(text: String) {
        #expect(ICEServer(parsing: text) == nil)
    }
}
