import Media

/// A device or file that can lose some of what goes through it; for statistics.
package protocol CountsLosses: AnyObject {
    /// Overruns of a microphone, underruns of a speaker, damaged pictures of a camera, blocks that a pipe's reader did
    /// not take.
    var lossCount: Int { get }
}

/// What to use where `auto` finds no device.
package enum AutomaticFallback: Sendable {
    /// Nothing: no microphone or camera, sound is swallowed.
    case nothing
    /// The synthetic twin, so that something flows.
    case synthetic
}

/// What stands behind a `--mic` word.
package enum SoundInput {
    /// No microphone.
    case none
    case samples(any AudioSource)
    /// Opus packets, for whoever has a decoder (`DecodedAudio`).
    case encoded(any EncodedAudioFile)
}

/// A sound input that was opened.
package struct OpenedSoundInput {
    package var input: SoundInput
    /// `default`, `tone`, `speech.wav`; `none`.
    package var name: String
    /// Where `auto` did not find what it looked for: what is used instead and why, one line.
    package var note: String?

    /// Whether it stands in for something better, which may be there later.
    package var isSubstitute: Bool { note != nil }
}

/// A sound output that was opened.
package struct OpenedSoundOutput {
    package var sink: any AudioSink
    package var name: String
    package var note: String?

    package var isSubstitute: Bool { note != nil }
}

/// Opens the sound devices and files that the command line names.
package enum AudioDevices {
    /// Whether a `--mic` or `--speaker` word names a file.
    package static func isFile(_ word: String) -> Bool {
        !["auto", "none", "", "tone", "beep", "speech", "silence", "-"].contains(word) && DeviceWord.isFile(word)
    }

    /// `auto|none|tone|beep|speech|silence|ALSA-PCM|FILE|-`.
    package static func open(
        source word: String, pcm: PCMFormat = .standard, fallback: AutomaticFallback = .nothing
    ) throws(DeviceError) -> OpenedSoundInput {
        switch word {
        case "auto": return openMicrophone(fallback)
        case "none", "": return OpenedSoundInput(input: .none, name: "none")
        case "tone": return opened(ToneSource())
        case "beep": return opened(BeepSource())
        case "speech": return opened(SpeechSource())
        case "silence": return opened(SilentSource())
        case "-":
            let input = ByteInput(.standardInput, name: "standard input")
            return opened(try PCMSource(input, format: pcm, detectsWAV: false))
        default:
            guard DeviceWord.isFile(word) else { return opened(try ALSASource(word)) }
            return try SoundFiles.open(word, pcm: pcm)
        }
    }

    /// `auto|none|ALSA-PCM|FILE|-`.
    package static func open(sink word: String, pcm: PCMFormat = .standard) throws(DeviceError) -> OpenedSoundOutput {
        switch word {
        case "auto": return openSpeaker()
        case "none", "": return opened(NullSink())
        case "-": return opened(RawSink(.standardOutput, format: pcm))
        default:
            guard DeviceWord.isFile(word) else { return opened(try ALSASink(word)) }
            let output = try ByteOutput(path: word)
            return opened(word.pathExtension == "wav" ? try WAVSink(output, format: pcm) : RawSink(output, format: pcm))
        }
    }

    private static func openMicrophone(_ fallback: AutomaticFallback) -> OpenedSoundInput {
        do throws(DeviceError) {
            return opened(try ALSASource("default"))
        } catch {
            for name in SoundDevices.substitutes {
                guard let source = try? ALSASource(name) else { continue }
                var found = opened(source)
                found.note = "microphone \(name), as there is no default: \(error.message)"
                return found
            }
            switch fallback {
            case .nothing: return OpenedSoundInput(input: .none, name: "none", note: "no microphone: \(error.message)")
            case .synthetic:
                var found = opened(SpeechSource())
                found.note = "synthetic speech instead of a microphone: \(error.message)"
                return found
            }
        }
    }

    private static func openSpeaker() -> OpenedSoundOutput {
        do throws(DeviceError) {
            return opened(try ALSASink("default"))
        } catch {
            for name in SoundDevices.substitutes {
                guard let sink = try? ALSASink(name) else { continue }
                var found = opened(sink)
                found.note = "speaker \(name), as there is no default: \(error.message)"
                return found
            }
            var found = opened(NullSink())
            found.note = "no speaker: \(error.message)"
            return found
        }
    }

    private static func opened(_ source: any AudioSource) -> OpenedSoundInput {
        OpenedSoundInput(input: .samples(source), name: source.name)
    }

    private static func opened(_ sink: any AudioSink) -> OpenedSoundOutput {
        OpenedSoundOutput(sink: sink, name: sink.name)
    }
}
