import Foundation

/// Descriptions as programs write them, kept in `Tests/Vectors/SDP`.
enum Vectors {
    static let names = [
        "chromium-offer", "firefox-offer", "aiortc-offer", "draft-sctp-offer", "simulcast-offer", "h264-only-offer",
        "rejecting-answer", "chromium-answer", "firefox-answer", "aiortc-answer",
    ]

    static func text(_ name: String, file: String = #filePath) throws -> String {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
        let url = folder.appendingPathComponent("Vectors/SDP/\(name).sdp")
        return try String(contentsOf: url, encoding: .utf8).replacingOccurrences(of: "\n", with: "\r\n")
    }
}
