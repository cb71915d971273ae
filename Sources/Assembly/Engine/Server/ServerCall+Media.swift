import Call
import ICE
import LiveKitClient
import LiveKitProtocol
import Media
import PeerSession
import Peering
import Primitives
import Runtime
import Signalling

// The two connections of media.
extension ServerCall {
    /// Makes both connections and announces what is to be published. The server offers the subscriber.
    func openMedia() {
        mediaGeneration += 1
        let generation = mediaGeneration
        controller.servers.whenResolved { [weak self] addresses in
            guard let self, self.mediaGeneration == generation else { return }
            self.connect(addresses)
        }
    }

    private func connect(_ servers: [ICEServerAddress]) {
        let generation = mediaGeneration
        do {
            publisher = try MediaConnection(configuration(.beginsOffering, servers)) { [weak self] event in
                guard let self, self.mediaGeneration == generation else { return }
                self.handlePublisher(event)
            }
            subscriber = try MediaConnection(configuration(.onlyAnswers, servers)) { [weak self] event in
                guard let self, self.mediaGeneration == generation else { return }
                self.handleSubscriber(event)
            }
        } catch {
            return controller.observer.event(.error(code: "internal", message: "\(error)", fatal: false))
        }
        publish()
        for sdp in earlyOffers { subscriber?.receive(.description(.init(type: .offer, sdp: sdp))) }
        earlyOffers = []
    }

    private func configuration(
        _ role: MediaConnection.Role, _ servers: [ICEServerAddress]
    ) -> MediaConnection.Configuration {
        let channels = [
            DataChannelOpen(label: LiveKit.reliableLabel),
            DataChannelOpen(label: LiveKit.lossyLabel, isOrdered: false, reliability: .retransmissions(0)),
        ]
        var configuration = MediaConnection.Configuration(
            cname: session.identity, certificate: controller.certificate, servers: servers,
            policy: controller.configuration.icePolicy, includesLoopback: access.url.server.isLoopback, role: role,
            channels: channels,
            maximumMessageSize: 64_000,
            maximumVideoBitrate: plan.layers.reduce(.zero) {
                Bitrate(bitsPerSecond: $0.bitsPerSecond + $1.bitrate.bitsPerSecond)
            })
        configuration.fallsBackToTCP = true
        return configuration
    }

    // MARK: Publishing

    private func publish() {
        guard let publisher else { return }
        let media = controller.media
        unnamed = []
        if media.hasMicrophone || media.microphone.isRunning {
            publishMicrophone(isMuted: controller.heardState.muted)
        }
        if media.hasCamera {
            let rids = plan.layers.count > 1 ? plan.layers.map(\.quality.rid) : []
            let track = publisher.addTransceiver(.video, .sendonly, encodings: rids)
            let cid = track.stream.track ?? ""
            camera = LocalTrack(cid: cid)
            unnamed.insert(cid)
            carryOut(session.publishCamera(cid: cid, layers: plan.layers, isMuted: !controller.ownState.camera))
        }
        // Chat needs the connection where nothing is published, too.
        if unnamed.isEmpty { publisher.negotiate() }
    }

    func publishMicrophone(isMuted: Bool) {
        guard let publisher else { return }
        let track = publisher.addTransceiver(.audio, .sendonly)
        let cid = track.stream.track ?? ""
        microphone = LocalTrack(cid: cid)
        unnamed.insert(cid)
        carryOut(session.publishMicrophone(cid: cid, isMuted: isMuted))
    }

    /// The server knows a track; one offer takes them all.
    func named(_ cid: String) {
        guard unnamed.remove(cid) != nil, unnamed.isEmpty else { return }
        publisher?.negotiate()
    }

    private func handlePublisher(_ event: MediaConnection.Event) {
        switch event {
        case .signal(let signal): pass(signal, of: .publisher)
        case .connected, .reconnected: updateLayers()
        case .disconnected: publisher?.restartICE()
        case .failed, .closed: mediaIsLost()
        case .refused(let reason): complain(reason)
        case .channelOpen(let label): if label == LiveKit.reliableLabel { channelOpened() }
        case .binary(_, let bytes): carryOut(session.receiveData(bytes))
        case .keyFrameRequested(let name): answerKeyFrameRequest(name)
        case .targetBitrate(let rate):
            plan.budget = rate
            updateLayers()
        case .voiceProtection(_, let plan):
            voiceProtection = plan
            controller.protectVoice()
        case .mediaChanged(let sections): agreed(sections)
        case .channelClosed, .text, .audioPacket, .videoFrame, .senderReport: break
        }
    }

    private func agreed(_ sections: [NegotiatedSection]) {
        for section in sections where section.sends {
            switch section.kind {
            case .audio: microphone?.mid = section.mid
            case .video:
                camera?.mid = section.mid
                camera?.rids = section.sendEncodings.map(\.rid)
            }
        }
        updateLayers()
    }

    // MARK: Receiving

    private func handleSubscriber(_ event: MediaConnection.Event) {
        switch event {
        case .signal(let signal): pass(signal, of: .subscriber)
        case .connected, .reconnected: setReceiving(true)
        // Only the server can offer a restart here: beginning anew is what is left.
        case .disconnected, .failed, .closed:
            setReceiving(false)
            mediaIsLost()
        case .refused(let reason): complain(reason)
        case .binary(_, let bytes): carryOut(session.receiveData(bytes))
        case .audioPacket(let mid, let packet): owners[mid]?.receive(packet)
        case .videoFrame(let mid, let frame, _): owners[mid]?.receive(frame)
        case .senderReport(let mid, let time, let timestamp):
            guard let owner = owners[mid] else { break }
            owner.receiveReport(isAudio: mid == owner.soundMid, time, timestamp: timestamp)
        case .mediaChanged(let sections):
            receivedSections = sections
            assignSections()
        case .channelOpen, .channelClosed, .text, .keyFrameRequested, .targetBitrate, .voiceProtection: break
        }
    }

    /// A server that lets us go closes the media too, and what it says of the reason may come a moment later.
    private func mediaIsLost() {
        let generation = mediaGeneration
        CallLoop.after(.milliseconds(250)) { [weak self] in
            guard let self, self.mediaGeneration == generation else { return }
            self.carryOut(self.session.handleMediaLost(now: Clock.now()))
        }
    }

    private func setReceiving(_ value: Bool) {
        guard isReceiving != value else { return }
        isReceiving = value
        controller.updateRoster()
    }

    /// Whose media each section brings: the name of its track tells (`TR_…`).
    func assignSections() {
        var tracks: [String: (member: ServerMember, kind: TrackKind)] = [:]
        for member in members.values {
            for track in member.info.tracks { tracks[track.sid] = (member, track.kind) }
            member.soundMid = nil
            member.pictureMid = nil
        }
        owners = [:]
        for section in receivedSections where section.receives {
            guard let name = section.remoteStream?.track, let (member, kind) = tracks[name] else { continue }
            owners[section.mid] = member
            if kind == .microphone { member.soundMid = section.mid } else { member.pictureMid = section.mid }
        }
    }

    // MARK: Both

    private func pass(_ signal: Signal, of target: LiveKitSession.Target) {
        switch signal {
        case .description(let description):
            carryOut(
                target == .publisher ? session.offer(sdp: description.sdp) : session.answer(sdp: description.sdp))
        case .candidate(let candidate?): carryOut(session.candidate(candidate, of: target))
        case .candidate(nil): break
        }
    }

    /// `reason` may hold words of the server.
    private func complain(_ reason: String) {
        controller.observer.event(
            .error(code: "server-refused", message: reason.controlCharactersVisible, fatal: false))
    }

    // MARK: Data

    private static let maximumWaitingData = 256

    func sendData(_ bytes: [UInt8], _ label: String) {
        if publisher?.send(bytes, on: label) == true { return }
        if waitingData.count < Self.maximumWaitingData { waitingData.append((bytes, label)) }
    }

    private func channelOpened() {
        let waiting = waitingData
        waitingData = []
        for (bytes, label) in waiting { sendData(bytes, label) }
        isChannelOpen = true
        controller.greet()
    }
}
