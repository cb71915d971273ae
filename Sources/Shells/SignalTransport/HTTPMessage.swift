import NIOHTTP1
import Primitives
import Signalling

/// A request as a service sees it, complete with its body.
package struct HTTPRequest: Sendable {
    package var method: String
    /// The path as it was sent, without query.
    package var path: String
    /// The parameters of the query, decoded; of two with the same name the last one counts.
    package var query: [String: String]
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// Whether it came by TLS.
    package var isSecure: Bool
    /// The other end's address, without its port.
    package var remoteAddress: String

    package init(
        method: String, path: String, query: [String: String], headers: [(name: String, value: String)], body: [UInt8],
        isSecure: Bool, remoteAddress: String
    ) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.body = body
        self.isSecure = isSecure
        self.remoteAddress = remoteAddress
    }

    /// All values of a header.
    package func values(of name: String) -> [String] {
        headers.filter { $0.name.lowercased() == name }.map(\.value)
    }

    /// The value of a header that stands once; nil where it is missing or stands twice. `name` is in lower case.
    package func header(_ name: String) -> String? {
        let values = values(of: name)
        return values.count == 1 ? values[0] : nil
    }

    /// The items of a header that is a list, in lower case.
    package func list(_ name: String) -> [String] {
        values(of: name).flatMap { $0.split(separator: ",") }.map { trimmed($0).lowercased() }
    }

    /// Whether a WebSocket is asked for (RFC 6455 §4.2.1).
    package var isWebSocketUpgrade: Bool {
        method == "GET" && list("upgrade").contains("websocket") && list("connection").contains("upgrade")
    }

    /// The subprotocols that the client offers, as it spells them.
    package var subprotocols: [String] {
        values(of: "sec-websocket-protocol").flatMap { $0.split(separator: ",") }.map { String(trimmed($0)) }
    }

    /// The token of `Authorization: Bearer …` (RFC 6750 §2.1).
    package var bearerToken: String? {
        guard let value = header("authorization"), value.lowercased().hasPrefix("bearer ") else { return nil }
        return String(trimmed(value.dropFirst(7)))
    }

    private func trimmed(_ text: some StringProtocol) -> Substring {
        var text = Substring(String(text)).drop { $0 == " " || $0 == "\t" }
        while text.last == " " || text.last == "\t" { text.removeLast() }
        return text
    }
}

/// An answer, or what a client got for one.
package struct HTTPResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first value of a header; `name` is in lower case.
    package func header(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }

    /// Why a request was refused: the `message` of a confab server, the text of a LiveKit server, or else what the status
    /// means. Fit for showing.
    package var explanation: String {
        let isText = header("content-type")?.hasPrefix("text/plain") == true && 1...400 ~= body.count
        let message =
            (try? JSON(parsing: body))?["message"]?.string.map { String($0.prefix(400)) }
            ?? (isText ? String(decoding: body, as: UTF8.self) : nil)
        return message?.controlCharactersVisible ?? "\(status) \(HTTPResponseStatus(statusCode: status).reasonPhrase)"
    }
}

/// Percent-encoding (RFC 3986 §2.1) and the queries made with it.
package enum PercentEncoding {
    /// `+` is a space, as HTML forms write it. What is not valid stays as it is.
    package static func decode(_ text: some StringProtocol) -> String {
        let bytes = Array(text.utf8)
        var out: [UInt8] = []
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "%"), index + 2 < bytes.count,
                let high = hexDigit(bytes[index + 1]), let low = hexDigit(bytes[index + 2])
            {
                out.append(high << 4 | low)
                index += 3
            } else {
                out.append(bytes[index] == UInt8(ascii: "+") ? 0x20 : bytes[index])
                index += 1
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// Everything but RFC 3986's unreserved characters is encoded.
    package static func encode(_ text: String) -> String {
        var out = ""
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"):
                out.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                let digits = String(byte, radix: 16, uppercase: true)
                out += "%" + (digits.count == 1 ? "0" : "") + digits
            }
        }
        return out
    }

    package static func query(_ text: some StringProtocol) -> [String: String] {
        var parameters: [String: String] = [:]
        for pair in text.split(separator: "&") {
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            parameters[decode(parts[0])] = parts.count == 2 ? decode(parts[1]) : ""
        }
        return parameters
    }

    private static func hexDigit(_ byte: UInt8) -> UInt8? {
        byte < 0x80 ? Character(Unicode.Scalar(byte)).hexDigitValue.map(UInt8.init) : nil
    }
}
