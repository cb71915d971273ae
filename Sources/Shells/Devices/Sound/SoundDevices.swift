import CALSA
import Glibc
import Media

/// A sound device as `confab devices` lists it.
package struct SoundDevice: Sendable, Equatable {
    /// The ALSA PCM to give to `--mic` or `--speaker`.
    package var name: String
    /// The lines of ALSA's description.
    package var description: [String]
    package var canCapture: Bool
    package var canPlay: Bool
    /// What the hardware does; nil for plugins and for a device that is in use.
    package var capture: SoundCapabilities?
    package var playback: SoundCapabilities?
}

/// What a sound card can do in one direction.
package struct SoundCapabilities: Sendable, Equatable {
    /// ALSA's names: `S16_LE`.
    package var formats: [String]
    package var channels: ClosedRange<Int>
    package var rates: ClosedRange<Int>
}

package enum SoundDevices {
    /// Beginnings of names that ALSA lists and nobody calls by: converters, parts of a card, its speakers one by one.
    private static let leftOut = [
        "null", "lavrate", "samplerate", "speexrate", "speex", "upmix", "vdownmix", "oss", "usbstream:", "dmix:",
        "dsnoop:",
        "front:", "rear:", "center_lfe:", "side:", "surround", "modem:", "phoneline:",
    ]

    /// The PCMs that ALSA's configuration tells of, cards with their capabilities.
    package static func list() -> [SoundDevice] {
        calsa_silence()
        var hints: UnsafeMutablePointer<UnsafeMutableRawPointer?>?
        guard snd_device_name_hint(-1, "pcm", &hints) >= 0, let hints else { return [] }
        defer { snd_device_name_free_hint(hints) }
        var devices: [SoundDevice] = []
        var next = hints
        while let hint = next.pointee {
            if let device = device(hint) { devices.append(device) }
            next += 1
        }
        return devices
    }

    /// What may stand in for `default`, which is the first card where no sound server runs: the other cards where that one
    /// is gone. While it is there, they are left to the server.
    static var substitutes: [String] {
        var cards: [Int32] = []
        var card: Int32 = -1
        while snd_card_next(&card) >= 0, card >= 0 { cards.append(card) }
        return cards.contains(0) ? [] : cards.map { "plughw:\($0)" }
    }

    private static func device(_ hint: UnsafeMutableRawPointer) -> SoundDevice? {
        guard let name = text(hint, "NAME"), !leftOut.contains(where: name.hasPrefix) else { return nil }
        let direction = text(hint, "IOID")
        let lines = text(hint, "DESC")?.split(separator: "\n").map { String($0).shown } ?? []
        var device = SoundDevice(
            name: name, description: lines, canCapture: direction != "Output", canPlay: direction != "Input")
        if name.hasPrefix("hw:") {
            device.capture = device.canCapture ? capabilities(name, .capture) : nil
            device.playback = device.canPlay ? capabilities(name, .playback) : nil
        }
        return device
    }

    private static func text(_ hint: UnsafeMutableRawPointer, _ key: String) -> String? {
        guard let value = snd_device_name_get_hint(hint, key) else { return nil }
        defer { free(value) }
        return String(cString: value)
    }

    private static func capabilities(_ name: String, _ direction: ALSAStream.Direction) -> SoundCapabilities? {
        var opened: OpaquePointer?
        guard snd_pcm_open(&opened, name, direction.value, Int32(SND_PCM_NONBLOCK)) >= 0, let pcm = opened else {
            return nil
        }
        defer { snd_pcm_close(pcm) }
        return try? ALSAParameters(pcm, what: name).capabilities()
    }
}
