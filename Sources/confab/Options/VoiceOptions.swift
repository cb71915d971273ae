import ArgumentParser
import Engine

/// How the sound of the microphone is cleaned before it is sent.
struct VoiceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Clean the microphone's sound: auto (devices only), always or never.", valueName: "when"))
    var voiceProcessing = VoiceSettings.Use.auto

    @Flag(
        inversion: .prefixedNo, help: "Take the speaker's sound out of the microphone's; headphones need none of it.")
    var echoCancellation = true

    @Flag(inversion: .prefixedNo, help: "Take steady noise out.")
    var noiseSuppression = true

    @Flag(inversion: .prefixedNo, help: "Bring the voice to a usual loudness.")
    var gainControl = true

    @Flag(inversion: .prefixedNo, help: "Take rumble below the voice out.")
    var highPass = true

    var settings: VoiceSettings {
        var settings = VoiceSettings()
        settings.use = voiceProcessing
        settings.options.cancelsEcho = echoCancellation
        settings.options.suppressesNoise = noiseSuppression
        settings.options.controlsGain = gainControl
        settings.options.filtersRumble = highPass
        return settings
    }
}

extension VoiceSettings.Use: ExpressibleByArgument {}
