import Primitives
import Signalling
import SignalTransport

/// What a WHIP or WHEP client asks for, once it was found to be allowed.
struct LiveStreamRequest: Sendable {
    enum Action: Sendable {
        /// `POST /whip/ROOM` (RFC 9725 §4.2).
        case publish(room: String, offer: String)
        /// `POST /whep/ROOM` (draft-ietf-wish-whep-03 §4.2). `participant` is a display name or identity.
        case play(room: String, offer: String, participant: String?)
        /// `PATCH /session/ID` (RFC 9725 §4.3).
        case patch(session: String, fragment: String, match: String)
        case end(session: String)
    }

    var action: Action
    var identity: String
    var name: String
    /// The room that the request's token is for; nil where anybody may do anything.
    var permittedRoom: String?
}

/// What is to be said of media types and headers (RFC 9725 §4).
enum LiveStreamHTTP {
    static let description = "application/sdp"
    static let fragment = "application/trickle-ice-sdpfrag"

    /// What a page of another site may see of an answer.
    static let exposed: (name: String, value: String) = (
        "Access-Control-Expose-Headers", "Location, Link, ETag, Accept-Patch, Accept-Post, Retry-After"
    )

    static func preflight(_ methods: String) -> HTTPResponse {
        HTTPResponse(
            status: 204,
            headers: [
                ("Access-Control-Allow-Methods", methods),
                ("Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match"),
                ("Access-Control-Max-Age", "86400"), ("Accept-Post", description), exposed,
            ])
    }

    /// `Link` headers that tell ICE servers (RFC 9725 §4.4).
    static func links(_ servers: [ICEServer]) -> [(name: String, value: String)] {
        servers.flatMap { server in
            server.urls.map { url in
                var value = "<\(url)>; rel=\"ice-server\""
                if let username = server.username { value += "; username=\"\(quoted(username))\"" }
                if let credential = server.credential {
                    value += "; credential=\"\(quoted(credential))\"; credential-type=\"password\""
                }
                return ("Link", value)
            }
        }
    }

    private static func quoted(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
    }
}
