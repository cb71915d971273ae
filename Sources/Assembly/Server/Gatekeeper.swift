import Primitives
import Signalling
import SignalTransport

/// Keeps web sites that a user visits away from a server that asks for no token (DNS rebinding and cross-site requests):
/// `Host` must be one of ours, and `Origin`, where there is one, the same site or an allowed one.
struct Gatekeeper: Sendable {
    private let hosts: Set<String>
    private let origins: Set<String>
    private let checksRequests: Bool

    /// `hosts` are the names and addresses of this server. With keys nothing is refused here: a token is proof enough.
    init(hosts: [String], allowedOrigins: [String], hasKeys: Bool) {
        let origins = allowedOrigins.map(Self.normalized)
        self.origins = Set(origins)
        self.hosts = Set(hosts.map { $0.lowercased() } + origins.compactMap { Self.address(ofOrigin: $0)?.host })
        checksRequests = !hasKeys
    }

    /// Why the request is refused, or nil.
    func objection(to request: HTTPRequest) -> String? {
        guard checksRequests else { return nil }
        guard let host = address(ofHost: request), hosts.contains(host.host) else {
            return "this server does not answer under that name; --allow-origin adds one"
        }
        guard let origin = request.header("origin") ?? (request.values(of: "origin").isEmpty ? nil : "null") else {
            return nil
        }
        return isOwn(origin, host) || origins.contains(Self.normalized(origin))
            ? nil : "requests from this web site are not allowed; --allow-origin adds one"
    }

    /// What `Access-Control-Allow-Origin` shall say, or nil.
    func allowedOrigin(of request: HTTPRequest) -> String? {
        guard let origin = request.header("origin") else { return nil }
        // A request with a token proves itself, and no cookie exists that a foreign page could make use of.
        return !checksRequests || origins.contains(Self.normalized(origin)) ? origin : nil
    }

    var frameAncestors: [String] { origins.sorted() }

    /// The same host and port as the request was sent to. A proxy in front may speak TLS where we do not, so the scheme
    /// is not compared, only what it makes of a missing port.
    private func isOwn(_ origin: String, _ host: ServerAddress) -> Bool {
        guard let address = Self.address(ofOrigin: origin) else { return false }
        var host = host
        if host.authority == host.bareHost { host.port = address.isSecure ? 443 : 80 }
        return address.host == host.host && address.port == host.port
    }

    private func address(ofHost request: HTTPRequest) -> ServerAddress? {
        request.header("host").flatMap { try? ServerAddress(authority: $0, isSecure: request.isSecure) }
    }

    private static func address(ofOrigin origin: String) -> ServerAddress? {
        for (prefix, isSecure) in [("https://", true), ("http://", false)] where origin.hasPrefix(prefix) {
            return try? ServerAddress(authority: origin.dropFirst(prefix.count), isSecure: isSecure)
        }
        return nil
    }

    private static func normalized(_ origin: String) -> String {
        let origin = origin.lowercased()
        return origin.hasSuffix("/") ? String(origin.dropLast()) : origin
    }
}

extension ServerAddress {
    fileprivate var bareHost: String { host.includes(":") ? "[\(host)]" : host }
}
