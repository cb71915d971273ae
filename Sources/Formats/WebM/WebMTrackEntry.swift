import Media
import Primitives

/// What a WebM file says about one of its tracks.
package struct WebMTrackEntry: Hashable, Sendable {
    package enum Codec: Hashable, Sendable {
        /// The size is that of the largest key frame so far; others may differ.
        case vp8(PixelSize)
        case opus(channels: Int)
    }

    package var codec: Codec
    /// Whose track it is, as players show it.
    package var name: String
    /// Whether a player that shows one track of a kind takes this one.
    package var isDefault: Bool

    package init(_ codec: Codec, name: String, isDefault: Bool = true) {
        self.codec = codec
        self.name = name
        self.isDefault = isDefault
    }

    var isVideo: Bool {
        if case .vp8 = codec { true } else { false }
    }

    /// The `TrackEntry` element (RFC 9559 §5.1.4.1).
    func element(number: Int) -> [UInt8] {
        var body: [UInt8] = []
        body.appendElement(ElementID.trackNumber, unsigned: number)
        body.appendElement(ElementID.trackUID, unsigned: number)
        body.appendElement(ElementID.trackType, unsigned: isVideo ? 1 : 2)
        body.appendElement(ElementID.flagDefault, unsigned: isDefault ? 1 : 0)
        body.appendElement(ElementID.flagLacing, unsigned: 0)
        body.appendElement(ElementID.language, text: "und")
        body.appendElement(ElementID.name, text: name)
        switch codec {
        case .vp8(let size):
            body.appendElement(ElementID.codecID, text: "V_VP8")
            var video: [UInt8] = []
            video.appendElement(ElementID.pixelWidth, unsigned: size.width)
            video.appendElement(ElementID.pixelHeight, unsigned: size.height)
            body.appendElement(ElementID.video, video)
        case .opus(let channels):
            body.appendElement(ElementID.codecID, text: "A_OPUS")
            body.appendElement(ElementID.codecPrivate, Self.opusHead(channels: channels))
            body.appendElement(ElementID.codecDelay, unsigned: 0)
            // RFC 7845 §4.6: a decoder has converged after 80 ms.
            body.appendElement(ElementID.seekPreRoll, unsigned: 80_000_000)
            var audio: [UInt8] = []
            audio.appendElement(ElementID.samplingFrequency, float: 48_000)
            audio.appendElement(ElementID.channels, unsigned: channels)
            body.appendElement(ElementID.audio, audio)
        }
        var element: [UInt8] = []
        element.appendElement(ElementID.trackEntry, body)
        return element
    }

    /// RFC 7845 §5.1. Nothing is skipped at the beginning: a call has no encoder delay of its own to hide.
    private static func opusHead(channels: Int) -> [UInt8] {
        [UInt8]("OpusHead".utf8) + [1, UInt8(clamping: channels), 0, 0, 0x80, 0xbb, 0, 0, 0, 0, 0]
    }
}
