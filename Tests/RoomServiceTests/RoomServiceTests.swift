import Primitives
import Signalling
import Testing

@testable import RoomService

/// A server without sockets: it keeps what each connection was sent.
struct Rooms {
    var service: RoomService
    var now = Instant.zero
    private var inbox: [RoomService.ConnectionID: [MeshServerMessage]] = [:]
    private(set) var closed: [RoomService.ConnectionID: UInt16] = [:]
    private(set) var reports: [RoomService.Report] = []
    private(set) var movedUp: [String] = []
    private var nextConnection: UInt64 = 1

    init(
        firstOrder: Int = 1, maximum: Int = 4, key: UInt8 = 1, hasMediaServer: Bool = false, limit: Int? = nil,
        lobby: Bool = false
    ) {
        var configuration = RoomService.Configuration()
        configuration.firstOrder = firstOrder
        configuration.maximumParticipants = maximum
        configuration.hasLobby = lobby
        configuration.iceServers = [.init(urls: ["stun:stun.example"])]
        configuration.limit = limit
        service = RoomService(configuration: configuration, mac: { Self.toyMAC($0, key: key) })
        service.hasMediaServer = hasMediaServer
    }

    /// Good enough to tell one message from another.
    static func toyMAC(_ bytes: [UInt8], key: UInt8) -> [UInt8] {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325 ^ UInt64(key)
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        var out: [UInt8] = []
        out.appendU64(hash)
        return out
    }

    mutating func join(
        _ id: String, room: String = "demo", resume: String? = nil, canMoveUp: Bool = false, isAdmin: Bool = false
    ) -> RoomService.ConnectionID {
        let connection = RoomService.ConnectionID(nextConnection)
        nextConnection += 1
        carryOut(
            service.connect(
                connection,
                .init(
                    room: room, id: id, name: id.uppercased(), resume: resume, canMoveUp: canMoveUp, isAdmin: isAdmin),
                now: now))
        return connection
    }

    mutating func say(_ message: MeshClientMessage, _ connection: RoomService.ConnectionID) {
        say(message.text, connection)
    }

    mutating func say(_ text: String, _ connection: RoomService.ConnectionID) {
        carryOut(service.receive(Array(text.utf8), from: connection, now: now))
    }

    mutating func drop(_ connection: RoomService.ConnectionID) { service.disconnected(connection, now: now) }

    mutating func pass(_ duration: Duration, pinging: [RoomService.ConnectionID] = []) {
        let end = now + duration
        while now < end {
            now = min(end, now + .seconds(1))
            for connection in pinging {
                _ = service.receive(Array(#"{"type":"ping"}"#.utf8), from: connection, now: now)
            }
            if let deadline = service.nextDeadline, deadline <= now { carryOut(service.handleTimeout(now: now)) }
        }
    }

    mutating func carryOut(_ actions: [RoomService.Action]) {
        for action in actions {
            switch action {
            case .send(let message, let to):
                #expect(closed[to] == nil, "sent to a closed connection")
                inbox[to, default: []].append(message)
            case .close(let connection, let code, _): closed[connection] = code
            case .moveUp(_, let id, _, _): movedUp.append(id)
            case .report(let report): reports.append(report)
            }
        }
    }

    /// What the connection was sent since the last call.
    mutating func heard(_ connection: RoomService.ConnectionID) -> [MeshServerMessage] {
        inbox.removeValue(forKey: connection) ?? []
    }

    mutating func welcome(_ connection: RoomService.ConnectionID) -> MeshServerMessage.Welcome? {
        guard case .welcome(let welcome)? = heard(connection).first else { return nil }
        return welcome
    }
}

extension [MeshServerMessage] {
    var errorCodes: [MeshErrorCode?] {
        compactMap { if case .error(let code, _) = $0 { .some(code) } else { nil } }
    }
}

private let offer = Signal.description(.init(type: .offer, sdp: "v=0"))

@Suite struct JoiningTests {
    @Test func arrivalsAreNumberedAndAnnounced() {
        var rooms = Rooms()
        let ann = rooms.join("ann")
        let first = rooms.welcome(ann)
        #expect(first?.order == 1 && first?.peers == [] && first?.room == "demo" && first?.mode == "mesh")
        #expect(first?.iceServers == [.init(urls: ["stun:stun.example"])])
        rooms.say(.state(.init(camera: true)), ann)
        let bob = rooms.join("bob")
        let second = rooms.welcome(bob)
        #expect(second?.selfID == "bob" && second?.order == 2)
        #expect(second?.peers == [.init(id: "ann", name: "ANN", order: 1, state: .init(camera: true))])
        #expect(rooms.heard(ann) == [.peerJoined(.init(id: "bob", name: "BOB", order: 2))])
        #expect(
            rooms.reports == [
                .joined(room: "demo", id: "ann", name: "ANN"), .joined(room: "demo", id: "bob", name: "BOB"),
            ])
    }

    @Test func roomsDoNotHearEachOther() {
        var rooms = Rooms()
        let ann = rooms.join("ann", room: "a")
        let bob = rooms.join("bob", room: "b")
        #expect(rooms.heard(ann).count == 1)
        rooms.say(.signal(to: "ann", offer), bob)
        #expect(rooms.heard(ann) == [])
        #expect(rooms.heard(bob).errorCodes == [.noSuchPeer])
        #expect(rooms.service.roomNames == ["a", "b"])
    }

    @Test func aFifthParticipantIsToldThatTheRoomIsFull() {
        var rooms = Rooms()
        let four = ["a", "b", "c", "d"].map { rooms.join($0) }
        let fifth = rooms.join("e")
        #expect(rooms.heard(fifth).errorCodes == [.roomFull])
        #expect(rooms.closed[fifth] == 4001)
        for connection in four { #expect(!rooms.heard(connection).contains { "\($0)".contains("\"e\"") }) }
        rooms.say(.leave, four[0])
        #expect(rooms.welcome(rooms.join("e"))?.order == 5)
    }

    @Test func joiningAgainReplaces() {
        var rooms = Rooms()
        let ann = rooms.join("ann")
        let bob = rooms.join("bob")
        _ = rooms.heard(bob)
        let again = rooms.join("ann")
        #expect(rooms.heard(ann).errorCodes == [.replaced])
        #expect(rooms.closed[ann] == 4003)
        #expect(rooms.welcome(again)?.order == 3)
        #expect(
            rooms.heard(bob) == [
                .peerLeft(id: "ann", reason: .replaced), .peerJoined(.init(id: "ann", name: "ANN", order: 3)),
            ])
        rooms.drop(ann)
        rooms.pass(.seconds(20), pinging: [again, bob])
        #expect(rooms.heard(bob) == [])
    }

    @Test func joiningAgainAloneKeepsTheRoom() {
        var rooms = Rooms()
        _ = rooms.join("ann")
        let again = rooms.join("ann")
        #expect(rooms.welcome(again)?.peers == [])
        #expect(rooms.service.participants(of: "demo").count == 1)
    }
}

@Suite struct RelayTests {
    @Test func signalsGoToTheOneTheyAreFor() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob"), carl = rooms.join("carl")
        for connection in [ann, bob, carl] { _ = rooms.heard(connection) }
        rooms.say(.signal(to: "ann", offer), bob)
        rooms.say(.signal(to: "ann", .candidate(nil)), bob)
        #expect(rooms.heard(ann) == [.signal(from: "bob", offer), .signal(from: "bob", .candidate(nil))])
        #expect(rooms.heard(bob) == [] && rooms.heard(carl) == [])
        rooms.say(.signal(to: "bob", offer), bob)
        rooms.say(.signal(to: "nobody", offer), bob)
        #expect(rooms.heard(bob).errorCodes == [.noSuchPeer, .noSuchPeer])
    }

    @Test func statesGoToTheOthersWhenTheyChange() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob")
        _ = rooms.heard(ann)
        rooms.say(.state(.init(muted: true)), bob)
        rooms.say(.state(.init(muted: true)), bob)
        #expect(rooms.heard(ann) == [.peerState(id: "bob", state: .init(muted: true))])
    }

    @Test func pingIsAnswered() {
        var rooms = Rooms()
        let ann = rooms.join("ann")
        _ = rooms.heard(ann)
        rooms.say(.ping, ann)
        #expect(rooms.heard(ann) == [.pong])
    }

    @Test(arguments: [
        ("nonsense", MeshErrorCode.badMessage), ("{}", .badMessage), (#"{"type":"signal"}"#, .badMessage),
        ("[\u{0}]", .badMessage), (String(repeating: "[", count: 70_000), .tooLarge),
    ])
    func whatCannotBeUnderstoodIsAnError(text: String, code: MeshErrorCode) {
        var rooms = Rooms()
        let ann = rooms.join("ann")
        _ = rooms.heard(ann)
        rooms.say(text, ann)
        rooms.say(#"{"type":"future"}"#, ann)
        rooms.say(.ping, ann)
        let heard = rooms.heard(ann)
        #expect(heard.errorCodes == [code] && heard.last == .pong && heard.count == 2)
    }

    @Test func aFloodIsTooFastAndPasses() {
        var rooms = Rooms()
        let ann = rooms.join("ann")
        _ = rooms.heard(ann)
        for _ in 0..<3_000 { rooms.say(.ping, ann) }
        #expect(rooms.heard(ann).errorCodes == [])
        for _ in 0..<500 { rooms.say(.ping, ann) }
        #expect(rooms.heard(ann).errorCodes == [.tooFast])
        rooms.now += .seconds(2)
        rooms.say(.ping, ann)
        #expect(rooms.heard(ann) == [.pong])
    }

    @Test func fiftyASecondGoOnForEver() {
        var rooms = Rooms()
        let ann = rooms.join("ann")
        for _ in 0..<20_000 {
            rooms.now += .milliseconds(20)
            rooms.say(.ping, ann)
        }
        #expect(rooms.heard(ann).errorCodes == [])
    }
}

@Suite struct LeavingTests {
    @Test func leavingIsToldAtOnce() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob")
        _ = rooms.heard(ann)
        rooms.say(.leave, bob)
        #expect(rooms.heard(ann) == [.peerLeft(id: "bob", reason: .left)])
        #expect(rooms.closed[bob] == 1000)
        rooms.say(.leave, ann)
        #expect(rooms.service.roomNames == [])
        rooms.pass(.seconds(60))
        #expect(rooms.service.nextDeadline == nil)
    }

    @Test func aLostSocketIsATimeoutAfterTenSeconds() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob")
        _ = rooms.heard(ann)
        rooms.pass(.seconds(20), pinging: [ann, bob])
        rooms.drop(bob)
        rooms.pass(.seconds(9), pinging: [ann])
        #expect(rooms.heard(ann) == [])
        rooms.pass(.seconds(1), pinging: [ann])
        #expect(rooms.heard(ann) == [.peerLeft(id: "bob", reason: .timeout)])
    }

    @Test func silenceIsATimeoutAfter35Seconds() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob")
        _ = rooms.heard(ann)
        rooms.pass(.seconds(34), pinging: [ann])
        #expect(rooms.heard(ann) == [])
        rooms.pass(.seconds(1), pinging: [ann])
        #expect(rooms.heard(ann) == [.peerLeft(id: "bob", reason: .timeout)])
        #expect(rooms.closed[bob] == 1001)
    }

    @Test func aRemovedParticipantDoesNotComeBack() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob")
        let resume = rooms.welcome(bob)?.resume
        _ = rooms.heard(ann)
        rooms.carryOut(rooms.service.remove("bob", from: "demo"))
        #expect(rooms.heard(ann) == [.peerLeft(id: "bob", reason: .removed)])
        #expect(rooms.heard(bob).errorCodes == [.notAllowed])
        #expect(rooms.closed[bob] == 4000)
        let again = rooms.join("bob", resume: resume)
        #expect(rooms.heard(again).errorCodes == [.notAllowed])
    }

    @Test func closingTheRoomIsToldToAll() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob")
        let resume = rooms.welcome(ann)?.resume
        _ = rooms.heard(bob)
        rooms.carryOut(rooms.service.close("demo"))
        #expect(rooms.heard(ann).errorCodes == [.roomClosed] && rooms.heard(bob).errorCodes == [.roomClosed])
        #expect(rooms.closed[ann] == 4002 && rooms.closed[bob] == 4002)
        let late = rooms.join("ann", resume: resume)
        #expect(rooms.heard(late).errorCodes == [.roomClosed])
        let newcomer = rooms.join("carl")
        #expect(rooms.welcome(newcomer)?.order == 3)
    }

    @Test func whatAClosedConnectionSaysIsNothing() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob")
        rooms.say(.leave, bob)
        _ = rooms.heard(ann)
        rooms.say(.signal(to: "ann", offer), bob)
        rooms.drop(bob)
        #expect(rooms.heard(ann) == [])
    }
}

@Suite struct ResumingTests {
    @Test func anAbsenceIsNotTold() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob")
        let resume = rooms.welcome(bob)?.resume
        rooms.say(.state(.init(muted: true)), bob)
        _ = rooms.heard(ann)
        rooms.drop(bob)
        rooms.pass(.seconds(5), pinging: [ann])
        let back = rooms.join("bob", resume: resume)
        let welcome = rooms.welcome(back)
        #expect(welcome?.order == 2 && welcome?.selfID == "bob" && welcome?.peers.map(\.id) == ["ann"])
        #expect(welcome?.resume == resume)
        rooms.pass(.seconds(30), pinging: [ann, back])
        #expect(rooms.heard(ann) == [])
        #expect(rooms.service.participants(of: "demo").last?.state.muted == true)
    }

    @Test func whatWasMissedComesAfterTheWelcome() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob"), carl = rooms.join("carl")
        let resume = rooms.welcome(bob)?.resume
        rooms.drop(bob)
        rooms.say(.signal(to: "bob", offer), ann)
        rooms.say(.leave, carl)
        rooms.say(.state(.init(hand: true)), ann)
        let back = rooms.join("bob", resume: resume)
        let heard = rooms.heard(back)
        guard case .welcome(let welcome)? = heard.first else {
            Issue.record("no welcome")
            return
        }
        #expect(welcome.peers == [.init(id: "ann", name: "ANN", order: 1, state: .init(hand: true))])
        #expect(Array(heard.dropFirst()) == [.signal(from: "ann", offer), .peerLeft(id: "carl", reason: .left)])
    }

    @Test func missedMessagesAreBounded() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob")
        _ = rooms.heard(ann)
        rooms.drop(bob)
        let large = Signal.description(.init(type: .offer, sdp: String(repeating: "x", count: 60_000)))
        for _ in 0..<10 { rooms.say(.signal(to: "bob", large), ann) }
        #expect(rooms.heard(ann).errorCodes == Array(repeating: .noSuchPeer, count: 6))
    }

    @Test func resumingBesideAnOpenSocketTakesItsPlace() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob")
        let resume = rooms.welcome(bob)?.resume
        _ = rooms.heard(ann)
        let again = rooms.join("bob", resume: resume)
        #expect(rooms.closed[bob] == 4003)
        rooms.drop(bob)
        rooms.say(.signal(to: "bob", offer), ann)
        #expect(rooms.heard(again).last == .signal(from: "ann", offer))
        #expect(rooms.heard(ann) == [])
    }

    @Test func whoComesBackAfterTheTimeoutBeginsAnew() {
        var rooms = Rooms()
        let ann = rooms.join("ann"), bob = rooms.join("bob")
        let resume = rooms.welcome(bob)?.resume
        rooms.drop(bob)
        rooms.pass(.seconds(11), pinging: [ann])
        #expect(rooms.heard(ann).last == .peerLeft(id: "bob", reason: .timeout))
        let welcome = rooms.welcome(rooms.join("bob", resume: resume))
        #expect(welcome?.order == 3 && welcome?.resume != resume)
        #expect(rooms.heard(ann) == [.peerJoined(.init(id: "bob", name: "BOB", order: 3))])
        #expect(rooms.welcome(rooms.join("carl"))?.order == 4)
    }

    @Test func aRestartedServerGivesBackIdsAndOrders() {
        var rooms = Rooms()
        let secrets = ["ann", "bob"].map { id in
            let connection = rooms.join(id)
            return rooms.welcome(connection)?.resume
        }
        var restarted = Rooms(firstOrder: 1 << 20)
        let newcomer = restarted.join("carl")
        #expect(restarted.welcome(newcomer)?.order == 1 << 20)
        let bob = restarted.join("bob", resume: secrets[1])
        let ann = restarted.join("ann", resume: secrets[0])
        #expect(restarted.welcome(bob)?.order == 2)
        #expect(restarted.welcome(ann)?.order == 1)
        for connection in [newcomer, bob, ann] {
            #expect(!restarted.heard(connection).contains { if case .peerLeft = $0 { true } else { false } })
        }
    }

    @Test(arguments: ["", "x", "!!", String(repeating: "A", count: 200), "AAAAAAAAAAEAAAAAAAAAAA"])
    func aWrongSecretIsNoSecret(secret: String) {
        var rooms = Rooms()
        _ = rooms.join("ann")
        #expect(rooms.welcome(rooms.join("bob", resume: secret))?.order == 2)
    }

    @Test func secretsHoldForOneIdRoomAndKey() {
        var rooms = Rooms()
        let ann = rooms.join("ann")
        let secret = rooms.welcome(ann)?.resume
        #expect(rooms.welcome(rooms.join("bob", resume: secret))?.order == 2)
        #expect(rooms.welcome(rooms.join("ann", room: "other", resume: secret))?.order == 3)
        var other = Rooms(firstOrder: 7, key: 2)
        #expect(other.welcome(other.join("ann", resume: secret))?.order == 7)
    }
}
