import Primitives

/// Where a server is reached: the part of a URL before the path.
package struct ServerAddress: Hashable, Sendable, CustomStringConvertible {
    package var isSecure: Bool
    /// A name or an address; IPv6 addresses without their brackets.
    package var host: String
    package var port: Int

    package init(isSecure: Bool, host: String, port: Int) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
    }

    package var httpURL: String { (isSecure ? "https://" : "http://") + authority }
    package var webSocketURL: String { (isSecure ? "wss://" : "ws://") + authority }
    package var description: String { httpURL }

    /// `host`, or `host:port` where the port is not the scheme's own; what the `Host` header carries.
    package var authority: String {
        let bracketed = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? bracketed : "\(bracketed):\(port)"
    }

    /// Whether the host is this machine, so that nobody can listen in and no certificate is needed.
    package var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}

/// What `confab join` is given, and what invites people: where the room is and what lets one in.
package struct JoinLink: Hashable, Sendable {
    package enum Target: Hashable, Sendable {
        /// A room of the configured default server.
        case room(RoomName)
        /// A room of a confab server.
        case confab(ServerAddress, RoomName)
        /// A LiveKit or OpenVidu server: `path` is what stands before `/rtc`, without a slash at its end. Its token
        /// names the room.
        case liveKit(ServerAddress, path: String)
    }

    package var target: Target
    /// `#invite=`: an invitation token.
    package var invitation: String?
    /// `#sha256=`: the fingerprint of a self-signed certificate, 32 bytes.
    package var fingerprint: [UInt8]?
    /// `?access_token=`: a personal token.
    package var accessToken: String?

    package init(
        target: Target, invitation: String? = nil, fingerprint: [UInt8]? = nil, accessToken: String? = nil
    ) {
        self.target = target
        self.invitation = invitation
        self.fingerprint = fingerprint
        self.accessToken = accessToken
    }

    /// The room, where the link names it.
    package var room: RoomName? {
        switch target {
        case .room(let room), .confab(_, let room): room
        case .liveKit: nil
        }
    }
}

/// Why a text is no link.
package enum JoinLinkError: Error, Hashable, Sendable {
    case unknownScheme(String)
    case badHost
    case badPort
    case noRoom
    case badRoom(String)
    case badFingerprint

    package var message: String {
        switch self {
        case .unknownScheme(let scheme):
            "\(scheme.controlCharactersVisible): is no scheme of a link; https, http, wss and ws are"
        case .badHost: "the link names no valid host"
        case .badPort: "the link's port is not a number from 1 to 65535"
        case .noRoom: "the link names no room: https://host/ROOM"
        case .badRoom(let room):
            "\(room.controlCharactersVisible) cannot be the name of a room: 1 to 64 letters, digits, dots, hyphens and "
                + "underscores, and none of the server's own paths"
        case .badFingerprint: "what follows sha256= in the link is not a SHA-256 fingerprint (64 hexadecimal digits)"
        }
    }
}

extension JoinLink {
    package init(parsing text: String) throws(JoinLinkError) {
        guard let schemeEnd = text.firstRange(of: "://") else {
            self = try Self.bareRoom(text)
            return
        }
        let scheme = text[..<schemeEnd.lowerBound].lowercased()
        guard let isSecure = ["https": true, "wss": true, "http": false, "ws": false][scheme] else {
            throw .unknownScheme(scheme)
        }
        let (beforeFragment, fragment) = Self.cut(text[schemeEnd.upperBound...], at: "#")
        let (beforeQuery, query) = Self.cut(beforeFragment, at: "?")
        let pathStart = beforeQuery.firstIndex(of: "/") ?? beforeQuery.endIndex
        let address = try ServerAddress(authority: beforeQuery[..<pathStart], isSecure: isSecure)
        let path = Self.trimmed(beforeQuery[pathStart...])
        if scheme.hasPrefix("ws") {
            self.init(target: .liveKit(address, path: path.isEmpty ? "" : "/" + path))
        } else {
            self.init(target: .confab(address, try Self.room(path)))
        }
        try readParameters(query: query, fragment: fragment)
    }

    private static func bareRoom(_ text: String) throws(JoinLinkError) -> JoinLink {
        let (name, fragment) = cut(text[...], at: "#")
        var link = JoinLink(target: .room(try room(name)))
        try link.readParameters(query: "", fragment: fragment)
        return link
    }

    private static func room(_ path: Substring) throws(JoinLinkError) -> RoomName {
        guard !path.isEmpty else { throw .noRoom }
        guard let name = RoomName(path) else { throw .badRoom(String(path)) }
        return name
    }

    private mutating func readParameters(query: Substring, fragment: Substring) throws(JoinLinkError) {
        accessToken = Self.parameter("access_token", in: query)
        invitation = Self.parameter("invite", in: fragment)
        guard let text = Self.parameter("sha256", in: fragment) else { return }
        guard let bytes = Hex.decode(text), bytes.count == 32 else { throw .badFingerprint }
        fingerprint = bytes
    }

    private static func parameter(_ name: String, in text: Substring) -> String? {
        let prefix = name + "="
        let value = text.split(separator: "&").first { $0.hasPrefix(prefix) }?.dropFirst(prefix.count)
        return value.flatMap { $0.isEmpty ? nil : String($0) }
    }

    private static func cut(_ text: Substring, at separator: Character) -> (Substring, Substring) {
        guard let index = text.firstIndex(of: separator) else { return (text, "") }
        return (text[..<index], text[text.index(after: index)...])
    }

    private static func trimmed(_ path: Substring) -> Substring {
        var path = path.drop { $0 == "/" }
        while path.last == "/" { path.removeLast() }
        return path
    }

    /// The link's text; what is secret stands behind `#`, which never reaches a server's log.
    package var text: String {
        var text =
            switch target {
            case .room(let room): room.text
            case .confab(let address, let room): address.httpURL + "/" + room.text
            case .liveKit(let address, let path): address.webSocketURL + path
            }
        if let accessToken { text += "?access_token=" + accessToken }
        let fragment = [
            invitation.map { "invite=" + $0 }, fingerprint.map { "sha256=" + Hex.encode($0) },
        ].compactMap { $0 }
        if !fragment.isEmpty { text += "#" + fragment.joined(separator: "&") }
        return text
    }
}

extension ServerAddress {
    /// From `host`, `host:port` or `[v6]:port`. User information is refused: it only serves to deceive.
    package init(authority: some StringProtocol, isSecure: Bool) throws(JoinLinkError) {
        var host = Substring(String(authority))
        var port: Substring?
        if host.hasPrefix("[") {
            guard let end = host.firstIndex(of: "]") else { throw .badHost }
            let rest = host[host.index(after: end)...]
            host = host[host.index(after: host.startIndex)..<end]
            guard rest.isEmpty || rest.hasPrefix(":"), host.utf8.allSatisfy(Self.isOfIPv6) else { throw .badHost }
            if !rest.isEmpty { port = rest.dropFirst() }
        } else {
            if let colon = host.firstIndex(of: ":") {
                port = host[host.index(after: colon)...]
                host = host[..<colon]
            }
            guard host.utf8.allSatisfy(Self.isOfName) else { throw .badHost }
        }
        guard 1...253 ~= host.utf8.count else { throw .badHost }
        var number = isSecure ? 443 : 80
        if let port {
            guard let given = UInt16(port), given > 0 else { throw .badPort }
            number = Int(given)
        }
        self.init(isSecure: isSecure, host: host.lowercased(), port: number)
    }

    private static func isOfName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    private static func isOfIPv6(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "F"),
            UInt8(ascii: "a")...UInt8(ascii: "f"), UInt8(ascii: ":"), UInt8(ascii: "."):
            true
        default: false
        }
    }
}
