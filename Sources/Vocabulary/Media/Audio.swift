/// The one format of sound inside confab: 48 kHz, one channel, signed 16 bit, in blocks of 20 ms.
package enum AudioFormat {
    package static let sampleRate = 48_000
    package static let blockSamples = 960
    package static let blockMilliseconds = 20
}

/// What a participant sends; the names are those of the events.
package enum TrackKind: String, Sendable, CaseIterable {
    case camera, microphone, screen
}
