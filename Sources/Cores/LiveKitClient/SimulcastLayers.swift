import LiveKitProtocol
import Media
import Primitives

/// One size in which a picture is sent to a media server.
package struct SimulcastLayer: Hashable, Sendable {
    package enum Quality: Int, Hashable, Sendable, CaseIterable {
        case low, medium, high

        /// The names that LiveKit gives to layers.
        package var rid: String {
            switch self {
            case .low: "q"
            case .medium: "h"
            case .high: "f"
            }
        }
    }

    package var quality: Quality
    package var size: PixelSize
    package var bitrate: Bitrate

    /// The layers of a picture of this size, lowest first: a quarter, a half and the whole, as long as the smallest is
    /// worth sending. One layer alone has no name on the wire.
    package static func layers(of size: PixelSize, bitrate: Bitrate) -> [SimulcastLayer] {
        let shortest = min(size.width, size.height)
        let count = shortest >= 4 * smallestSide ? 3 : shortest >= 2 * smallestSide ? 2 : 1
        return (0..<count).map { index in
            let divisor = 1 << (count - 1 - index)
            return SimulcastLayer(
                quality: Quality.allCases[count == 1 ? 2 : index],
                size: PixelSize(size.width / divisor, size.height / divisor),
                // Bits grow a little slower than pixels.
                bitrate: Bitrate(bitsPerSecond: bitrate.bitsPerSecond / (divisor == 4 ? 10 : divisor == 2 ? 3 : 1)))
        }
    }

    /// Half a terminal's tile is not smaller than this, in pixels.
    private static let smallestSide = 90

    var message: LKVideoLayer {
        var layer = LKVideoLayer()
        layer.quality = quality.message
        layer.width = UInt32(clamping: size.width)
        layer.height = UInt32(clamping: size.height)
        layer.bitrate = UInt32(clamping: bitrate.bitsPerSecond)
        layer.rid = quality.rid
        layer.spatialLayer = Int32(quality.rawValue)
        return layer
    }
}

extension SimulcastLayer.Quality {
    var message: LKVideoQuality {
        switch self {
        case .low: .low
        case .medium: .medium
        case .high: .high
        }
    }

    init?(_ message: LKVideoQuality) {
        switch message {
        case .low: self = .low
        case .medium: self = .medium
        case .high: self = .high
        case .off, .UNRECOGNIZED: return nil
        }
    }
}
