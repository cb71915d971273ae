import ICE
import Primitives
import Runtime
import Signalling

/// STUN and TURN servers as agents want them, their names looked up once for the whole call.
@CallLoop
final class ResolvedICEServers {
    private var addresses: [ICEServerAddress] = []
    private var unresolved = 0
    private var waiting: [@CallLoop @Sendable ([ICEServerAddress]) -> Void] = []
    private let makeTunnel: @CallLoop (TURNOverTLS) -> Void

    /// A `turns:` server: agents reach it through a TLS connection of ours.
    struct TURNOverTLS: Sendable {
        var host: String
        var port: UInt16
        /// Gives the port on 127.0.0.1 that leads there; nil where there is no way.
        var ready: @CallLoop @Sendable (UInt16?) -> Void
    }

    init(makeTunnel: @escaping @CallLoop (TURNOverTLS) -> Void) { self.makeTunnel = makeTunnel }

    /// Begins to look up: what the command line named, then what the server granted. URLs of kinds that agents cannot
    /// use are told by `rejected`.
    func resolve(_ own: [String], _ granted: [ICEServer], rejected: (String) -> Void) {
        for text in own {
            guard let server = ICEServer(parsing: text) else {
                rejected(text)
                continue
            }
            resolve(server, rejected: rejected)
        }
        for server in granted { resolve(server, rejected: rejected) }
    }

    private func resolve(_ server: ICEServer, rejected: (String) -> Void) {
        for text in server.urls {
            guard let url = ICEURL(text, of: server) else {
                rejected(text)
                continue
            }
            resolve(url)
        }
    }

    private func resolve(_ url: ICEURL) {
        unresolved += 1
        let add: @CallLoop @Sendable (String?, UInt16) -> Void = { [weak self] address, port in
            guard let self else { return }
            if let address {
                self.addresses.append(
                    ICEServerAddress(
                        kind: url.kind, address: address, port: port, username: url.username, password: url.password))
            }
            self.unresolved -= 1
            self.release()
        }
        if url.isSecure {
            makeTunnel(
                TURNOverTLS(host: url.host, port: url.port) { port in add(port.map { _ in "127.0.0.1" }, port ?? 0) })
        } else {
            HostResolver.resolve(url.host, timeout: .seconds(2)) { add($0.first, url.port) }
        }
    }

    func whenResolved(_ handler: @escaping @CallLoop @Sendable ([ICEServerAddress]) -> Void) {
        guard unresolved > 0 else { return handler(addresses) }
        waiting.append(handler)
    }

    private func release() {
        guard unresolved == 0 else { return }
        let handlers = waiting
        waiting = []
        for handler in handlers { handler(addresses) }
    }
}

/// A `stun:`, `turn:` or `turns:` URL (RFC 7064, RFC 7065).
struct ICEURL: Sendable, Equatable {
    var kind: ICEServerAddress.Kind
    /// TURN over TLS.
    var isSecure: Bool
    var host: String
    var port: UInt16
    var username: String
    var password: String

    init?(_ text: String, of server: ICEServer) {
        let (beforeQuery, query) = text.splitOnce("?")
        let (scheme, rest) = beforeQuery.splitOnce(":")
        guard let rest, ["stun", "turn", "turns"].contains(scheme.lowercased()) else { return nil }
        let transport = query?.lowercased() ?? ""
        isSecure = scheme.lowercased() == "turns"
        switch (scheme.lowercased(), transport) {
        case ("stun", ""): kind = .stun
        case ("turn", ""), ("turn", "transport=udp"): kind = .turnUDP
        case ("turn", "transport=tcp"), ("turns", ""), ("turns", "transport=tcp"): kind = .turnTCP
        default: return nil
        }
        guard let place = try? ServerAddress(authority: rest.trimmingSlashes, isSecure: false) else { return nil }
        host = place.host
        let hasPort = rest.hasSuffix(":\(place.port)")
        guard let number = UInt16(exactly: hasPort ? place.port : isSecure ? 5_349 : 3_478) else { return nil }
        port = number
        username = server.username ?? ""
        password = server.credential ?? ""
        guard kind == .stun || !username.isEmpty else { return nil }
    }
}

extension String {
    fileprivate func splitOnce(_ separator: Character) -> (String, String?) {
        guard let index = firstIndex(of: separator) else { return (self, nil) }
        return (String(self[..<index]), String(self[self.index(after: index)...]))
    }

    /// Some write `turn://host`.
    fileprivate var trimmingSlashes: String { String(drop { $0 == "/" }) }
}
