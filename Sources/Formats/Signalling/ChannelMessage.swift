/// JSON text messages on the data channel `confab` between two peers.
package enum ChannelMessage: Hashable, Sendable {
    /// `id` tells copies of a message apart; `time` is RFC 3339.
    case chat(id: String, text: String, time: String)
    /// What the sender of this message shows of its receiver, in pixels and frames per second; 0x0 stops the video.
    case viewport(width: Int, height: Int, fps: Int)
    /// The sender receives this peer's media from the SFU now; the mesh copy may stop.
    case moved
    case bye

    package static let label = "confab"
    /// The most bytes a message may have; it is also what browsers are sure to take at once.
    package static let maximumBytes = 64 << 10

    /// Nil for a type that this version does not know.
    package static func parse(_ text: String) throws(MeshMessageError) -> ChannelMessage? {
        try parse(Array(text.utf8))
    }

    package static func parse(_ bytes: [UInt8]) throws(MeshMessageError) -> ChannelMessage? {
        guard bytes.count <= maximumBytes else { throw .tooLarge }
        let json: JSON
        do { json = try JSON(parsing: bytes, limits: .message) } catch { throw .notJSON(error) }
        guard let type = json["type"]?.string else { throw .noType }
        switch type {
        case "chat":
            guard let text = json["text"]?.string else { throw .malformed(type: type) }
            return .chat(id: json["id"]?.string ?? "", text: text, time: json["time"]?.string ?? "")
        case "viewport":
            guard let width = json["width"]?.double, let height = json["height"]?.double else {
                throw .malformed(type: type)
            }
            let fps = json["fps"]?.double ?? 30
            return .viewport(width: bounded(width, 8_192), height: bounded(height, 8_192), fps: bounded(fps, 120))
        case "moved": return .moved
        case "bye": return .bye
        default: return nil
        }
    }

    package var json: JSON {
        switch self {
        case .chat(let id, let text, let time):
            ["type": "chat", "id": .string(id), "text": .string(text), "time": .string(time)]
        case .viewport(let width, let height, let fps):
            ["type": "viewport", "width": JSON(width), "height": JSON(height), "fps": JSON(fps)]
        case .moved: ["type": "moved"]
        case .bye: ["type": "bye"]
        }
    }

    package var text: String { json.text }

    /// A whole number from 0 to `limit`; the parser lets no infinite number through.
    private static func bounded(_ value: Double, _ limit: Int) -> Int {
        Int(max(0, min(value, Double(limit))))
    }
}
