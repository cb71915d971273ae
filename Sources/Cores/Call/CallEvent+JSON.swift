import Media
import Primitives
import Signalling

extension CallEvent {
    /// The name in the `event` field.
    package var name: String {
        switch self {
        case .listening: "listening"
        case .joined: "joined"
        case .participantJoined: "participant-joined"
        case .participantLeft: "participant-left"
        case .trackStarted: "track-started"
        case .trackStopped: "track-stopped"
        case .muted: "muted"
        case .unmuted: "unmuted"
        case .firstFrame: "first-frame"
        case .firstAudio: "first-audio"
        case .speaking: "speaking"
        case .chat: "chat"
        case .waiting: "waiting"
        case .knocking: "knocking"
        case .modeChanged: "mode-changed"
        case .quality: "quality"
        case .reconnecting: "reconnecting"
        case .trouble: "trouble"
        case .reconnected: "reconnected"
        case .recording: "recording"
        case .playback: "playback"
        case .error: "error"
        case .left: "left"
        case .summary: "summary"
        }
    }

    /// The names that `--exec` takes.
    package static let names = [
        "listening", "joined", "participant-joined", "participant-left", "track-started", "track-stopped", "muted",
        "unmuted", "first-frame", "first-audio", "speaking", "chat", "mode-changed", "waiting", "knocking", "quality",
        "reconnecting",
        "trouble", "reconnected", "recording", "error", "left", "summary",
    ]

    /// One line of `--events json`, without the line feed. `time` is RFC 3339 in UTC with milliseconds.
    package func json(time: String) -> JSON {
        var object = JSONObject()
        object["event"] = .string(name)
        object["time"] = .string(time)
        if let participant {
            object["participant"] = .string(participant.name)
            object["participantId"] = .string(participant.id)
        }
        addFields(to: &object)
        return .object(object)
    }

    /// The participant whom the event is about.
    package var participant: Participant? {
        switch self {
        case .participantJoined(let who), .participantLeft(let who, _), .trackStarted(let who, _, _),
            .trackStopped(let who, _), .muted(let who, _), .unmuted(let who, _), .firstFrame(let who, _, _),
            .firstAudio(let who, _), .speaking(let who, _), .chat(let who, _),
            .knocking(let who, _):
            who
        case .reconnecting(_, let who, _, _), .reconnected(_, let who, _): who
        case .trouble(let who, _, _): who
        case .listening, .joined, .modeChanged, .waiting, .quality, .recording, .playback, .error, .left, .summary: nil
        }
    }

    private func addFields(to object: inout JSONObject) {
        switch self {
        case .listening(let url, let link, let rtcPort):
            object["url"] = .string(url)
            object["link"] = .string(link)
            object["rtcPort"] = rtcPort.map { JSON($0) }
        case .joined(let room, let mode, let own, let link, let duration):
            object["room"] = .string(room)
            object["mode"] = .string(mode)
            object["self"] = .string(own.name)
            object["selfId"] = .string(own.id)
            object["link"] = .string(link)
            object["ms"] = duration.json
        case .participantJoined, .waiting: break
        case .knocking(_, let knocking): object["knocking"] = .bool(knocking)
        case .participantLeft(_, let reason): object["reason"] = .string(reason.rawValue)
        case .trackStarted(_, let track, let codec):
            object["track"] = .string(track.rawValue)
            object["codec"] = .string(codec)
        case .trackStopped(_, let track), .muted(_, let track), .unmuted(_, let track):
            object["track"] = .string(track.rawValue)
        case .firstFrame(_, let track, let duration):
            object["track"] = .string(track.rawValue)
            object["ms"] = duration.json
        case .firstAudio(_, let duration):
            object["track"] = .string(TrackKind.microphone.rawValue)
            object["ms"] = duration.json
        case .speaking(_, let speaking): object["speaking"] = .bool(speaking)
        case .chat(_, let text): object["text"] = .string(text)
        case .modeChanged(let mode): object["mode"] = .string(mode)
        case .quality(let reports): object["participants"] = .array(reports.map(\.json))
        case .reconnecting(let what, _, let attempt, let next):
            object["what"] = .string(what.rawValue)
            object["attempt"] = JSON(attempt)
            object["nextMs"] = next?.json
        case .trouble(let who, let trouble, let isOver):
            object["what"] = .string(trouble.rawValue)
            object["over"] = .bool(isOver)
            object["message"] = .string(trouble.text(who.name))
        case .reconnected(let what, _, let duration):
            object["what"] = .string(what.rawValue)
            object["ms"] = duration.json
        case .recording(let file, let state, let seconds, let bytes):
            object["file"] = .string(file)
            object["state"] = .string(state.rawValue)
            object["seconds"] = seconds.map { .number($0.seconds.rounded(to: 1_000)) }
            object["bytes"] = bytes.map { JSON($0) }
        case .playback(let file, let state, let position, let duration):
            object["file"] = .string(file)
            object["state"] = .string(state.rawValue)
            object["position"] = .number(position.seconds.rounded(to: 1_000))
            object["duration"] = .number(duration.seconds.rounded(to: 1_000))
        case .error(let code, let message, let fatal):
            object["code"] = .string(code)
            object["message"] = .string(message)
            object["fatal"] = .bool(fatal)
        case .left(let reason): object["reason"] = .string(reason.rawValue)
        case .summary(let duration, let status, let participants):
            object["seconds"] = .number(duration.seconds.rounded(to: 1_000))
            object["exitStatus"] = JSON(Int(status))
            object["participants"] = .array(participants.map(\.json))
        }
    }
}

extension QualityReport {
    package var json: JSON {
        [
            "participant": .string(participant.name), "participantId": .string(participant.id),
            "rttMs": roundTrip.map { .number(($0.seconds * 1_000).rounded(to: 10)) } ?? .null,
            "jitterMs": .number((jitter.seconds * 1_000).rounded(to: 10)), "loss": .number(loss.rounded(to: 10_000)),
            "bitrate": JSON(bitrate.bitsPerSecond), "width": JSON(size.width), "height": JSON(size.height),
            "framesDecoded": JSON(framesDecoded), "framesRendered": JSON(framesRendered),
            "concealedMs": concealed.json, "playoutDelayMs": playoutDelay.json, "freezes": JSON(freezes),
            "frozenMs": frozen.json, "sentWidth": JSON(sentSize.width), "sentHeight": JSON(sentSize.height),
            "sentFps": JSON(sentFramesPerSecond), "estimate": JSON(estimate.bitsPerSecond),
        ]
    }
}

extension ParticipantSummary {
    fileprivate var json: JSON {
        [
            "participant": .string(participant.name), "participantId": .string(participant.id),
            "firstFrameMs": firstFrame?.json ?? .null, "firstAudioMs": firstAudio?.json ?? .null,
            "framesDecoded": JSON(framesDecoded), "framesLost": JSON(framesLost), "countedFrames": JSON(countedFrames),
            "freezes": JSON(freezes), "longestFreezeMs": longestFreeze.json, "frozenMs": frozen.json,
            "pictureLatencyMs": pictureLatency?.json ?? .null, "audioMs": audio.json, "concealedMs": concealed.json,
            "audioLevelDb": audioLevelDb.map { .number($0.rounded(to: 10)) } ?? .null,
            "audioFrequencyHz": audioFrequencyHz.map { .number($0.rounded(to: 10)) } ?? .null,
            "bytesReceived": JSON(bytesReceived), "bytesSent": JSON(bytesSent),
        ]
    }
}

extension Duration {
    fileprivate var json: JSON { .integer(milliseconds) }
}

extension Double {
    /// Rounded to a whole multiple of `1 / parts`.
    fileprivate func rounded(to parts: Double) -> Double { (self * parts).rounded() / parts }
}
