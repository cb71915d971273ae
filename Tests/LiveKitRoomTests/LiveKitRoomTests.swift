import LiveKitProtocol
import LiveKitRoom
import Primitives
import SDP
import Signalling
import Testing

struct LiveKitRoomTests {
    @Test func aNewcomerLearnsWhoIsThereAndIsOfferedAConnection() throws {
        var server = TestServer()
        let ann = server.enter("ann")
        let bob = server.enter("bob")
        let join = try #require(server.messages(to: bob).compactMap(\.joinResponse).first)
        #expect(join.participant.identity == "bob")
        #expect(join.participant.sid.hasPrefix("PA_"))
        #expect(join.room.sid.hasPrefix("RM_"))
        #expect(join.otherParticipants.map(\.identity) == ["ann"])
        #expect(join.subscriberPrimary)
        #expect(join.pingInterval > 0 && join.pingTimeout > 0)
        #expect(server.commands.contains(.offer(bob.id)))
        #expect(server.updates(to: ann).last?.identity == "bob")
    }

    @Test func announcesATrackOnlyWhenItsMediaIsThere() throws {
        var server = TestServer()
        let (ann, bob) = (server.enter("ann"), server.enter("bob"))
        server.clear()
        let track = server.publish(ann, cid: "cam", video: true)
        #expect(track.text.hasPrefix("TR_"))
        #expect(server.updates(to: bob).last?.tracks.map(\.sid) == [track.text])
        #expect(server.commands.contains(.subscribe(bob.id, track, stream: "\(ann.id)|\(track)")))
        #expect(!server.commands.contains { if case .subscribe(ann.id, _, _) = $0 { true } else { false } })
        #expect(server.messages(to: ann).contains { $0.trackSubscribed.trackSid == track.text })
    }

    @Test func latecomersGetWhatIsThere() {
        var server = TestServer()
        let ann = server.enter("ann")
        let track = server.publish(ann, cid: "mic", video: false)
        let bob = server.enter("bob")
        #expect(server.commands.contains(.subscribe(bob.id, track, stream: "\(ann.id)|\(track)")))
    }

    @Test func whoeverDoesNotSubscribeByItselfGetsWhatItAsksFor() {
        var server = TestServer()
        let ann = server.enter("ann")
        let bob = server.enter("bob", client: ClientDescription(autoSubscribe: false))
        let track = server.publish(ann, cid: "mic", video: false)
        let subscription = MediaCommand.subscribe(bob.id, track, stream: "\(ann.id)|\(track)")
        #expect(!server.commands.contains(subscription))
        let wish = LKUpdateSubscription.with { ($0.trackSids, $0.subscribe) = ([track.text], true) }
        server.send(.subscription(wish), from: bob)
        #expect(server.commands.contains(subscription))
        server.send(.subscription(.with { $0.trackSids = [track.text] }), from: bob)
        #expect(server.commands.last { if case .unsubscribe = $0 { true } else { false } } != nil)
    }

    @Test func offersOneAtATime() {
        var server = TestServer()
        let (ann, bob) = (server.enter("ann"), server.enter("bob"))
        server.offer(to: bob)
        server.clear()
        server.publish(ann, cid: "mic", video: false)
        #expect(!server.commands.contains(.offer(bob.id)))
        server.send(.answer(.with { ($0.type, $0.sdp, $0.id) = ("answer", TestServer.sdp, 1) }), from: bob)
        #expect(server.commands.contains { if case .accept(bob.id, _) = $0 { true } else { false } })
        #expect(server.commands.contains(.offer(bob.id)))
    }

    @Test func grantsAreKept() {
        var server = TestServer()
        var grants = AccessToken.Grants(room: "r", roomJoin: true)
        grants.canPublishSources = ["microphone"]
        grants.canPublishData = false
        let ann = server.enter("ann", grants: grants)
        let bob = server.enter("bob")
        let camera = LKAddTrackRequest.with { ($0.cid, $0.type, $0.source) = ("c", .video, .camera) }
        server.send(.addTrack(camera), from: ann)
        #expect(server.messages(to: ann).contains { $0.requestResponse.reason == .notAllowed })
        server.clear()
        server.data([1], from: ann)
        #expect(server.commands.isEmpty)
        server.send(.updateMetadata(.with { ($0.name, $0.requestID) = ("x", 5) }), from: ann)
        #expect(server.messages(to: ann).last?.requestResponse.requestID == 5)
        #expect(server.updates(to: bob).isEmpty)
    }

    @Test func sayingToBeSomebodyElseDoesNotHelp() throws {
        var server = TestServer()
        let (ann, bob, cid) = (server.enter("ann"), server.enter("bob"), server.enter("cid"))
        server.clear()
        server.data([7], from: ann, to: ["bob"], pretending: "cid")
        let sent = server.commands.compactMap { command -> (ParticipantID, [UInt8], Bool)? in
            if case .sendData(let id, let bytes, let reliable) = command { (id, bytes, reliable) } else { nil }
        }
        #expect(sent.map(\.0) == [bob.id])
        let packet = try LKDataPacket(wire: try #require(sent.first).1, encoding: .binary)
        #expect(packet.participantIdentity == "ann")
        #expect(packet.participantSid == ann.id.text)
        #expect(packet.user.participantIdentity == "ann")
        #expect(packet.user.payloadBytes == [7])
        #expect(cid.id != bob.id)
    }

    @Test func muteOfOneselfAndByOthers() throws {
        var server = TestServer()
        let (ann, bob) = (server.enter("ann"), server.enter("bob"))
        let track = server.publish(ann, cid: "mic", video: false)
        server.send(.mute(.with { ($0.sid, $0.muted) = (track.text, true) }), from: ann)
        #expect(server.updates(to: bob).last?.tracks.first?.muted == true)
        server.send(.mute(.with { ($0.sid, $0.muted) = (track.text, false) }), from: bob)
        #expect(server.updates(to: bob).last?.tracks.first?.muted == true)
        server.send(.mute(.with { ($0.sid, $0.muted) = (track.text, false) }), from: ann)
        server.clear()
        let request = LKMuteRoomTrackRequest.with {
            ($0.room, $0.identity, $0.trackSid, $0.muted) = ("r", "ann", track.text, true)
        }
        let (info, actions) = try server.service.mutePublishedTrack(request, now: server.now)
        server.take(actions)
        #expect(info.muted)
        #expect(server.messages(to: ann).contains { $0.mute.muted && $0.mute.sid == track.text })
        #expect(server.commands.contains(.setMuted(track, true)))
    }

    @Test func theSecondOfAnIdentityReplacesTheFirst() {
        var server = TestServer()
        let (first, bob) = (server.enter("ann"), server.enter("bob"))
        let second = server.enter("ann")
        #expect(first.id != second.id)
        #expect(server.messages(to: first).last?.leave.reason == .duplicateIdentity)
        #expect(server.closed.contains(first.connection))
        #expect(server.updates(to: bob).suffix(2).map(\.state) == [.disconnected, .joined])
    }

    @Test func comesBackWithAnotherSocket() {
        var server = TestServer()
        let (ann, bob) = (server.enter("ann"), server.enter("bob"))
        let track = server.publish(ann, cid: "mic", video: false)
        server.offer(to: ann)
        server.send(.answer(.with { ($0.type, $0.sdp, $0.id) = ("answer", TestServer.sdp, 1) }), from: ann)
        server.take(server.service.disconnected(ann.connection, now: server.now))
        server.clear()
        server.now += .seconds(5)
        let again = server.resume(ann)
        let messages = server.messages(to: again)
        #expect(messages.first?.message.map { if case .reconnect = $0 { true } else { false } } == true)
        #expect(Set(messages.dropFirst().first?.update.participants.map(\.identity) ?? []) == ["ann", "bob"])
        #expect(server.commands.contains(.restart(ann.id)))
        #expect(server.updates(to: bob).isEmpty)
        #expect(!server.commands.contains(.unpublish(track)))
    }

    @Test func whoStaysAwayIsGone() {
        var server = TestServer()
        let (ann, bob) = (server.enter("ann"), server.enter("bob"))
        let track = server.publish(ann, cid: "mic", video: false)
        server.take(server.service.disconnected(ann.connection, now: server.now))
        server.clear()
        server.now = server.service.nextDeadline ?? server.now
        server.take(server.service.handleTimeout(now: server.now))
        #expect(server.commands.contains(.unpublish(track)))
        #expect(server.commands.contains(.close(ann.id)))
        #expect(server.updates(to: bob).last?.state == .disconnected)
        let late = server.resume(ann)
        #expect(server.messages(to: late).last?.leave.action == .reconnect)
        #expect(server.messages(to: late).last?.leave.reason == .stateMismatch)
    }

    @Test func anEmptyRoomEnds() {
        var server = TestServer()
        let ann = server.enter("ann")
        server.send(.leave(.init()), from: ann)
        #expect(server.service.listRooms(.init()).rooms.count == 1)
        while let deadline = server.service.nextDeadline {
            server.now = deadline
            server.take(server.service.handleTimeout(now: deadline))
        }
        #expect(server.service.listRooms(.init()).rooms.isEmpty)
        #expect(server.reports.last == .ended(room: "r"))
    }

    @Test func hiddenOnesAreNotSeen() {
        var server = TestServer()
        let ann = server.enter("ann")
        server.clear()
        var grants = AccessToken.Grants(room: "r", roomJoin: true)
        grants.hidden = true
        let spy = server.enter("spy", grants: grants)
        #expect(server.updates(to: ann).isEmpty)
        #expect(server.enterAndJoin("bob").otherParticipants.map(\.identity) == ["ann"])
        #expect(server.messages(to: spy).contains { !$0.update.participants.isEmpty })
    }

    @Test func nonsenseAndFloodsEndTheConnection() {
        var server = TestServer()
        let (ann, bob) = (server.enter("ann"), server.enter("bob"))
        server.take(server.service.receive([0x22, 0xff, 0xff], .binary, from: ann.connection, now: server.now))
        #expect(server.closed.contains(ann.connection))
        #expect(server.service.counts.malformed == 1)
        for _ in 0..<2_000 { server.send(.ping(1), from: bob) }
        #expect(server.closed.contains(bob.connection))
        #expect(server.service.counts.tooMany == 1)
    }

    @Test func speakersAreToldWhenTheyChange() {
        var server = TestServer()
        let (ann, bob) = (server.enter("ann"), server.enter("bob"))
        let track = server.publish(ann, cid: "mic", video: false)
        server.clear()
        server.take(server.service.speakers([(track, 0.5)], in: "r"))
        server.take(server.service.speakers([(track, 0.6)], in: "r"))
        server.take(server.service.speakers([], in: "r"))
        let told = server.messages(to: bob).map(\.speakersChanged.speakers)
        #expect(told.map { $0.map(\.active) } == [[true], [false]])
        #expect(told.first?.first?.sid == ann.id.text)
    }

    @Test(arguments: [
        (LKVideoQuality.low, 0, 0, 0), (.medium, 0, 0, 1), (.high, 0, 0, 2), (.high, 320, 180, 0),
        (.low, 641, 361, 2), (.low, 4_000, 4_000, 2),
    ])
    func layersFollowWhatIsShown(quality: LKVideoQuality, width: UInt32, height: UInt32, layer: Int) {
        var server = TestServer()
        let (ann, bob) = (server.enter("ann"), server.enter("bob"))
        let track = server.publish(ann, cid: "cam", video: true, rids: ["q", "h", "f"])
        server.clear()
        let settings = LKUpdateTrackSettings.with {
            ($0.trackSids, $0.quality, $0.width, $0.height) = ([track.text], quality, width, height)
        }
        server.send(.trackSetting(settings), from: bob)
        guard case .prefer(bob.id, track, let preference) = server.commands.last else {
            Issue.record("nothing was preferred")
            return
        }
        #expect(preference.layer == layer)
    }

    @Test func thePublisherIsToldWhatNobodyLooksAt() throws {
        var server = TestServer()
        let (ann, bob) = (server.enter("ann"), server.enter("bob"))
        let track = server.publish(ann, cid: "cam", video: true, rids: ["q", "h", "f"])
        server.clear()
        server.take(server.service.setHighestLayerWanted(1, of: track, from: ann.id))
        let updates = server.messages(to: ann).map(\.subscribedQualityUpdate)
        let update = try #require(updates.first)
        #expect(update.trackSid == track.text)
        #expect(update.subscribedQualities.map(\.quality) == [.low, .medium, .high])
        #expect(update.subscribedQualities.map(\.enabled) == [true, true, false])
        #expect(update.subscribedCodecs.map(\.codec) == ["vp8"])
        #expect(update.subscribedCodecs.first?.qualities == update.subscribedQualities)
        #expect(server.messages(to: bob).isEmpty)
    }

    @Test func removalAndDeletion() throws {
        var server = TestServer()
        let (ann, bob) = (server.enter("ann"), server.enter("bob"))
        let who = LKRoomParticipantIdentity.with { ($0.room, $0.identity) = ("r", "ann") }
        server.take(try server.service.removeParticipant(who, now: server.now))
        #expect(server.messages(to: ann).last?.leave.reason == .participantRemoved)
        #expect(throws: AdminError.self) { try server.service.getParticipant(who) }
        server.take(try server.service.deleteRoom("r", now: server.now))
        #expect(server.messages(to: bob).last?.leave.reason == .roomDeleted)
        #expect(server.service.listRooms(.init()).rooms.isEmpty)
    }
}
