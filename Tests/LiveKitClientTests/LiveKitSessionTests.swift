import LiveKitProtocol
import Media
import Primitives
import Testing

@testable import LiveKitClient

struct LiveKitSessionTests {
    @Test func joinsAndSeesWhoIsThere() throws {
        var scripted = Scripted()
        scripted.join(with: [Scripted.participant("ann", sid: "PA_1", tracks: [Scripted.track("TR_1", .audio)])])
        guard case .joined(let joined)? = scripted.actions.first else {
            Issue.record("not joined")
            return
        }
        #expect(joined.room == "tea" && joined.identity == "me" && !joined.isAgain)
        guard case .participantJoined(let ann)? = scripted.actions.dropFirst().first else {
            Issue.record("nobody joined")
            return
        }
        #expect(ann.name == "ANN" && ann.track(.microphone)?.sid == "TR_1" && ann.track(.microphone)?.codec == "opus")
        #expect(!ann.state.muted && !ann.state.camera)
    }

    @Test func connectsWithItsTokenAndTheProtocolItSpeaks() {
        var session = LiveKitSession(token: "first")
        guard case .connect(let query, let token)? = session.start(now: .zero).first else {
            Issue.record("no connection")
            return
        }
        #expect(token == "first")
        #expect(query.contains(.init("protocol", "16")) && query.contains(.init("auto_subscribe", "1")))
        #expect(!query.contains { $0.name == "reconnect" })
    }

    @Test func publishesInLayersAndOffersWhenTheServerKnowsTheTrack() throws {
        var scripted = Scripted()
        scripted.join()
        let layers = SimulcastLayer.layers(of: PixelSize(640, 360), bitrate: .kilobits(1_000))
        #expect(layers.map(\.size) == [PixelSize(160, 90), PixelSize(320, 180), PixelSize(640, 360)])
        scripted.actions = scripted.session.publishCamera(cid: "c1", layers: layers, isMuted: false)
        guard case .addTrack(let request)? = scripted.requests.first else {
            Issue.record("no track")
            return
        }
        #expect(request.cid == "c1" && request.layers.map(\.rid) == ["q", "h", "f"] && request.width == 640)
        var published = LKTrackPublishedResponse()
        published.cid = "c1"
        published.track.sid = "TR_9"
        scripted.say(.trackPublished(published))
        #expect(scripted.actions == [.published(cid: "c1", sid: "TR_9")])
        scripted.actions = scripted.session.offer(sdp: "v=0")
        guard case .offer(let offer)? = scripted.requests.first else {
            Issue.record("no offer")
            return
        }
        #expect(offer.id == 1 && offer.type == "offer")
        scripted.actions = scripted.session.setMuted(true, cid: "c1")
        guard case .mute(let mute)? = scripted.requests.first else {
            Issue.record("no mute")
            return
        }
        #expect(mute.sid == "TR_9" && mute.muted)
    }

    @Test(arguments: [
        (PixelSize(1280, 720), 3), (PixelSize(640, 360), 3), (PixelSize(320, 180), 2), (PixelSize(160, 90), 1),
    ])
    func smallPicturesHaveFewerLayers(size: PixelSize, count: Int) {
        let layers = SimulcastLayer.layers(of: size, bitrate: .kilobits(1_000))
        #expect(layers.count == count)
        #expect(layers.last?.size == size)
    }

    @Test func answersAnOfferUnderItsNumber() {
        var scripted = Scripted()
        scripted.join()
        var offer = LKSessionDescription()
        offer.type = "offer"
        offer.sdp = "v=0"
        offer.id = 7
        scripted.say(.offer(offer))
        #expect(scripted.actions == [.offered(sdp: "v=0")])
        scripted.actions = scripted.session.answer(sdp: "v=0 answer")
        guard case .answer(let answer)? = scripted.requests.first else {
            Issue.record("no answer")
            return
        }
        #expect(answer.id == 7)
    }

    @Test func carriesCandidatesBothWays() {
        var scripted = Scripted()
        scripted.join()
        var trickle = LKTrickleRequest()
        trickle.candidateInit =
            #"{"candidate":"candidate:1 1 udp 1 192.0.2.1 9 typ host","sdpMid":"0","sdpMLineIndex":0}"#
        trickle.target = .subscriber
        scripted.say(.trickle(trickle))
        guard case .candidate(.subscriber, let candidate)? = scripted.actions.first else {
            Issue.record("no candidate")
            return
        }
        scripted.actions = scripted.session.candidate(candidate, of: .publisher)
        #expect(scripted.requests.count == 1)
        #expect(scripted.session.candidate(.init(candidate: ""), of: .publisher) == [])
    }

    @Test func asksForWhatIsShownAndForNothingTwice() {
        var scripted = Scripted()
        scripted.join()
        scripted.actions = scripted.session.setView(PixelSize(160, 90), framesPerSecond: 15, of: "TR_1")
        guard case .trackSetting(let setting)? = scripted.requests.first else {
            Issue.record("nothing asked")
            return
        }
        #expect(setting.width == 160 && setting.height == 90 && setting.fps == 15 && !setting.disabled)
        #expect(scripted.session.setView(PixelSize(160, 90), framesPerSecond: 15, of: "TR_1") == [])
        scripted.actions = scripted.session.setView(.none, framesPerSecond: 15, of: "TR_1")
        guard case .trackSetting(let hidden)? = scripted.requests.first else {
            Issue.record("nothing asked")
            return
        }
        #expect(hidden.disabled && hidden.trackSids == ["TR_1"])
    }

    @Test func sendsOnlyLayersThatSomebodyLooksAt() {
        var scripted = Scripted()
        scripted.join()
        _ = scripted.session.publishCamera(
            cid: "c1", layers: SimulcastLayer.layers(of: PixelSize(640, 360), bitrate: .kilobits(900)), isMuted: false)
        var published = LKTrackPublishedResponse()
        published.cid = "c1"
        published.track.sid = "TR_9"
        scripted.say(.trackPublished(published))
        var codec = LKSubscribedCodec()
        codec.codec = "video/vp8"
        codec.qualities = [(.low, true), (.medium, false), (.high, false)].map { quality, isEnabled in
            var one = LKSubscribedQuality()
            one.quality = quality
            one.enabled = isEnabled
            return one
        }
        var update = LKSubscribedQualityUpdate()
        update.trackSid = "TR_9"
        update.subscribedCodecs = [codec]
        scripted.say(.subscribedQualityUpdate(update))
        #expect(scripted.actions == [.layersWanted(cid: "c1", [.low])])
    }

    @Test func olderNewsOfAParticipantIsIgnored() {
        var scripted = Scripted()
        scripted.join()
        scripted.say(Scripted.update(Scripted.participant("ann", sid: "PA_1", version: 3)))
        scripted.say(
            Scripted.update(
                Scripted.participant("ann", sid: "PA_1", version: 2, tracks: [Scripted.track("TR_1", .video)])))
        #expect(scripted.actions == [])
        var gone = Scripted.participant("ann", sid: "PA_1", version: 4)
        gone.state = .disconnected
        gone.disconnectReason = .participantRemoved
        scripted.say(Scripted.update(gone))
        guard case .participantLeft(_, .removed)? = scripted.actions.first else {
            Issue.record("still there")
            return
        }
    }

    @Test func tellsWhoSpeaksOnce() {
        var scripted = Scripted()
        scripted.join(with: [Scripted.participant("ann", sid: "PA_1")])
        var speaker = LKSpeakerInfo()
        speaker.sid = "PA_1"
        speaker.active = true
        var changed = LKSpeakersChanged()
        changed.speakers = [speaker]
        scripted.say(.speakersChanged(changed))
        #expect(scripted.actions == [.speaking("ann", true)])
        scripted.say(.speakersChanged(changed))
        #expect(scripted.actions == [])
    }

    @Test func nothingThatAServerSendsTraps() {
        var scripted = Scripted()
        scripted.join()
        var random = SeededGenerator(seed: 5)
        for length in 0..<400 {
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            _ = scripted.session.receive(bytes, now: scripted.now)
            _ = scripted.session.receiveData(bytes)
        }
        #expect(scripted.session.isOpen)
    }
}
