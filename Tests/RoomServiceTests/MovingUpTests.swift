import Primitives
import RoomService
import Signalling
import Testing

@Suite struct MovingUpTests {
    private func fourWhoCanMove() -> Rooms {
        var rooms = Rooms(hasMediaServer: true)
        for name in ["ann", "bob", "cid", "dan"] { _ = rooms.join(name, canMoveUp: true) }
        return rooms
    }

    @Test func theFifthMovesEverybodyUp() {
        var rooms = fourWhoCanMove()
        #expect(rooms.movedUp == [])
        let eve = rooms.join("eve", canMoveUp: true)
        #expect(rooms.movedUp == ["ann", "bob", "cid", "dan", "eve"])
        #expect(rooms.welcome(eve)?.mode == "server")
        #expect(rooms.service.count(in: "demo") == 5)
    }

    @Test func theFifthIsToldToGoToTheServerAtOnce() {
        var rooms = fourWhoCanMove()
        #expect(rooms.service.announce("demo", wish: .automatic, now: rooms.now) == .server)
        #expect(rooms.service.mode(of: "demo") == .mesh)
        rooms.carryOut(rooms.service.enterServed("eve", in: "demo"))
        #expect(rooms.movedUp.sorted() == ["ann", "bob", "cid", "dan"])
        #expect(rooms.service.mode(of: "demo") == .server)
    }

    @Test func oneWhoCannotMovePinsTheRoom() {
        var rooms = Rooms(hasMediaServer: true)
        for name in ["ann", "bob", "cid"] { _ = rooms.join(name, canMoveUp: true) }
        _ = rooms.join("old")
        #expect(rooms.service.announce("demo", wish: .automatic, now: rooms.now) == .mesh)
        let eve = rooms.join("eve", canMoveUp: true)
        #expect(rooms.heard(eve).errorCodes == [.roomFull])
        #expect(!rooms.service.admitsServed(in: "demo"))
        #expect(rooms.movedUp.isEmpty)
    }

    @Test func whoCannotMoveIsTurnedAwayFromARoomOnTheServer() {
        var rooms = Rooms(hasMediaServer: true)
        rooms.carryOut(rooms.service.enterServed("sdk", in: "demo"))
        let old = rooms.join("old")
        #expect(rooms.heard(old).errorCodes == [.roomFull])
        _ = rooms.join("new", canMoveUp: true)
        #expect(rooms.movedUp == ["new"])
    }

    @Test func aPersonHereAndThereCountsOnce() {
        var rooms = Rooms(hasMediaServer: true)
        let ann = rooms.join("ann", canMoveUp: true)
        rooms.carryOut(rooms.service.enterServed("ann", in: "demo"))
        #expect(rooms.service.count(in: "demo") == 1)
        rooms.say(.leave, ann)
        #expect(rooms.service.count(in: "demo") == 1)
        rooms.service.leaveServed("ann", in: "demo")
        #expect(rooms.service.count(in: "demo") == 0)
        #expect(rooms.service.mode(of: "demo") == .mesh)
    }

    @Test func aPairThatCannotConnectMovesTheRoomUp() {
        var rooms = Rooms(hasMediaServer: true)
        let ann = rooms.join("ann", canMoveUp: true)
        _ = rooms.join("bob", canMoveUp: true)
        rooms.say(.unreachable(peer: "bob"), ann)
        rooms.say(.unreachable(peer: "bob"), ann)
        #expect(rooms.movedUp == ["ann", "bob"])
    }

    @Test func theFirstOnesWishHolds() {
        var rooms = Rooms(hasMediaServer: true)
        #expect(rooms.service.announce("demo", wish: .server, now: rooms.now) == .server)
        #expect(rooms.service.announce("demo", wish: .mesh, now: rooms.now) == .server)
        rooms.pass(.seconds(40))
        #expect(rooms.service.announce("demo", wish: .mesh, now: rooms.now) == .mesh)
        for name in ["ann", "bob", "cid", "dan"] { _ = rooms.join(name, canMoveUp: true) }
        let eve = rooms.join("eve", canMoveUp: true)
        #expect(rooms.heard(eve).errorCodes == [.roomFull])
    }

    @Test func withoutMediaServerNothingMoves() {
        var rooms = Rooms()
        #expect(rooms.service.announce("demo", wish: .server, now: rooms.now) == .mesh)
        for name in ["ann", "bob", "cid", "dan"] { _ = rooms.join(name, canMoveUp: true) }
        let eve = rooms.join("eve", canMoveUp: true)
        #expect(rooms.heard(eve).errorCodes == [.roomFull])
    }

    @Test func theLimitHoldsForBothWays() {
        var rooms = Rooms(hasMediaServer: true, limit: 5)
        for name in ["ann", "bob", "cid", "dan", "eve"] { _ = rooms.join(name, canMoveUp: true) }
        let fay = rooms.join("fay", canMoveUp: true)
        #expect(rooms.heard(fay).errorCodes == [.roomFull])
    }

    @Test func whoComesBackWhileTheRoomMovedIsToldToo() {
        var rooms = fourWhoCanMove()
        let bob = rooms.join("bob2", room: "other", canMoveUp: true)
        let resume = rooms.welcome(bob)?.resume
        rooms.drop(bob)
        rooms.carryOut(rooms.service.enterServed("sdk", in: "other"))
        #expect(rooms.movedUp == [])
        _ = rooms.join("bob2", room: "other", resume: resume, canMoveUp: true)
        #expect(rooms.movedUp == ["bob2"])
    }
}
