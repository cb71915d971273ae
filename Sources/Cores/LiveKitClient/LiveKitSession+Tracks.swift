import LiveKitProtocol
import Media
import Primitives
import Signalling

// What this side publishes and how it wants to get what others do.
extension LiveKitSession {
    /// Announces sound; `published` follows, and with it the time to offer. `cid` is the track's name in the offer.
    package mutating func publishMicrophone(cid: String, isMuted: Bool) -> [Action] {
        var request = LKAddTrackRequest()
        request.cid = cid
        request.name = "microphone"
        request.type = .audio
        request.source = .microphone
        request.muted = isMuted
        request.disableRed = true
        return publish(request)
    }

    package mutating func publishCamera(cid: String, layers: [SimulcastLayer], isMuted: Bool) -> [Action] {
        guard let top = layers.last else { return [] }
        var request = LKAddTrackRequest()
        request.cid = cid
        request.name = "camera"
        request.type = .video
        request.source = .camera
        request.muted = isMuted
        request.width = UInt32(clamping: top.size.width)
        request.height = UInt32(clamping: top.size.height)
        request.layers = layers.map(\.message)
        var codec = LKSimulcastCodec()
        codec.codec = "vp8"
        codec.cid = cid
        codec.layers = request.layers
        if layers.count > 1 { request.simulcastCodecs = [codec] }
        return publish(request)
    }

    private mutating func publish(_ request: LKAddTrackRequest) -> [Action] {
        localTracks.removeAll { $0.request.cid == request.cid }
        localTracks.append(LocalTrack(request: request))
        return send(.addTrack(request))
    }

    package mutating func setMuted(_ isMuted: Bool, cid: String) -> [Action] {
        guard let index = localTracks.firstIndex(where: { $0.request.cid == cid }) else { return [] }
        localTracks[index].request.muted = isMuted
        guard !localTracks[index].sid.isEmpty else { return [] }
        var request = LKMuteTrackRequest()
        request.sid = localTracks[index].sid
        request.muted = isMuted
        return send(.mute(request))
    }

    /// What is shown of a picture: none of it is sent where that is nothing.
    package mutating func setView(_ size: PixelSize, framesPerSecond: Int, of track: String) -> [Action] {
        var request = LKUpdateTrackSettings()
        request.trackSids = [track]
        request.disabled = size.isNone
        if !size.isNone {
            request.width = UInt32(clamping: size.width)
            request.height = UInt32(clamping: size.height)
            request.fps = UInt32(clamping: framesPerSecond)
            request.quality = .high
        }
        guard settings[track] != request else { return [] }
        settings[track] = request
        return send(.trackSetting(request))
    }

    // MARK: Descriptions

    /// An offer of the publisher.
    package mutating func offer(sdp: String) -> [Action] {
        offersMade += 1
        return send(.offer(description("offer", sdp, id: offersMade)))
    }

    /// The subscriber's answer to the last offer.
    package func answer(sdp: String) -> [Action] { send(.answer(description("answer", sdp, id: answerID))) }

    private func description(_ type: String, _ sdp: String, id: UInt32) -> LKSessionDescription {
        var description = LKSessionDescription()
        description.type = type
        description.sdp = sdp
        description.id = id
        return description
    }

    /// The end of candidates is not told: official clients cannot read it.
    package func candidate(_ candidate: SignalCandidate, of target: Target) -> [Action] {
        guard !candidate.candidate.isEmpty else { return [] }
        var trickle = LKTrickleRequest()
        let json: JSON = [
            "candidate": .string(candidate.candidate), "sdpMid": .string(candidate.sdpMid ?? "0"),
            "sdpMLineIndex": JSON(candidate.sdpMLineIndex ?? 0),
        ]
        trickle.candidateInit = json.text
        trickle.target = target == .publisher ? .publisher : .subscriber
        return send(.trickle(trickle))
    }
}
