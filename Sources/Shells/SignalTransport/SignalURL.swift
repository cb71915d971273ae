import Primitives
import Signalling

/// An address and what to ask for there.
package struct SignalURL: Hashable, Sendable, CustomStringConvertible {
    package var server: ServerAddress
    /// Path and query as they go into the request line.
    package var target: String

    package init(server: ServerAddress, path: String, query: [(String, String)] = []) {
        self.server = server
        target = path
        for (name, value) in query { add(name, value) }
    }

    /// From `http:`, `https:`, `ws:` or `wss:` and `//host[:port]/path?query`; a fragment is dropped.
    package init(parsing text: String) throws(JoinLinkError) {
        guard let schemeEnd = text.firstRange(of: "://") else { throw .unknownScheme(String(text.prefix(16))) }
        let scheme = text[..<schemeEnd.lowerBound].lowercased()
        guard let isSecure = ["https": true, "wss": true, "http": false, "ws": false][scheme] else {
            throw .unknownScheme(scheme)
        }
        let rest = text[schemeEnd.upperBound...].prefix { $0 != "#" }
        let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        server = try ServerAddress(authority: rest[..<end], isSecure: isSecure)
        let target = rest[end...]
        guard target.utf8.allSatisfy({ 0x21...0x7e ~= $0 }) else { throw .badRoom(String(target)) }
        self.target = target.hasPrefix("/") ? String(target) : "/" + target
    }

    /// What a `Location` header means, asked for here (RFC 3986 §5.2): absolute, or beginning with `//`, `/` or a name.
    /// Nil for other schemes.
    package func resolving(_ location: String) -> String? {
        let scheme = server.isSecure ? "https" : "http"
        if location.contains("://") {
            return location.hasPrefix("https://") || location.hasPrefix("http://") ? location : nil
        }
        if location.hasPrefix("//") { return "\(scheme):\(location)" }
        if location.hasPrefix("/") { return server.httpURL + location }
        let path = target.prefix { $0 != "?" }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return server.httpURL + folder + location
    }

    /// Adds a parameter to the query.
    package mutating func add(_ name: String, _ value: String) {
        target += target.contains("?") ? "&" : "?"
        target += PercentEncoding.encode(name) + "=" + PercentEncoding.encode(value)
    }

    /// Without the query, which may hold secrets.
    package var description: String { server.httpURL + target.prefix { $0 != "?" } }
}
