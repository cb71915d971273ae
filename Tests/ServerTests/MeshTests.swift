import Primitives
import Runtime
import SignalTransport
import Signalling
import Testing

@testable import Server

private let offer = Signal.description(.init(type: .offer, sdp: "v=0\r\n"))

@Suite struct MeshTests {
    @Test func twoMeetAndNegotiate() async throws {
        let server = try TestServer { $0.iceServers = [.init(urls: ["turn:t"], username: "u", credential: "c")] }
        defer { server.stop() }
        let ann = server.join("ann")
        #expect(await ann.event() == .open(subprotocol: MeshProtocol.subprotocol))
        let first = await ann.welcome()
        #expect(first?.selfID == "ann" && first?.order == 1 && first?.peers == [] && first?.room == "demo")
        #expect(first?.iceServers == [.init(urls: ["turn:t"], username: "u", credential: "c")])
        let bob = server.join("bob")
        let second = await bob.welcome()
        #expect(second?.order == 2 && second?.peers.map(\.id) == ["ann"])
        #expect(await ann.message() == .peerJoined(.init(id: "bob", name: "bob", order: 2)))
        bob.say(.signal(to: "ann", offer))
        #expect(await ann.message() == .signal(from: "bob", offer))
        ann.say(.signal(to: "bob", .candidate(nil)))
        #expect(await bob.message() == .signal(from: "ann", .candidate(nil)))
        bob.say(.state(.init(muted: true)))
        #expect(await ann.message() == .peerState(id: "bob", state: .init(muted: true)))
        bob.say(.ping)
        #expect(await bob.message() == .pong)
        bob.say(.leave)
        #expect(await ann.message() == .peerLeft(id: "bob", reason: .left))
        #expect(await bob.closeCode() == 1000)
    }

    @Test func badMessagesGetErrorsAndTheConnectionLives() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let ann = server.join("ann")
        _ = await ann.welcome()
        ann.socket.send("nonsense")
        #expect(await ann.errorCode() == .badMessage)
        ann.socket.send([1, 2, 3])
        #expect(await ann.errorCode() == .badMessage)
        ann.socket.send(#"{"type":"signal","to":"nobody","candidate":null}"#)
        #expect(await ann.errorCode() == .noSuchPeer)
        ann.socket.send(String(repeating: "x", count: 65_537))
        #expect(await ann.errorCode() == .tooLarge)
        ann.socket.send(#"{"type":"later"}"#)
        ann.say(.ping)
        #expect(await ann.message() == .pong)
    }

    @Test func aFrameFarTooLargeEndsTheConnection() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let ann = server.join("ann")
        _ = await ann.welcome()
        ann.socket.send(String(repeating: "x", count: 300_000))
        let last = await ann.event()
        #expect(last == .closed(code: 1009, reason: "the frame is too large"))
    }

    @Test func aFloodIsTooFast() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let ann = server.join("ann")
        _ = await ann.welcome()
        for _ in 0..<3_200 { ann.socket.send(#"{"type":"later"}"#) }
        #expect(await ann.errorCode() == .tooFast)
    }

    @Test func theFifthIsToldThatTheRoomIsFull() async throws {
        let server = try TestServer { $0.maximumParticipants = 4 }
        defer { server.stop() }
        for name in ["a", "b", "c", "d"] { #expect(await server.join(name).welcome() != nil) }
        let fifth = server.join("e")
        #expect(await fifth.errorCode() == .roomFull)
        #expect(await fifth.closeCode() == 4001)
        #expect(await server.join("e", room: RoomName("other")!).welcome() != nil)
    }

    @Test func joiningTwiceReplaces() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let ann = server.join("ann")
        _ = await ann.welcome()
        #expect(await server.join("ann").welcome()?.order == 2)
        #expect(await ann.errorCode() == .replaced)
        #expect(await ann.closeCode() == 4003)
    }

    @Test func closingTheRoomEndsItForAll() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let ann = server.join("ann")
        _ = await ann.welcome()
        #expect(server.server.participants(of: demo).map(\.id) == ["ann"])
        server.server.closeRoom(demo)
        #expect(await ann.errorCode() == .roomClosed)
        #expect(await ann.closeCode() == 4002)
        #expect(server.server.participants(of: demo) == [])
    }

    @Test func aServerThatEndsAtOnceStillTellsThatTheRoomIsClosed() async throws {
        let server = try TestServer()
        let clients = (0..<4).map { server.join("p\($0)") }
        for client in clients { _ = await client.welcome() }
        for client in clients { client.say(.ping) }
        server.server.closeRoom(demo)
        server.server.stop()
        for client in clients { #expect(await client.errorCode() == .roomClosed) }
        server.loop.shutDown()
    }

    @Test func somebodyRemovedStaysOut() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let ann = server.join("ann")
        let bob = server.join("bob")
        _ = await ann.welcome()
        _ = await bob.welcome()
        server.server.remove("bob", from: demo)
        #expect(await bob.errorCode() == .notAllowed)
        #expect(await bob.closeCode() == 4000)
        #expect(await server.join("bob").errorCode() == .notAllowed)
    }

    @Test func aLostSocketIsTakenUpAgainAndNobodyHears() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let ann = server.join("ann")
        _ = await ann.welcome()
        let bob = server.join("bob")
        let welcome = await bob.welcome()
        _ = await ann.message()
        bob.socket.close(code: 1001, reason: "asleep")
        #expect(await bob.closeCode() != nil)
        ann.say(.signal(to: "bob", offer))
        let back = server.join("bob", resume: welcome?.resume)
        let again = await back.welcome()
        #expect(again?.order == 2 && again?.selfID == "bob" && again?.peers.map(\.id) == ["ann"])
        #expect(await back.message() == .signal(from: "ann", offer))
        #expect(await ann.isQuiet())
    }

    @Test func anAbsenceEndsInATimeout() async throws {
        let server = try TestServer { $0.absence = .milliseconds(200) }
        defer { server.stop() }
        let ann = server.join("ann"), bob = server.join("bob")
        _ = await bob.welcome()
        _ = await ann.welcome()
        bob.socket.close(code: 1001)
        var last: MeshServerMessage?
        while let message = await ann.message() {
            last = message
            if case .peerLeft = message { break }
        }
        #expect(last == .peerLeft(id: "bob", reason: .timeout))
    }

    @Test func silenceEndsInATimeout() async throws {
        let server = try TestServer { $0.silence = .milliseconds(300) }
        defer { server.stop() }
        let ann = server.join("ann")
        _ = await ann.welcome()
        #expect(await ann.closeCode() == 1001)
    }

    @Test func aRestartIsNotNoticed() async throws {
        let folder = TemporaryFolder()
        let first = try TestServer(folder: folder)
        let port = first.address.port
        let tokens = ["ann", "bob"].map { first.server.mintToken(for: demo, identity: $0, name: $0) }
        let ann = first.join("ann", token: tokens[0])
        let bob = first.join("bob", token: tokens[1])
        let secrets = [await ann.welcome()?.resume, await bob.welcome()?.resume]
        first.server.stop()
        #expect(await bob.closeCode() == 1001)

        let second = try TestServer(folder: folder, port: port)
        defer { second.stop() }
        let newcomer = second.join("carl")
        #expect(await newcomer.welcome()?.order ?? 0 > 2)
        let annAgain = second.join("ann", resume: secrets[0], token: tokens[0])
        let annWelcome = await annAgain.welcome()
        #expect(annWelcome?.selfID == "ann")
        let bobAgain = second.join("bob", resume: secrets[1], token: tokens[1])
        let bobWelcome = await bobAgain.welcome()
        #expect(Set([annWelcome?.order, bobWelcome?.order]) == [1, 2])
        #expect(await annAgain.message() == .peerJoined(.init(id: "bob", name: "bob", order: bobWelcome?.order ?? 0)))
        bobAgain.say(.signal(to: "ann", offer))
        #expect(await annAgain.message() == .signal(from: "bob", offer))
        first.loop.shutDown()
    }

    @Test func twoHundredConnectionsAtOnce() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let begin = Clock.now()
        let clients = (0..<200).map { server.join("p\($0)", room: RoomName("room-\($0 / 4)")!) }
        for client in clients { #expect(await client.welcome() != nil) }
        for client in clients { client.say(.ping) }
        for client in clients {
            while let message = await client.message(), message != .pong {}
        }
        #expect(Clock.now() - begin < .seconds(20))
        for client in clients { client.say(.leave) }
        for client in clients { #expect(await client.closeCode() == 1000) }
        let metrics = (0..<50).map { server.server.participants(of: RoomName("room-\($0)")!).count }
        #expect(metrics.allSatisfy { $0 == 0 })
    }

    @Test func whoDoesNotReadIsCutOff() async throws {
        let server = try TestServer()
        defer { server.stop() }
        let ann = server.join("ann")
        _ = await ann.welcome()
        let deaf = RawConnection(port: server.address.port, receiveBuffer: 4_096)
        deaf.send(webSocketRequest(token: server.server.mintToken(for: demo, identity: "deaf", name: "deaf")))
        _ = deaf.receive(until: "welcome")
        #expect(await ann.message() == .peerJoined(.init(id: "deaf", name: "deaf", order: 2)))
        let large = Signal.description(.init(type: .offer, sdp: String(repeating: "x", count: 60_000)))
        // Its place is kept for a while, and what it misses is bounded: then senders hear that it is not there.
        var answer: MeshServerMessage? = .pong
        var count = 0
        while answer == .pong, count < 200 {
            count += 1
            ann.say(.signal(to: "deaf", large))
            ann.say(.ping)
            answer = await ann.message()
        }
        guard case .error(.noSuchPeer, _)? = answer else {
            Issue.record("\(String(describing: answer))")
            return
        }
    }
}

/// The opening handshake of a WebSocket to `/mesh`.
func webSocketRequest(token: String, extra: String = "") -> String {
    "GET /mesh?access_token=\(token) HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\(extra)\r\n"
}
