import Signalling
import SignalTransport

extension HTTPResponse {
    static func json(_ json: JSON, status: Int = 200) -> HTTPResponse {
        HTTPResponse(
            status: status,
            headers: [
                ("Content-Type", "application/json"), ("Cache-Control", "no-store"),
                ("X-Content-Type-Options", "nosniff"),
            ], body: json.utf8)
    }

    static func text(_ text: String, contentType: String = "text/plain; charset=utf-8") -> HTTPResponse {
        HTTPResponse(
            status: 200, headers: [("Content-Type", contentType), ("Cache-Control", "no-store")],
            body: Array(text.utf8))
    }

    /// `message` says why, in words that may be shown.
    static func refusal(
        _ status: Int, _ message: String, headers: [(name: String, value: String)] = []
    ) -> HTTPResponse {
        var response = json(["message": .string(message)], status: status)
        response.headers += headers
        return response
    }

    static func wrongMethod(allowed: String) -> HTTPResponse {
        refusal(405, "this path takes \(allowed)", headers: [("Allow", allowed)])
    }
}
