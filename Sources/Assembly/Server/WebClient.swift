import CWebClient
import Primitives
import SecureTransport
import SignalTransport

/// The web client's files, which are part of the binary.
struct WebClient: Sendable {
    private struct File: Sendable {
        var contentType: String
        var bytes: [UInt8]
        var tag: String
    }

    private let files: [String: File]
    private let headers: [(name: String, value: String)]

    /// `frameAncestors` are the origins that may show the client inside their pages.
    init(frameAncestors: [String]) {
        var files: [String: File] = [:]
        for index in 0..<confab_web_file_count {
            let file = confab_web_file_at(index)
            let bytes = [UInt8](UnsafeBufferPointer(start: file.bytes, count: file.length))
            files[String(cString: file.path)] = File(
                contentType: String(cString: file.content_type), bytes: bytes,
                tag: "\"" + Hex.encode(SHA256.hash(bytes).prefix(12)) + "\"")
        }
        self.files = files
        let ancestors = (["'self'"] + frameAncestors).joined(separator: " ")
        headers = [
            (
                "Content-Security-Policy",
                "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
                    + "media-src 'self' blob: mediastream:; connect-src 'self' ws: wss:; font-src 'self'; "
                    + "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
                    + "frame-ancestors \(ancestors)"
            ),
            ("Permissions-Policy", "camera=(self), microphone=(self), display-capture=(self), geolocation=()"),
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
            // Always asked for again, and mostly answered by 304: a page must fit the server it talks to.
            ("Cache-Control", "no-cache"),
        ]
    }

    /// The paths of all files.
    var paths: [String] { files.keys.sorted() }

    func page(for request: HTTPRequest) -> HTTPResponse { file("index.html", for: request) }

    /// `path` is what stands behind `/-/`.
    func file(_ path: String, for request: HTTPRequest) -> HTTPResponse {
        guard let file = files[path] else { return .refusal(404, "there is no such file") }
        let headers = self.headers + [("Content-Type", file.contentType), ("ETag", file.tag)]
        if request.list("if-none-match").contains(file.tag) { return HTTPResponse(status: 304, headers: headers) }
        return HTTPResponse(status: 200, headers: headers, body: file.bytes)
    }
}
