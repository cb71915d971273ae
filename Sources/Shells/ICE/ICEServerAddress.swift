/// A STUN or TURN server with its name already resolved.
package struct ICEServerAddress: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case stun
        case turnUDP
        case turnTCP
    }

    package var kind: Kind
    /// A numeric IPv4 or IPv6 address.
    package var address: String
    package var port: UInt16
    package var username: String
    package var password: String

    package init(kind: Kind, address: String, port: UInt16, username: String = "", password: String = "") {
        self.kind = kind
        self.address = address
        self.port = port
        self.username = username
        self.password = password
    }
}

/// Which of its own addresses an agent may use and tell.
package enum ICEPolicy: String, Sendable, CaseIterable {
    case all
    case relay
}
