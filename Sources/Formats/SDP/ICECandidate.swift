/// An address to try (RFC 8839 §5.1), as it stands in descriptions and travels alone when trickled.
package struct ICECandidate: Hashable, Sendable {
    package enum Transport: Hashable, Sendable {
        case udp
        case tcp(TCPType)
    }

    /// Who opens the connection (RFC 6544 §4.5).
    package enum TCPType: String, Hashable, Sendable {
        case active, passive
        case simultaneousOpen = "so"
    }

    package enum Kind: String, Hashable, Sendable {
        case host
        case serverReflexive = "srflx"
        case peerReflexive = "prflx"
        case relayed = "relay"
    }

    /// An address without its meaning: IPv4, IPv6, or a name (`….local` hides a host behind multicast DNS).
    package struct Endpoint: Hashable, Sendable {
        package var address: String
        package var port: UInt16
        package init(_ address: String, _ port: UInt16) {
            self.address = address
            self.port = port
        }
        package var isIPv6: Bool { address.utf8.contains(UInt8(ascii: ":")) }
        package var isLocalName: Bool { address.lowercased().hasSuffix(".local") }
    }

    package var foundation: String
    /// 1 for RTP and everything multiplexed with it, 2 for RTCP.
    package var component: Int
    package var transport: Transport
    package var priority: UInt32
    package var endpoint: Endpoint
    package var kind: Kind
    /// The base of a reflexive or relayed candidate, for diagnosis only.
    package var related: Endpoint?
    /// The credentials this candidate belongs to, where it says so.
    package var ufrag: String?

    package init(
        foundation: String, component: Int = 1, transport: Transport = .udp, priority: UInt32, endpoint: Endpoint,
        kind: Kind, related: Endpoint? = nil, ufrag: String? = nil
    ) {
        self.foundation = foundation
        self.component = component
        self.transport = transport
        self.priority = priority
        self.endpoint = endpoint
        self.kind = kind
        self.related = related
        self.ufrag = ufrag
    }
}

extension ICECandidate {
    /// What a candidate's text says that confab cannot use; it is skipped, not answered with an error.
    package enum ParseError: Error, Hashable, Sendable {
        case malformed
        /// A transport or type that is not known here; RFC 8839 §5.1 says to ignore it.
        case unsupported
    }

    private static let longest = 1_024

    /// From `candidate:…`, with or without `a=` before and a line end behind. Extension attributes other than `ufrag`
    /// are ignored.
    package init(_ text: String) throws(ParseError) {
        try self.init(text[...])
    }

    init(_ text: Substring) throws(ParseError) {
        guard text.utf8.count <= Self.longest else { throw .malformed }
        var bytes = text.utf8[...]
        while let last = bytes.last, last == 0x0a || last == 0x0d || last == 0x20 { bytes.removeLast() }
        if bytes.starts(with: "a=".utf8) { bytes = bytes.dropFirst(2) }
        guard bytes.starts(with: "candidate:".utf8) else { throw .malformed }
        let fields = Substring(bytes.dropFirst(10)).fields()
        guard fields.count >= 8, fields[6] == "typ", fields[0].isToken(1...32),
            let component = fields[1].number(Int.self), 1...256 ~= component,
            let priority = fields[3].number(UInt32.self), let endpoint = Endpoint(fields[4], fields[5])
        else { throw .malformed }
        guard let kind = Kind(rawValue: String(fields[7])) else { throw .unsupported }
        let extensions = try Extensions(fields[8...])
        self.init(
            foundation: String(fields[0]), component: component,
            transport: try Self.transport(fields[2], tcpType: extensions.tcpType), priority: priority,
            endpoint: endpoint, kind: kind, related: extensions.related, ufrag: extensions.ufrag)
    }

    private static func transport(_ name: Substring, tcpType: TCPType?) throws(ParseError) -> Transport {
        switch name.lowercased() {
        case "udp": return .udp
        case "tcp":
            guard let tcpType else { throw .malformed }
            return .tcp(tcpType)
        default: throw .unsupported
        }
    }

    /// The name and value pairs behind the type.
    private struct Extensions {
        var related: Endpoint?
        var tcpType: TCPType?
        var ufrag: String?

        init(_ fields: ArraySlice<Substring>) throws(ParseError) {
            var address: Substring?
            var port: Substring?
            var rest = fields
            while let name = rest.popFirst() {
                guard let value = rest.popFirst() else { throw .malformed }
                switch name {
                case "raddr": address = value
                case "rport": port = value
                case "tcptype":
                    guard let type = TCPType(rawValue: String(value)) else { throw .unsupported }
                    tcpType = type
                case "ufrag": ufrag = String(value)
                default: break
                }
            }
            guard let address, let port else { return }
            guard let endpoint = Endpoint(address, port) else { throw .malformed }
            related = endpoint
        }
    }

    /// `candidate:…` as browsers' `RTCIceCandidate.candidate` has it; prefix `a=` for a description.
    package var text: String {
        var out = "candidate:\(foundation) \(component) "
        switch transport {
        case .udp: out += "udp"
        case .tcp: out += "tcp"
        }
        out += " \(priority) \(endpoint.address) \(endpoint.port) typ \(kind.rawValue)"
        if let related { out += " raddr \(related.address) rport \(related.port)" }
        if case .tcp(let type) = transport { out += " tcptype \(type.rawValue)" }
        if let ufrag { out += " ufrag \(ufrag)" }
        return out
    }
}

extension ICECandidate.Endpoint {
    /// Nil where the address could be neither an IP address nor a name, or the port is no port.
    init?(_ address: Substring, _ port: Substring) {
        guard let port = port.number(UInt16.self), 1...253 ~= address.utf8.count else { return nil }
        let isAddress = address.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "-"),
                UInt8(ascii: "_"), UInt8(ascii: "%"):
                true
            default: false
            }
        }
        guard isAddress else { return nil }
        self.init(String(address), port)
    }
}
