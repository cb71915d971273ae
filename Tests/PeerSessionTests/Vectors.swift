import Foundation

/// Descriptions as programs write them, and the answers they must get, kept in `Tests/Vectors/SDP`.
enum Vectors {
    static let offers = [
        "chromium-offer", "firefox-offer", "aiortc-offer", "draft-sctp-offer", "simulcast-offer", "h264-only-offer",
    ]
    /// Of real programs, to `confab-offer`.
    static let answers = ["chromium-answer", "firefox-answer", "aiortc-answer"]

    static func text(_ name: String, file: String = #filePath) throws -> String {
        let folder = URL(fileURLWithPath: file).deletingLastPathComponent().deletingLastPathComponent()
        let url = folder.appendingPathComponent("Vectors/SDP/\(name).sdp")
        return try String(contentsOf: url, encoding: .utf8).replacingOccurrences(of: "\n", with: "\r\n")
    }
}
