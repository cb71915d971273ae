import Primitives
import Signalling
import Testing

@testable import RoomService

@Suite struct ModerationTests {
    private func joinedByAdmin(lobby: Bool = false) -> (Rooms, RoomService.ConnectionID) {
        var rooms = Rooms(lobby: lobby)
        let host = rooms.join("host", isAdmin: true)
        _ = rooms.heard(host)
        return (rooms, host)
    }

    @Test func anAdministratorRemovesMutesAndEnds() {
        var (rooms, host) = joinedByAdmin()
        let ann = rooms.join("ann")
        let bob = rooms.join("bob")
        _ = (rooms.heard(host), rooms.heard(ann), rooms.heard(bob))
        rooms.say(.moderate(.mute(id: "ann")), host)
        #expect(rooms.heard(ann) == [.mute])
        rooms.say(.moderate(.remove(id: "ann")), host)
        #expect(rooms.closed[ann] == MeshErrorCode.notAllowed.closeCode)
        #expect(rooms.heard(bob) == [.peerLeft(id: "ann", reason: .removed)])
        rooms.say(.moderate(.end), host)
        #expect(rooms.closed[bob] == MeshErrorCode.roomClosed.closeCode)
        #expect(rooms.closed[host] == MeshErrorCode.roomClosed.closeCode)
    }

    @Test func nobodyElseMay() {
        var (rooms, host) = joinedByAdmin()
        let ann = rooms.join("ann")
        _ = (rooms.heard(host), rooms.heard(ann))
        for wish in [MeshClientMessage.Moderation.mute(id: "host"), .remove(id: "host"), .admit(id: "x"), .end] {
            rooms.say(.moderate(wish), ann)
            #expect(rooms.heard(ann).errorCodes == [.forbidden])
        }
        #expect(rooms.heard(host) == [])
        rooms.say(.moderate(.remove(id: "nobody")), host)
        #expect(rooms.heard(host).errorCodes == [.noSuchPeer])
    }

    @Test func peopleWaitInTheLobbyUntilTheyAreAdmitted() {
        var (rooms, host) = joinedByAdmin(lobby: true)
        let ann = rooms.join("ann")
        #expect(rooms.heard(ann) == [.waiting])
        #expect(rooms.heard(host) == [.knock(.init(id: "ann", name: "ANN", order: 0))])
        rooms.say(.signal(to: "host", .candidate(nil)), ann)
        #expect(rooms.heard(host) == [])
        rooms.say(.ping, ann)
        #expect(rooms.heard(ann) == [.pong])
        rooms.say(.moderate(.admit(id: "ann")), host)
        #expect(rooms.welcome(ann)?.peers.map(\.id) == ["host"])
        #expect(rooms.heard(host).first == .knockEnded(id: "ann"))
    }

    @Test func whoWaitsMayGoOrBeSentAway() {
        var (rooms, host) = joinedByAdmin(lobby: true)
        let ann = rooms.join("ann")
        let bob = rooms.join("bob")
        _ = (rooms.heard(host), rooms.heard(ann), rooms.heard(bob))
        rooms.say(.leave, ann)
        #expect(rooms.heard(host) == [.knockEnded(id: "ann")])
        rooms.say(.moderate(.remove(id: "bob")), host)
        #expect(rooms.closed[bob] == MeshErrorCode.notAllowed.closeCode)
        rooms.say(.moderate(.admit(id: "bob")), host)
        #expect(rooms.heard(host).errorCodes == [.noSuchPeer])
    }

    @Test func anAdministratorWhoComesLateHearsWhoKnocks() {
        var rooms = Rooms(lobby: true)
        _ = rooms.join("ann")
        let host = rooms.join("host", isAdmin: true)
        #expect(rooms.heard(host).last == .knock(.init(id: "ann", name: "ANN", order: 0)))
    }
}
