import Primitives

/// Finds how fine pictures of pixels may be, so that each is written within what the line takes at once.
package struct PixelDetail: Sendable {
    /// How much of the full width and height is drawn.
    package private(set) var share = 1.0
    private var bytesPerPixel = 1.0
    /// What may be written at once, as it was lately.
    private var room: Double?

    private static let shares = [1, 0.75, 0.5, 0.375, 0.25, 0.1875, 0.125, 0.0625]
    /// What is in flight comes and goes; a little more than fits now is no delay.
    private static let excess = 1.5
    /// Bytes a pixel never get fewer by half-empty estimates.
    private static let leastBytesPerPixel = 0.05
    /// More than videos have is never drawn.
    private static let mostPixels = 4_000_000.0

    package init() {}

    /// `limit` bytes may be written now; at full detail there are `pixels`.
    package mutating func allow(_ limit: Int, pixels: Int) {
        let limit = Double(min(limit, 1 << 40))
        room = max(limit, (room ?? limit) * 0.9 + limit * 0.1)
        let fitting = Self.shares.first { share in
            // To become finer there has to be more room than to stay.
            let most = (room ?? limit) * (share > self.share ? 1 : Self.excess)
            let drawn = share * share * Double(pixels)
            return drawn <= Self.mostPixels && drawn * bytesPerPixel <= most
        }
        share = fitting ?? Self.shares.last ?? 1
    }

    /// A picture took so many bytes.
    package mutating func note(_ bytes: Int, pixels: Int) {
        guard pixels > 0 else { return }
        bytesPerPixel = max(Self.leastBytesPerPixel, bytesPerPixel * 0.5 + Double(bytes) / Double(pixels) * 0.5)
    }

    /// How much squared difference a pixel may have for the sake of fewer bytes; more where pictures are coarse anyway.
    package var tolerance: Int { share >= 1 ? 12 : 64 }
}
