import Engine
import Media
import Primitives

extension CallOptions {
    /// What the engine is asked to do.
    func configuration() -> CallConfiguration {
        var configuration = CallConfiguration()
        configuration.name = name
        configuration.camera = audioOnly ? "none" : camera
        configuration.microphone = mic
        configuration.speaker = speaker
        configuration.pcmRate = pcmRate
        configuration.pcmChannels = pcmChannels
        configuration.audioOnly = audioOnly
        configuration.muted = muted || talk == .push
        configuration.opensByVoice = talk == .voice
        configuration.waitFor = waitFor
        configuration.voice = voice.settings
        configuration.view = view
        configuration.size = size
        configuration.framesPerSecond = fps
        configuration.bitrate = bitrate.bitrate
        configuration.duration = duration?.duration
        configuration.exitWhenAlone = exitWhenAlone?.duration
        configuration.chat = chat
        configuration.record = record
        configuration.recordEach = recordEach
        configuration.recordSize = recordSize
        configuration.mode = mode
        configuration.iceServers = iceServer
        configuration.icePolicy = icePolicy
        configuration.certificateFile = cacert
        return configuration
    }
}
